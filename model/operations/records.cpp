// Image records: how clients store them, and what CRI adds to those of others (client/pull.go
// createNewImage, core/transfer/image/imagestore.go, pkg/cri/server/{image_pull,events}.go). And
// the collection that a client waits for after it has deleted one.
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/scheduler.hpp"

namespace sweepcheck::steps {

// CRI's event handler: marks the record as its own, and adds one named by the image's id.
struct CriEvent {
  static constexpr StepName kName = atomic("cri event");
  StringId image;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const;
};
template struct DefinedStep<CriEvent>;

struct StoreImage {
  static constexpr StepName kName = atomic("store image");
  StringId image;
  BlobId target;
  /// With a field mask, which keeps the labels of a record, unless it is given some.
  WideBool keep_labels;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(target).digest;
    const bool keep = keep_labels && machine.request().labels.empty();
    if (Failure failure = metadata.put_image(image, digest, keep)) return failure;
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(metadata.image(image), key, value);
    }
    if (cri_watches(machine)) machine.then({CriEvent{image}});
    return {};
  }
  void touches(StepTouches& touches) const { touches.store_image(image); }
};
template struct DefinedStep<StoreImage>;

namespace {

bool is_pinned(Machine& machine, StringId name) {
  const Profile& profile = machine.profile();
  const CriPolicy& cri = machine.node().policy->cri;
  Catalog& catalog = machine.catalog();
  const std::string& text = catalog.text(name);
  if (profile.cri_pins_sandbox_image) {
    // 1.7 makes a full name of the sandbox image's; 2.x compares all as they are written.
    const bool is_sandbox_image =
        profile.cri_pins_configured_images
            ? text == cri.sandbox_image
            : name == cri_reference(catalog, catalog.intern(cri.sandbox_image));
    if (is_sandbox_image) return true;
  }
  return profile.cri_pins_configured_images &&
         std::find(cri.pinned_images.begin(), cri.pinned_images.end(), text) !=
             cri.pinned_images.end();
}

void put_cri_labels(Machine& machine, StringId record, bool pinned) {
  Metadata metadata = machine.metadata();
  metadata.put_label(metadata.image(record), machine.text(kCriManaged), machine.text(kManaged));
  if (pinned) {
    metadata.put_label(metadata.image(record), machine.text(kCriPinned), machine.text(kPinned));
  }
}

}  // namespace

// One of CRI's records.
struct StoreCriRecord {
  static constexpr StepName kName = atomic("store cri image");
  StringId image;
  BlobId target;
  WideBool pinned;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(target).digest;
    const bool exists = metadata.has(metadata.image(image));
    const bool differs =
        metadata.image_target(image) != digest ||
        metadata.label(metadata.image(image), machine.text(kCriManaged)) == kNone<StringId>;
    if (exists && !differs && machine.profile().cri_keeps_unchanged_records) return {};
    if (Failure failure = metadata.put_image(image, digest, true)) return failure;
    put_cri_labels(machine, image, pinned);
    return {};
  }
  void touches(StepTouches& touches) const { touches.store_image(image); }
};
template struct DefinedStep<StoreCriRecord>;

Failure CriEvent::perform(Machine& machine) const {
  Catalog& catalog = machine.catalog();
  const StringId space = machine.text(kCriNamespace);
  Metadata metadata = machine.metadata(space);
  const BlobId target = target_of(machine, space, image);
  if (target == kNone<BlobId>) return {};
  // A record that has the label is one that CRI knows: a copied label keeps it from looking.
  const StringId managed = machine.text("managed");
  if (metadata.label(metadata.image(image), machine.text(kCriManaged)) == managed) return {};
  const State& state = machine.node().state;
  const BlobId config =
      config_of(catalog, manifest_for(catalog, state, space, target, host_platform(machine)));
  if (config == kNone<BlobId> || !holds(catalog, state, space, config)) return {};
  metadata.put_label(metadata.image(image), machine.text(kCriManaged), machine.text(kManaged));
  metadata.mutated();
  const StringId id = catalog.blob(config).digest;
  if (id == image) return {};
  const StringId digest = catalog.blob(target).digest;
  if (metadata.image_target(id) == digest) return {};
  if (Failure failure = metadata.put_image(id, digest, true)) return failure;
  metadata.put_label(metadata.image(id), machine.text(kCriManaged), machine.text(kManaged));
  return {};
}

void CriEvent::touches(StepTouches& touches) const {
  Machine& machine = touches.machine();
  const Catalog& catalog = machine.catalog();
  const StringId space = machine.text(kCriNamespace);
  StepTouches in_cri = touches.in(space);
  in_cri.store_image(image);
  in_cri.read_image_documents(image);
  const BlobId target = target_of(machine, space, image);
  if (target == kNone<BlobId>) return;
  const BlobId config = config_of(
      catalog, manifest_for(catalog, machine.node().state, space, target, host_platform(machine)));
  if (config == kNone<BlobId>) return;
  in_cri.read_content(config);
  in_cri.store_image(catalog.blob(config).digest);
}

struct StoreCriRecords {
  static constexpr StepName kName = expands("cri records");
  StringId reference;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const BlobId target = machine.operation().target;
    const Blob& blob = catalog.blob(target);
    const BlobId config =
        config_of(catalog, declared_manifest_for(catalog, target, host_platform(machine)));
    // The transfer service found nothing wrong with an index that lacks the platform.
    if (config == kNone<BlobId> && machine.engine() == Engine::kTransfer) {
      return {ErrorClass::kNotFound, Message::kNoConfigMatchIn, blob.digest};
    }
    const ReferenceParts parts = split_reference(catalog, reference);
    const bool pinned = is_pinned(machine, reference);
    Steps records;
    const auto store = [&](StringId name) {
      records.push_back(StoreCriRecord{.image = name, .target = target, .pinned = pinned});
    };
    if (config != kNone<BlobId>) store(catalog.blob(config).digest);
    if (parts.tag != kNone<StringId> && parts.digest == kNone<StringId>) store(reference);
    // What was converted has no digest that the repository knows.
    if (machine.operation().plan.converted_from == kNone<StringId>) {
      store(by_digest(catalog, reference, blob.digest));
    }
    machine.then(records);
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<StoreCriRecords>;

// client.Pull's own record, made by CRI's pull before the other two: it carries the label at once.
struct StorePulledImage {
  static constexpr StepName kName = atomic("store image");
  StringId image;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const FetchPlan& plan = machine.operation().plan;
    const StringId digest = machine.blob(machine.operation().target).digest;
    if (is_on(Mutant::kPullStoresNoRecord)) return {};
    if (is_on(Mutant::kRecordNeedsOwnSource) && metadata.has(metadata.content(digest)) &&
        metadata.label(metadata.content(digest), plan.source_key) != plan.repository) {
      return {};
    }
    if (Failure failure = metadata.put_image(image, digest, false)) return failure;
    if (plan.converted_from != kNone<StringId> && machine.profile().labels_converted_schema1) {
      metadata.put_label(metadata.image(image),
                         machine.text("io.containerd.image/converted-docker-schema1"),
                         plan.converted_from);
    }
    if (machine.client() == Client::kCri) {
      put_cri_labels(machine, image, is_pinned(machine, image));
    } else {
      for (const auto& [key, value] : machine.request().labels) {
        metadata.put_label(metadata.image(image), key, value);
      }
      if (cri_watches(machine)) machine.then({CriEvent{image}});
    }
    return {};
  }
  void touches(StepTouches& touches) const { touches.store_image(image); }
};
template struct DefinedStep<StorePulledImage>;

struct StoreExtraReference {
  static constexpr StepName kName = atomic("store image");
  StringId image;
  BlobId target;
  /// The image's own record, beside which it stands.
  StringId primary;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(target).digest;
    const ObjectId record = metadata.image(image);
    if (Failure failure = metadata.put_image(image, digest, false)) return failure;
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
    }
    if (machine.profile().extra_references_bound) {
      metadata.put_label(record, machine.text("containerd.io/gc.bref.image"), primary);
      metadata.put_label(record, machine.text(kGcExpire),
                         machine.catalog().time_text(machine.world().now));
    }
    if (cri_watches(machine)) machine.then({CriEvent{image}});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.store_image(image);
    touches.read_clock();
  }
};
template struct DefinedStep<StoreExtraReference>;

struct CollectGarbage {
  static constexpr StepName kName = atomic("collect garbage");

  Failure perform(Machine& machine) const {
    machine.world().collect_metadata(machine.request().node);
    return {};
  }
  void touches(StepTouches& touches) const { touches.collect_metadata(); }
};
template struct DefinedStep<CollectGarbage>;

struct CleanBackend {
  static constexpr StepName kName = atomic("clean backend");

  Failure perform(Machine& machine) const {
    World& world = machine.world();
    world.clean_backend(machine.request().node);
    collection_ended(machine.node(), world.now, world.collection_duration);
    world.reschedule(machine.request().node);
    return {};
  }
  void touches(StepTouches& touches) const { touches.clean_backend(); }
};
template struct DefinedStep<CleanBackend>;

Steps synchronous_collection() { return {CollectGarbage{}, CleanBackend{}}; }

Step store_image(StringId name, BlobId target, bool keep_labels) {
  return StoreImage{.image = name, .target = target, .keep_labels = keep_labels};
}

Step store_extra_reference(StringId name, BlobId target, StringId primary) {
  return StoreExtraReference{.image = name, .target = target, .primary = primary};
}

Step store_pulled_image(StringId name) { return StorePulledImage{name}; }
Step store_cri_records(StringId reference) { return StoreCriRecords{reference}; }
Step cri_event(StringId name) { return CriEvent{name}; }

RecordLabels record_labels(Machine& machine, StringId name) {
  RecordLabels out;
  const Catalog& catalog = machine.catalog();
  const State& state = machine.node().state;
  const ObjectId record = machine.metadata().image(name);
  for_each_true(catalog, state, record, [&](FactId fact) {
    if (catalog.is_label(fact)) out.emplace_back(catalog.label_key(fact), catalog.value(fact));
  });
  if (const auto expiry = state.scalar(record, ScalarKind::kExpiry)) {
    out.emplace_back(machine.text(kGcExpire), machine.catalog().time_text(*expiry));
  }
  return out;
}

StringId by_digest(Catalog& catalog, StringId reference, StringId digest) {
  return catalog.derived(Derived::kByDigest, index_of(reference), index_of(digest), [&] {
    const ReferenceParts parts = split_reference(catalog, reference);
    return catalog.text(parts.host) + "/" + catalog.text(parts.repository) + "@" +
           catalog.text(digest);
  });
}

StringId invalid_port(Catalog& catalog, StringId reference) {
  const std::string& name = catalog.text(reference);
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || name.find('/') != std::string::npos) return kNone<StringId>;
  const std::string_view port = std::string_view(name).substr(colon + 1);
  const bool is_number = port.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? kNone<StringId> : catalog.intern(port);
}

bool cri_watches(Machine& machine) {
  if (machine.request().space != machine.text(kCriNamespace)) return false;
  if (machine.client() == Client::kCri) return false;
  return machine.engine() == Engine::kLocal || machine.profile().cri_hears_of_transfers;
}

}  // namespace sweepcheck::steps
