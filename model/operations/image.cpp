// Image records: tag, remove, label, check, usage, prune (cmd/ctr/commands/images, services/images,
// pkg/cri/server/image_remove.go).
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/image_graph.hpp"
#include "model/inspect.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

struct TagImage {
  static constexpr StepName kName = atomic("tag image");
  StringId source;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    Metadata metadata = machine.metadata();
    const StringId digest = metadata.image_target(source);
    if (digest == kNone<StringId>) return {ErrorClass::kNotFound, Message::kImageNotFound, source};
    const bool transfer = machine.engine() == Engine::kTransfer;
    // The local path copies the record, labels and all; the transfer service stores a new one.
    const auto copied = transfer ? RecordLabels{} : record_labels(machine, source);
    if (!transfer && metadata.has(metadata.image(request.to))) {
      if (!request.force) return {ErrorClass::kAlreadyExists, Message::kImageExists, request.to};
      if (Failure failure = metadata.delete_image(request.to)) return failure;
    }
    if (Failure failure = metadata.put_image(request.to, digest, false)) return failure;
    for (const auto& [key, value] : copied) {
      metadata.put_label(metadata.image(request.to), key, value);
    }
    if (cri_watches(machine)) machine.then({cri_event(request.to)});
    return {};
  }
  void touches(StepTouches& touches) const {
    const StringId to = touches.machine().request().to;
    touches.read_image(source);
    touches.store_image(to);
    if (touches.machine().request().force) touches.delete_image(to);
  }
};
template struct DefinedStep<TagImage>;

struct DeleteImage {
  static constexpr StepName kName = atomic("delete image");
  StringId image;
  /// It is followed by a collection that the client waits for.
  WideBool collects;

  Failure perform(Machine& machine) const {
    const Failure failure = machine.metadata().delete_image(image);
    // Not found is a warning to ctr and fine for CRI; then no collection is asked for.
    if (failure) return {};
    if (collects && !is_on(Mutant::kSyncRemovalDoesNotCollect)) {
      machine.then(synchronous_collection());
    }
    return {};
  }
  void touches(StepTouches& touches) const { touches.delete_image(image); }
};
template struct DefinedStep<DeleteImage>;

struct LabelImage {
  static constexpr StepName kName = atomic("label image");
  StringId image;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const ObjectId record = metadata.image(image);
    if (!metadata.has(record)) {
      return {ErrorClass::kNotFound, Message::kImageNotFound, image};
    }
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
    }
    metadata.mutated();
    if (cri_watches(machine)) machine.then({cri_event(image)});
    return {};
  }
  void touches(StepTouches& touches) const { touches.label(ObjectKind::kImage, image); }
};
template struct DefinedStep<LabelImage>;

// check, usage: reads.

namespace {

// What `check` can't do without: of the image's own documents the first that is missing, or kNone.
BlobId missing_document(Machine& machine, StringId name) {
  const Catalog& catalog = machine.catalog();
  const State& state = machine.node().state;
  const StringId space = machine.request().space;
  const BlobId target = target_of(machine, space, name);
  if (!holds(catalog, state, space, target)) return target;
  const BlobId manifest = declared_manifest_for(catalog, target, host_platform(machine));
  if (manifest == kNone<BlobId>) return target;
  if (!holds(catalog, state, space, manifest)) return manifest;
  const BlobId config = config_of(catalog, manifest);
  const bool held = config == kNone<BlobId> || holds(catalog, state, space, config);
  return held ? kNone<BlobId> : config;
}

// How `usage` words that something is not there: "image NAME exists: image NAME: not found".
Failure usage_lacks(Machine& machine, StringId name, const std::string& what,
                    const std::string& missing) {
  return {ErrorClass::kNotFound, Message::kUsageNotFound,
          machine.text(machine.catalog().text(name) + what), machine.text(missing)};
}

StringId snapshotter(Machine& machine) {
  return snapshotter_or_default(machine, machine.request().snapshotter);
}

}  // namespace

struct CheckImage {
  static constexpr StepName kName = atomic("check image");
  StringId image;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    const ImageStatus status =
        check_image(machine.world(), request.node, request.space, image, snapshotter(machine));
    // The name is a filter: nothing matches it, nothing is printed.
    if (status.kind == ImageStatus::Kind::kAbsent) return {};
    auto& output = machine.operation().output;
    if (!request.quiet) {
      output.push_back(machine.text(status_text(status) + (status.unpacked ? " unpacked" : "")));
    } else if (status.kind == ImageStatus::Kind::kComplete &&
               (status.unpacked || !machine.profile().quiet_check_wants_unpacked)) {
      output.push_back(image);
    }
    const BlobId missing = missing_document(machine, image);
    if (missing == kNone<BlobId>) return {};
    return {ErrorClass::kNotFound, Message::kCheckUnpack, image, machine.blob(missing).digest};
  }
  void touches(StepTouches& touches) const {
    touches.read_image(image);
    touches.read_content(kNone<StringId>);
    touches.read_snapshot(snapshotter(touches.machine()), kNone<StringId>);
  }
};
template struct DefinedStep<CheckImage>;

struct MeasureImage {
  static constexpr StepName kName = atomic("usage");
  StringId image;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const {
    touches.read_image(image);
    touches.read_content(kNone<StringId>);
    touches.read_snapshot(snapshotter(touches.machine()), kNone<StringId>);
  }
};
template struct DefinedStep<MeasureImage>;

Failure MeasureImage::perform(Machine& machine) const {
  const Request& request = machine.request();
  Catalog& catalog = machine.catalog();
  const StringId used_snapshotter = snapshotter(machine);
  const BlobId target = target_of(machine, request.space, image);
  if (target == kNone<BlobId>) {
    return usage_lacks(machine, image, " exists", "image \"" + catalog.text(image) + "\"");
  }
  if (const BlobId missing = missing_document(machine, image); missing != kNone<BlobId>) {
    return usage_lacks(machine, image,
                       " has been unpacked in snapshotter " + catalog.text(used_snapshotter),
                       "content digest " + catalog.text(catalog.blob(missing).digest));
  }
  if (!check_image(machine.world(), request.node, request.space, image, used_snapshotter)
           .unpacked) {
    return {ErrorClass::kUnknown, Message::kNotUnpacked, image, used_snapshotter};
  }
  const BlobId manifest =
      manifest_for(catalog, machine.node().state, request.space, target, host_platform(machine));
  std::int64_t bytes = 0;
  for (const BlobId layer : layers_of(catalog, machine.profile(), manifest)) {
    bytes += catalog.blob(layer).unpacked_bytes;
  }
  machine.operation().output.push_back(machine.text(std::to_string(bytes) + " bytes"));
  return {};
}

}  // namespace steps

namespace {

// tag

Failure begin_tag(Machine& machine) {
  if (machine.request().local && !machine.profile().ctr_engine_selectable) {
    return flag_not_defined(machine, "local");
  }
  machine.then({steps::create_lease(machine), steps::TagImage{machine.request().name}});
  return {};
}

// remove

// Only the last deletion is synchronous: it collects for all of them.
void delete_images(Machine& machine, std::span<const StringId> names, bool sync) {
  Steps out;
  out.reserve(names.size());
  for (const StringId name : names) {
    out.push_back(steps::DeleteImage{.image = name, .collects = sync && name == names.back()});
  }
  machine.then(out);
}

// Only CRI looks for the records first.
void touch_images(StepTouches& touches) {
  if (touches.machine().client() == Client::kCri) touches.read_image(kNone<StringId>);
}

Failure begin_remove_image(Machine& machine) {
  const Request& request = machine.request();
  steps::RecordNames names{request.name};
  names.insert(names.end(), request.names.begin(), request.names.end());
  bool sync = request.sync;
  if (machine.client() == Client::kCri) {
    // All references of the image's id go, the last one with a collection. CRI asks for them by
    // their full names, so a record of a short one stays.
    Catalog& catalog = machine.catalog();
    const auto is_full = [&](StringId name) { return steps::full_name(catalog, name) == name; };
    const StringId id = steps::find_cri_image(machine, request.name);
    names = steps::image_records(machine);
    const auto others = [&](StringId name) {
      return id == kNone<StringId> || steps::cri_image_id(machine, name) != id || !is_full(name);
    };
    names.erase(std::remove_if(names.begin(), names.end(), others), names.end());
    sync = true;
  }
  delete_images(machine, names, sync);
  return {};
}

// label, check

Failure begin_label_image(Machine& machine) {
  machine.then({steps::LabelImage{machine.request().name}});
  return {};
}

Failure begin_check(Machine& machine) {
  machine.then({steps::CheckImage{machine.request().name}});
  return {};
}

Failure begin_usage(Machine& machine) {
  if (!machine.profile().has_images_usage) {
    return {ErrorClass::kUsage, Message::kCommandAbsent, machine.text("images usage")};
  }
  machine.then({steps::MeasureImage{machine.request().name}});
  return {};
}

void drop_leases(Machine& machine) {
  Catalog& catalog = machine.catalog();
  for (const ObjectId candidate : catalog.root_candidates()) {
    const ObjectKey& key = catalog.key(candidate);
    if (key.kind != ObjectKind::kLease || key.space != machine.request().space) continue;
    if (machine.node().state.has(candidate)) machine.metadata().delete_lease(key.key);
  }
}

// prune --all: what no container of the namespace names.
Failure begin_prune(Machine& machine) {
  if (!machine.profile().has_images_prune) {
    return {ErrorClass::kUsage, Message::kCommandAbsent, machine.text("images prune")};
  }
  if (is_on(Mutant::kPruneDeletesLeases)) drop_leases(machine);
  Catalog& catalog = machine.catalog();
  steps::RecordNames used;
  catalog.of_kind(ObjectKind::kContainer).for_each([&](std::uint32_t index) {
    if (catalog.key(static_cast<ObjectId>(index)).space != machine.request().space) return;
    for_each_true(catalog, machine.node().state, static_cast<ObjectId>(index), [&](FactId fact) {
      if (catalog.meaning(fact) == Meaning::kContainerImage) used.push_back(catalog.value(fact));
    });
  });
  steps::RecordNames names = steps::image_records(machine);
  const auto is_used = [&](StringId name) {
    return std::find(used.begin(), used.end(), name) != used.end();
  };
  names.erase(std::remove_if(names.begin(), names.end(), is_used), names.end());
  delete_images(machine, names, true);
  return {};
}

void touch_images_and_containers(StepTouches& touches) {
  touches.read(ObjectKind::kContainer, kNone<StringId>);
  touches.read_image(kNone<StringId>);
}

constexpr std::array kTagParameters{
    parsed(text("to", ParameterType::kReference, &Request::to, "the new name", true)),
    flag("force", &Request::force, "local: replace an existing record"),
    kLocal,
};
constexpr std::array kRemoveParameters{
    only(kCtrOnly, list("and", ParameterType::kReferences, &Request::names, "further images")),
    only(kCtrOnly, kSync),
};
constexpr std::array kLabelParameters{labels("labels to set; an empty value removes one")};
constexpr std::array kCheckParameters{
    kSnapshotterName,
    flag("quiet", &Request::quiet,
         "-q: only the name, if the image is complete (1.x), or complete and unpacked (2.x)"),
};
constexpr std::array kReadParameters{kSnapshotterName};

constexpr Parameter reference(std::string_view verb) {
  return text(verb, ParameterType::kReference, &Request::name, "the image's reference");
}

}  // namespace

const OperationType kTag{
    .name = "tag",
    .help = "ctr images tag: gives an image another name",
    .subject = reference("tag"),
    .parameters = kTagParameters,
    .clients = kCtrOnly,
    .transfers = true,
    .cuts_paths = true,
    .begin = begin_tag,
};
const OperationType kRemoveImage{
    .name = "remove-image",
    .help = "ctr images rm (one record), or CRI RemoveImage (all records of the image's id)",
    .subject = reference("remove-image"),
    .parameters = kRemoveParameters,
    .clients = kCtrThenCri,
    .takes_copies = true,
    .begin = begin_remove_image,
    .begin_touches = touch_images,
};
const OperationType kLabelImage{
    .name = "label-image",
    .help = "ctr images label: sets or removes labels of an image record",
    .subject = reference("label-image"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .cuts_paths = true,
    .begin = begin_label_image,
};
const OperationType kCheck{
    .name = "check",
    .help = "ctr images check: how much of an image is there",
    .subject = reference("check"),
    .parameters = kCheckParameters,
    .clients = kCtrOnly,
    .begin = begin_check,
};
const OperationType kUsage{
    .name = "usage",
    .help = "ctr images usage: bytes of an image's snapshots (1.7+)",
    .subject = reference("usage"),
    .parameters = kReadParameters,
    .clients = kCtrOnly,
    .begin = begin_usage,
};
const OperationType kPruneImages{
    .name = "prune-images",
    .help = "ctr images prune --all: removes the records that no container names (1.7+)",
    .subject = {.name = "prune-images", .type = ParameterType::kFlag, .help = "always true"},
    .parameters = {},
    .clients = kCtrOnly,
    .takes_copies = true,
    .begin = begin_prune,
    .begin_touches = touch_images_and_containers,
};

}  // namespace sweepcheck
