// Image records: how clients store them, and what CRI adds to those of others (client/pull.go
// createNewImage, core/transfer/image/imagestore.go, pkg/cri/server/{image_pull,events}.go).
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"
#include "model/scheduler.hpp"

namespace sweepcheck::steps {
namespace {

constexpr std::uint32_t kKeepLabels = 1;

Failure perform_store_image(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const StringId digest = machine.blob(step.a).digest;
  const bool exists = metadata.has(metadata.image(step.subject));
  // A field mask keeps the labels of a record, unless it is given some.
  const bool keep = (step.b & kKeepLabels) != 0 && machine.request().labels.empty();
  const Failure failure = exists ? metadata.update_image(step.subject, digest, keep)
                                 : metadata.create_image(step.subject, digest);
  if (failure) return failure;
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(metadata.image(step.subject), key, value);
  }
  if (cri_watches(machine)) machine.then({cri_event(step.subject)});
  return {};
}
constexpr StepType kStoreImage{"store image", true, perform_store_image};

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

// One of CRI's records. `b` is 1 for a pinned image.
Failure perform_cri_record(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const StringId digest = machine.blob(step.a).digest;
  const bool exists = metadata.has(metadata.image(step.subject));
  const bool differs =
      metadata.image_target(step.subject) != digest ||
      metadata.label(metadata.image(step.subject), machine.text(kCriManaged)) == kNone<StringId>;
  if (exists && !differs && machine.profile().cri_keeps_unchanged_records) return {};
  const Failure failure = exists ? metadata.update_image(step.subject, digest, true)
                                 : metadata.create_image(step.subject, digest);
  if (failure) return failure;
  put_cri_labels(machine, step.subject, step.b == 1);
  return {};
}
constexpr StepType kCriRecord{"store cri image", true, perform_cri_record};

// CRI's event handler: marks the record as its own, and adds one named by the image's id.
Failure perform_cri_event(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const StringId space = machine.text(kCriNamespace);
  Metadata metadata = machine.metadata(space);
  const BlobId target = target_of(machine, space, step.subject);
  if (target == kNone<BlobId>) return {};
  // A record that has the label is one that CRI knows: a copied label keeps it from looking.
  const StringId managed = machine.text("managed");
  if (metadata.label(metadata.image(step.subject), machine.text(kCriManaged)) == managed) {
    return {};
  }
  const State& state = machine.node().state;
  const BlobId config =
      config_of(catalog, manifest_for(catalog, state, space, target, host_platform(machine)));
  if (config == kNone<BlobId> || !holds(catalog, state, space, config)) return {};
  metadata.put_label(metadata.image(step.subject), machine.text(kCriManaged),
                     machine.text(kManaged));
  metadata.mutated();
  const StringId id = catalog.blob(config).digest;
  if (id == step.subject) return {};
  const StringId digest = catalog.blob(target).digest;
  if (metadata.has(metadata.image(id))) {
    if (metadata.image_target(id) == digest) return {};
    if (Failure failure = metadata.update_image(id, digest, true)) return failure;
  } else if (Failure failure = metadata.create_image(id, digest)) {
    return failure;
  }
  metadata.put_label(metadata.image(id), machine.text(kCriManaged), machine.text(kManaged));
  return {};
}
constexpr StepType kCriEvent{"cri event", true, perform_cri_event};

Failure perform_cri_records(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const BlobId target = machine.operation().target;
  const Blob& blob = catalog.blob(target);
  const BlobId config =
      config_of(catalog, declared_manifest_for(catalog, target, host_platform(machine)));
  // The transfer service found nothing wrong with an index that lacks the platform.
  if (config == kNone<BlobId> && machine.engine() == Engine::kTransfer) {
    return {ErrorClass::kNotFound, Message::kNoConfigMatchIn, blob.digest};
  }
  const ReferenceParts parts = split_reference(catalog, step.subject);
  const std::uint32_t pinned = is_pinned(machine, step.subject) ? 1U : 0U;
  Steps records;
  if (config != kNone<BlobId>) {
    records.push_back({&kCriRecord, catalog.blob(config).digest, index_of(target), pinned});
  }
  if (parts.tag != kNone<StringId> && parts.digest == kNone<StringId>) {
    records.push_back({&kCriRecord, step.subject, index_of(target), pinned});
  }
  // What was converted has no digest that the repository knows.
  if (machine.operation().plan.converted_from == kNone<StringId>) {
    records.push_back(
        {&kCriRecord, by_digest(catalog, step.subject, blob.digest), index_of(target), pinned});
  }
  machine.then(records);
  return {};
}
constexpr StepType kCriRecords{"cri records", false, perform_cri_records};

// client.Pull's own record, made by CRI's pull before the other two: it carries the label at once.
Failure perform_pull_record(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const StringId digest = machine.catalog().blob(machine.operation().target).digest;
  if (is_on(Mutant::kPullStoresNoRecord)) return {};
  if (is_on(Mutant::kRecordNeedsOwnSource) && metadata.has(metadata.content(digest)) &&
      metadata.label(metadata.content(digest), machine.operation().plan.source_key) !=
          machine.operation().plan.repository) {
    return {};
  }
  const bool exists = metadata.has(metadata.image(step.subject));
  const Failure failure = exists ? metadata.update_image(step.subject, digest, false)
                                 : metadata.create_image(step.subject, digest);
  if (failure) return failure;
  const StringId converted_from = machine.operation().plan.converted_from;
  if (converted_from != kNone<StringId> && machine.profile().labels_converted_schema1) {
    metadata.put_label(metadata.image(step.subject),
                       machine.text("io.containerd.image/converted-docker-schema1"),
                       converted_from);
  }
  if (machine.client() == Client::kCri) {
    put_cri_labels(machine, step.subject, is_pinned(machine, step.subject));
  } else {
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(metadata.image(step.subject), key, value);
    }
    if (cri_watches(machine)) machine.then({cri_event(step.subject)});
  }
  return {};
}
constexpr StepType kPullRecord{"store image", true, perform_pull_record};

// `b` is the primary record's name.
Failure perform_extra_reference(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const StringId digest = machine.blob(step.a).digest;
  const ObjectId record = metadata.image(step.subject);
  const Failure failure = metadata.has(record) ? metadata.update_image(step.subject, digest, false)
                                               : metadata.create_image(step.subject, digest);
  if (failure) return failure;
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(record, key, value);
  }
  if (machine.profile().extra_references_bound) {
    metadata.put_label(record, machine.text("containerd.io/gc.bref.image"),
                       static_cast<StringId>(step.b));
    metadata.put_label(record, machine.text(kGcExpire),
                       machine.catalog().time_text(machine.world().now));
  }
  if (cri_watches(machine)) machine.then({cri_event(step.subject)});
  return {};
}
constexpr StepType kExtraReference{"store image", true, perform_extra_reference};

Failure perform_clean_backend(Machine& machine, const Step&) {
  machine.world().clean_backend(machine.request().node);
  collection_ended(machine.node(), machine.world().now, machine.world().collection_duration);
  machine.world().reschedule(machine.request().node);
  return {};
}
constexpr StepType kCleanBackend{"clean backend", true, perform_clean_backend};

Failure perform_collect(Machine& machine, const Step&) {
  machine.world().collect_metadata(machine.request().node);
  return {};
}
constexpr StepType kCollect{"collect garbage", true, perform_collect};

}  // namespace

Steps synchronous_collection(Machine&) { return {{&kCollect}, {&kCleanBackend}}; }

Step store_image(StringId name, BlobId target, bool keep_labels) {
  return {&kStoreImage, name, index_of(target), keep_labels ? kKeepLabels : 0U};
}

Step store_extra_reference(StringId name, BlobId target, StringId primary) {
  return {&kExtraReference, name, index_of(target), index_of(primary)};
}

Step store_pulled_image(StringId name) { return {&kPullRecord, name}; }
Step store_cri_records(StringId reference) { return {&kCriRecords, reference}; }
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

Step cri_event(StringId name) { return {&kCriEvent, name}; }

bool cri_watches(Machine& machine) {
  if (machine.request().space != machine.text(kCriNamespace)) return false;
  if (machine.client() == Client::kCri) return false;
  return machine.engine() == Engine::kLocal || machine.profile().cri_hears_of_transfers;
}

}  // namespace sweepcheck::steps
