// Containers and sandboxes, by ctr and by CRI (client/container_opts.go,
// pkg/cri/server/container_*.go and sandbox_*.go). A container keeps its snapshot and that one's
// parents; its image it only names.
#include "model/image_graph.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {
namespace {

StringId snapshotter(Machine& machine) {
  return snapshotter_or_default(machine, machine.request().snapshotter);
}

FactId running_fact(Machine& machine, StringId id) {
  const ObjectId record = machine.metadata().container(id);
  return machine.catalog().field(Meaning::kRunning, record, kNone<ObjectId>);
}

bool is_reserved(const std::string& key) {
  return key.starts_with("containerd.io/") || key.starts_with("io.cri-containerd");
}

// Labels of the image's config, then of its record, then those asked for.
void put_labels(Machine& machine, StringId id) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.container(id);
  const BlobId config = config_of(catalog, machine.operation().target);
  if (config != kNone<BlobId>) {
    for (const auto& [key, value] : catalog.blob(config).config_labels) {
      if (!machine.profile().copies_reserved_config_labels && is_reserved(catalog.text(key))) {
        continue;
      }
      metadata.put_label(record, key, value);
    }
  }
  if (machine.client() == Client::kCri) {
    const bool is_sandbox = request.type == &kRunSandbox;
    metadata.put_label(record, machine.text(kContainerKind),
                       machine.text(is_sandbox ? "sandbox" : "container"));
  } else {
    for (const auto& [key, value] : record_labels(machine, request.image)) {
      metadata.put_label(record, key, value);
    }
    // WithImageStopSignal, with ctr's default.
    metadata.put_label(record, machine.text(kStopSignal), machine.text(kSigterm));
  }
  for (const auto& [key, value] : request.labels) metadata.put_label(record, key, value);
}

Failure container_not_found(Machine& machine, StringId id) {
  return {ErrorClass::kNotFound, Message::kContainerNotFound, id, machine.request().space};
}

// To CRI, what is not there is what was removed.
Failure unless_not_found(const Failure& failure) {
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}

}  // namespace

struct CreateContainer {
  static constexpr StepName kName = atomic("create container");
  StringId id;
  StringId image;

  Failure perform(Machine& machine) const {
    if (Failure failure =
            machine.metadata().create_container(id, image, snapshotter(machine), id)) {
      return failure;
    }
    put_labels(machine, id);
    return {};
  }
  // ctr's has the labels of the image's record.
  void touches(StepTouches& touches) const {
    touches.create_container(id);
    touches.read_image(touches.machine().request().image);
  }
};
template struct DefinedStep<CreateContainer>;

struct PrepareRootfs {
  static constexpr StepName kName = atomic("prepare snapshot");
  StringId id;
  /// The image's uppermost chain ID, or kNone.
  StringId parent;

  Failure perform(Machine& machine) const {
    return machine.metadata().prepare(snapshotter(machine), id, parent, "active", kNone<StringId>);
  }
  void touches(StepTouches& touches) const {
    touches.prepare(snapshotter(touches.machine()), id, parent);
  }
};
template struct DefinedStep<PrepareRootfs>;

// Finds the image's manifest and config, and unpacks it if need be.
struct FindContainerImage {
  static constexpr StepName kName = atomic("find image");
  StringId image;

  Failure perform(Machine& machine) const;
  // By id or by reference CRI looks through all records.
  void touches(StepTouches& touches) const {
    touches.read_image(touches.machine().client() == Client::kCri ? kNone<StringId> : image);
    touches.read_content(kNone<StringId>);
    touches.read_snapshot(snapshotter(touches.machine()), kNone<StringId>);
  }
};
template struct DefinedStep<FindContainerImage>;

Failure FindContainerImage::perform(Machine& machine) const {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  StringId record = image;
  if (machine.client() == Client::kCri) {
    if (Failure failure = open_cri_image(machine, image, record)) return failure;
  }
  const BlobId target = target_of(machine, request.space, record);
  if (target == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kImageNotFound, record};
  const State& state = machine.node().state;
  const BlobId manifest =
      manifest_for(catalog, state, request.space, target, host_platform(machine));
  const BlobId config = config_of(catalog, manifest);
  const BlobId needed = manifest == kNone<BlobId> ? target : config;
  if (needed == kNone<BlobId> || !holds(catalog, state, request.space, needed) ||
      manifest == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kContentNotFound,
            catalog.blob(needed == kNone<BlobId> ? target : needed).digest};
  }
  machine.operation().target = manifest;
  const auto& chain_ids = catalog.blob(config).chain_ids;
  const StringId top = chain_ids.empty() ? kNone<StringId> : chain_ids.back();
  Steps out;
  if (top != kNone<StringId> &&
      !holds_snapshot(catalog, state, request.space, snapshotter(machine), top)) {
    const StringId prefix = machine.client() == Client::kCri
                                ? machine.text("error unpacking image: ")
                                : unpack_prefix(machine, record);
    out.push_back(unpack_stored(machine, manifest, snapshotter(machine), prefix));
  }
  const StringId id = request.name;
  out.push_back(PrepareRootfs{id, top});
  out.push_back(CreateContainer{id, record});
  machine.then(out);
  return {};
}

struct StartTask {
  static constexpr StepName kName = atomic("start task");
  StringId id;

  Failure perform(Machine& machine) const {
    const Metadata metadata = machine.metadata();
    if (!metadata.has(metadata.container(id))) return container_not_found(machine, id);
    const ObjectId snapshot = metadata.snapshot(snapshotter(machine), id);
    if (!metadata.has(snapshot)) return {ErrorClass::kNotFound, Message::kSnapshotNotFound, id};
    if (!metadata.has_directory(snapshot)) {
      return {ErrorClass::kUnknown, Message::kDirectoryMissing, id};
    }
    machine.node().state.facts.set(index_of(running_fact(machine, id)));
    return {};
  }
  void touches(StepTouches& touches) const {
    const StringId used_snapshotter = snapshotter(touches.machine());
    touches.write(ObjectKind::kContainer, id);
    touches.read_snapshot(used_snapshotter, id);
    touches.read_directory(used_snapshotter, id);
  }
};
template struct DefinedStep<StartTask>;

struct StopTask {
  static constexpr StepName kName = atomic("stop task");
  StringId id;

  Failure perform(Machine& machine) const {
    const Metadata metadata = machine.metadata();
    if (!metadata.has(metadata.container(id))) return container_not_found(machine, id);
    machine.node().state.facts.reset(index_of(running_fact(machine, id)));
    return {};
  }
  void touches(StepTouches& touches) const { touches.write(ObjectKind::kContainer, id); }
};
template struct DefinedStep<StopTask>;

struct DeleteContainer {
  static constexpr StepName kName = atomic("delete container");
  StringId id;

  Failure perform(Machine& machine) const { return machine.metadata().delete_container(id); }
  void touches(StepTouches& touches) const { touches.delete_container(id); }
};
template struct DefinedStep<DeleteContainer>;

struct RemoveRootfs {
  static constexpr StepName kName = atomic("remove snapshot");
  StringId id;

  Failure perform(Machine& machine) const {
    return unless_not_found(machine.metadata().remove_snapshot(snapshotter(machine), id));
  }
  void touches(StepTouches& touches) const {
    touches.remove_snapshot(snapshotter(touches.machine()), id);
  }
};
template struct DefinedStep<RemoveRootfs>;

struct LabelContainer {
  static constexpr StepName kName = atomic("label container");
  StringId id;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const ObjectId record = metadata.container(id);
    if (!metadata.has(record)) return container_not_found(machine, id);
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
    }
    metadata.mutated();
    return {};
  }
  void touches(StepTouches& touches) const { touches.label(ObjectKind::kContainer, id); }
};
template struct DefinedStep<LabelContainer>;

// Sandboxes: records that CRI keeps beside the sandbox's container.

struct DeleteSandbox {
  static constexpr StepName kName = atomic("delete sandbox");
  StringId id;

  Failure perform(Machine& machine) const {
    return unless_not_found(machine.metadata().delete_sandbox(id));
  }
  void touches(StepTouches& touches) const { touches.delete_sandbox(id); }
};
template struct DefinedStep<DeleteSandbox>;

struct DeleteSandboxLease {
  static constexpr StepName kName = atomic("delete sandbox lease");
  StringId id;

  Failure perform(Machine& machine) const {
    return unless_not_found(machine.metadata().delete_lease(id));
  }
  void touches(StepTouches& touches) const { touches.delete_lease(id); }
};
template struct DefinedStep<DeleteSandboxLease>;

struct CreateSandbox {
  static constexpr StepName kName = atomic("create sandbox");
  StringId id;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    if (Failure failure = metadata.create_sandbox(id)) return failure;
    const ObjectId record = metadata.sandbox(id);
    if (machine.request().image != kNone<StringId>) {
      // The pod's name, in its first attempt, as CRI reserves it.
      const std::string& text = machine.catalog().text(id);
      const StringId name = machine.catalog().derived(
          Derived::kPodName, index_of(id), 0, [&] { return text + "_default_" + text + "_0"; });
      metadata.put_label(record, machine.text("name"), name);
    }
    for (const auto& [key, value] : machine.request().labels) {
      metadata.put_label(record, key, value);
    }
    machine.defer(Cleanup::kOnFailure, true, DeleteSandbox{id});
    return {};
  }
  void touches(StepTouches& touches) const { touches.create_sandbox(id); }
};
template struct DefinedStep<CreateSandbox>;

// Only what this operation made is taken back: an id that is taken stays whose it is.
struct CreateSandboxLease {
  static constexpr StepName kName = atomic("create sandbox lease");
  StringId id;

  Failure perform(Machine& machine) const {
    if (Failure failure = machine.metadata().create_lease(id)) return failure;
    machine.defer(Cleanup::kOnFailure, true, DeleteSandboxLease{id});
    return {};
  }
  void touches(StepTouches& touches) const { touches.create_lease(id); }
};
template struct DefinedStep<CreateSandboxLease>;

// EnsureImageExists: CRI pulls the image of a sandbox itself.
struct EnsureImage {
  static constexpr StepName kName = expands("ensure image");
  StringId image;

  Failure perform(Machine& machine) const {
    if (find_cri_image(machine, image) != kNone<StringId>) return {};
    machine.then(pull_by_cri(machine, image));
    return {};
  }
  void touches(StepTouches& touches) const { touches.read_image(kNone<StringId>); }
};
template struct DefinedStep<EnsureImage>;

}  // namespace steps

namespace {

void touch_container(StepTouches& touches) {
  touches.read(ObjectKind::kContainer, touches.machine().request().name);
}

void touch_images(StepTouches& touches) { touches.read_image(kNone<StringId>); }

Failure begin_create(Machine& machine) {
  const Metadata metadata = machine.metadata();
  const StringId id = machine.request().name;
  // ctr comes upon the container's snapshot first, after all else is done.
  if (machine.client() == Client::kCri && metadata.has(metadata.container(id))) {
    return {ErrorClass::kAlreadyExists, Message::kContainerExists, id};
  }
  machine.then({steps::create_lease(machine), steps::FindContainerImage{machine.request().image}});
  return {};
}

// remove: the snapshot first, then the record.

Failure begin_remove(Machine& machine) {
  const StringId id = machine.request().name;
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.container(id))) {
    return {ErrorClass::kNotFound, Message::kContainerNotFound, id, machine.request().space};
  }
  if (machine.node().state.has(steps::running_fact(machine, id))) {
    return {ErrorClass::kFailedPrecondition, Message::kContainerRunning, id};
  }
  if (machine.request().keep_snapshot) {
    machine.then({steps::DeleteContainer{id}});
  } else {
    machine.then({steps::RemoveRootfs{id}, steps::DeleteContainer{id}});
  }
  return {};
}

template <typename FirstStep>
Failure begin_one(Machine& machine) {
  machine.then({FirstStep{machine.request().name}});
  return {};
}

Failure begin_run_sandbox(Machine& machine) {
  const StringId id = machine.request().name;
  const StringId image = machine.request().image;
  const Profile& profile = machine.profile();
  Steps out;
  if (profile.sandbox_lease) out.push_back(steps::CreateSandboxLease{id});
  // CRI's own controller keeps records as long as it has leases.
  if (image == kNone<StringId> ? profile.has_sandboxes : profile.sandbox_lease) {
    out.push_back(steps::CreateSandbox{id});
  }
  if (image != kNone<StringId>) {
    out.push_back(steps::EnsureImage{image});
    out.push_back(steps::create_lease(machine));
    out.push_back(steps::FindContainerImage{image});
    out.push_back(steps::StartTask{id});
  }
  machine.then(out);
  return {};
}

Failure begin_remove_sandbox(Machine& machine) {
  const StringId id = machine.request().name;
  const Metadata metadata = machine.metadata();
  Steps out;
  if (metadata.has(metadata.container(id))) {
    out.push_back(steps::StopTask{id});
    out.push_back(steps::RemoveRootfs{id});
    out.push_back(steps::DeleteContainer{id});
  }
  if (machine.profile().has_sandboxes) out.push_back(steps::DeleteSandbox{id});
  if (machine.profile().sandbox_lease) out.push_back(steps::DeleteSandboxLease{id});
  machine.then(out);
  return {};
}

constexpr std::array kCreateParameters{
    text("image", ParameterType::kReference, &Request::image, "the image's reference", true),
    kSnapshotterName,
    labels("labels of the container"),
};
constexpr std::array kRemoveParameters{
    only(kCtrOnly,
         flag("keep_snapshot", &Request::keep_snapshot, "leave the snapshot to the collector")),
    kSnapshotterName,
};
constexpr std::array kLabelParameters{labels("labels to set; an empty value removes one")};
constexpr std::array kSandboxParameters{
    text("image", ParameterType::kReference, &Request::image, "the sandbox image, if one is used"),
    kSnapshotterName,
    labels("labels of the sandbox record"),
};
constexpr std::array kTaskParameters{kSnapshotterName};

constexpr Parameter id(std::string_view verb) {
  return text(verb, ParameterType::kName, &Request::name, "the container's id");
}

}  // namespace

const OperationType kCreateContainer{
    .name = "create-container",
    .help = "ctr containers create, or CRI CreateContainer; unpacks the image if need be",
    .subject = id("create-container"),
    .parameters = kCreateParameters,
    .clients = kCtrThenCri,
    .begin = begin_create,
    .begin_touches = touch_container,
};
const OperationType kStartContainer{
    .name = "start-container",
    .help = "starts the container's task",
    .subject = id("start-container"),
    .parameters = kTaskParameters,
    .clients = kCtrThenCri,
    .begin = begin_one<steps::StartTask>,
};
const OperationType kStopContainer{
    .name = "stop-container",
    .help = "stops and deletes the container's task",
    .subject = id("stop-container"),
    .parameters = {},
    .clients = kCtrThenCri,
    .begin = begin_one<steps::StopTask>,
};
const OperationType kRemoveContainer{
    .name = "remove-container",
    .help = "ctr containers rm, or CRI RemoveContainer",
    .subject = id("remove-container"),
    .parameters = kRemoveParameters,
    .clients = kCtrThenCri,
    .takes_copies = true,
    .begin = begin_remove,
    .begin_touches = touch_container,
};
const OperationType kLabelContainer{
    .name = "label-container",
    .help = "ctr containers label",
    .subject = id("label-container"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .cuts_paths = true,
    .begin = begin_one<steps::LabelContainer>,
};
const OperationType kRunSandbox{
    .name = "run-sandbox",
    .help =
        "CRI RunPodSandbox: its lease and sandbox record (2.0+), its image if absent, its "
        "container; "
        "without an image, only the records (1.7+)",
    .subject = text("run-sandbox", ParameterType::kName, &Request::name, "the sandbox's id"),
    .parameters = kSandboxParameters,
    .clients = kCriOnly,
    .transfers = true,
    .begin = begin_run_sandbox,
    .begin_touches = touch_images,
};
const OperationType kRemoveSandbox{
    .name = "remove-sandbox",
    .help = "CRI RemovePodSandbox",
    .subject = text("remove-sandbox", ParameterType::kName, &Request::name, "the sandbox's id"),
    .parameters = kTaskParameters,
    .clients = kCriOnly,
    .begin = begin_remove_sandbox,
    .begin_touches = touch_container,
};

}  // namespace sweepcheck
