// Containers and sandboxes, by ctr and by CRI (client/container_opts.go,
// pkg/cri/server/container_*.go and sandbox_*.go; facts 10). A container keeps its snapshot and
// that one's parents; its image it only names.
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

StringId snapshotter(Machine& machine) {
  return steps::snapshotter_or_default(machine, machine.request().snapshotter);
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
    for (const auto& [key, value] : steps::record_labels(machine, request.image)) {
      metadata.put_label(record, key, value);
    }
    // WithImageStopSignal, with ctr's default.
    metadata.put_label(record, machine.text(kStopSignal), machine.text(kSigterm));
  }
  for (const auto& [key, value] : request.labels) metadata.put_label(record, key, value);
}

Failure perform_create_record(Machine& machine, const Step& step) {
  if (Failure failure = machine.metadata().create_container(
          step.subject, static_cast<StringId>(step.a), snapshotter(machine), step.subject)) {
    return failure;
  }
  put_labels(machine, step.subject);
  return {};
}
constexpr StepType kCreateRecord{"create container", true, perform_create_record};

Failure perform_prepare(Machine& machine, const Step& step) {
  return machine.metadata().prepare(snapshotter(machine), step.subject,
                                    static_cast<StringId>(step.a), "active", kNone<StringId>);
}
constexpr StepType kPrepare{"prepare snapshot", true, perform_prepare};

Failure perform_find_image(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  StringId image = step.subject;
  if (machine.client() == Client::kCri) {
    if (Failure failure = steps::open_cri_image(machine, step.subject, image)) return failure;
  }
  const BlobId target = steps::target_of(machine, request.space, image);
  if (target == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kImageNotFound, image};
  }
  const State& state = machine.node().state;
  const BlobId manifest =
      manifest_for(catalog, state, request.space, target, steps::host_platform(machine));
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
                                : steps::unpack_prefix(machine, image);
    out.push_back(steps::unpack_stored(machine, manifest, snapshotter(machine), prefix));
  }
  const StringId id = machine.request().name;
  out.push_back({&kPrepare, id, index_of(top)});
  out.push_back({&kCreateRecord, id, index_of(image)});
  machine.then(out);
  return {};
}
constexpr StepType kFindImage{"find image", true, perform_find_image};

Failure begin_create(Machine& machine) {
  const Metadata metadata = machine.metadata();
  const StringId id = machine.request().name;
  // ctr comes upon the container's snapshot first, after all else is done.
  if (machine.client() == Client::kCri && metadata.has(metadata.container(id))) {
    return {ErrorClass::kAlreadyExists, Message::kContainerExists, id};
  }
  machine.then({steps::create_lease(machine), Step{&kFindImage, machine.request().image}});
  return {};
}

// start, stop

Failure perform_start(Machine& machine, const Step& step) {
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.container(step.subject))) {
    return {ErrorClass::kNotFound, Message::kContainerNotFound, step.subject,
            machine.request().space};
  }
  const ObjectId snapshot = metadata.snapshot(snapshotter(machine), step.subject);
  if (!metadata.has(snapshot)) {
    return {ErrorClass::kNotFound, Message::kSnapshotNotFound, step.subject};
  }
  if (!metadata.has_directory(snapshot)) {
    return {ErrorClass::kUnknown, Message::kDirectoryMissing, step.subject};
  }
  machine.node().state.facts.set(index_of(running_fact(machine, step.subject)));
  return {};
}
constexpr StepType kStartStep{"start task", true, perform_start};

Failure perform_stop(Machine& machine, const Step& step) {
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.container(step.subject))) {
    return {ErrorClass::kNotFound, Message::kContainerNotFound, step.subject,
            machine.request().space};
  }
  machine.node().state.facts.reset(index_of(running_fact(machine, step.subject)));
  return {};
}
constexpr StepType kStopStep{"stop task", true, perform_stop};

// remove: the snapshot first, then the record.

Failure perform_delete_record(Machine& machine, const Step& step) {
  return machine.metadata().delete_container(step.subject);
}
constexpr StepType kDeleteRecord{"delete container", true, perform_delete_record};

Failure perform_remove_snapshot(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().remove_snapshot(snapshotter(machine), step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kRemoveSnapshotStep{"remove snapshot", true, perform_remove_snapshot};

Failure begin_remove(Machine& machine) {
  const StringId id = machine.request().name;
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.container(id))) {
    return {ErrorClass::kNotFound, Message::kContainerNotFound, id, machine.request().space};
  }
  if (machine.node().state.has(running_fact(machine, id))) {
    return {ErrorClass::kFailedPrecondition, Message::kContainerRunning, id};
  }
  if (machine.request().keep_snapshot) {
    machine.then({Step{&kDeleteRecord, id}});
  } else {
    machine.then({Step{&kRemoveSnapshotStep, id}, Step{&kDeleteRecord, id}});
  }
  return {};
}

Failure perform_label(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.container(step.subject);
  if (!metadata.has(record)) {
    return {ErrorClass::kNotFound, Message::kContainerNotFound, step.subject,
            machine.request().space};
  }
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(record, key, value);
  }
  metadata.mutated();
  return {};
}
constexpr StepType kLabelStep{"label container", true, perform_label};

Failure begin_label(Machine& machine) {
  machine.then({Step{&kLabelStep, machine.request().name}});
  return {};
}

template <const StepType& type>
Failure begin_task(Machine& machine) {
  machine.then({Step{&type, machine.request().name}});
  return {};
}

// Sandboxes: records that CRI keeps beside the sandbox's container.

Failure perform_delete_sandbox(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().delete_sandbox(step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kDeleteSandbox{"delete sandbox", true, perform_delete_sandbox};

Failure perform_delete_sandbox_lease(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().delete_lease(step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kDeleteSandboxLease{"delete sandbox lease", true, perform_delete_sandbox_lease};

Failure perform_create_sandbox(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  if (Failure failure = metadata.create_sandbox(step.subject)) return failure;
  const ObjectId record = metadata.sandbox(step.subject);
  if (machine.request().image != kNone<StringId>) {
    // The pod's name, in its first attempt, as CRI reserves it.
    const std::string& id = machine.catalog().text(step.subject);
    const StringId name = machine.catalog().derived(Derived::kPodName, index_of(step.subject), 0,
                                                    [&] { return id + "_default_" + id + "_0"; });
    metadata.put_label(record, machine.text("name"), name);
  }
  for (const auto& [key, value] : machine.request().labels) {
    metadata.put_label(record, key, value);
  }
  machine.defer(Cleanup::kOnFailure, true, {&kDeleteSandbox, step.subject});
  return {};
}
constexpr StepType kCreateSandbox{"create sandbox", true, perform_create_sandbox};

// Only what this operation made is taken back: an id that is taken stays whose it is.
Failure perform_sandbox_lease(Machine& machine, const Step& step) {
  if (Failure failure = machine.metadata().create_lease(step.subject)) return failure;
  machine.defer(Cleanup::kOnFailure, true, {&kDeleteSandboxLease, step.subject});
  return {};
}
constexpr StepType kSandboxLease{"create sandbox lease", true, perform_sandbox_lease};

// EnsureImageExists: CRI pulls the image of a sandbox itself.
Failure perform_ensure_image(Machine& machine, const Step& step) {
  if (steps::find_cri_image(machine, step.subject) != kNone<StringId>) return {};
  machine.then(steps::pull_by_cri(machine, step.subject));
  return {};
}
constexpr StepType kEnsureImage{"ensure image", false, perform_ensure_image};

Failure begin_run_sandbox(Machine& machine) {
  const StringId id = machine.request().name;
  const StringId image = machine.request().image;
  const Profile& profile = machine.profile();
  Steps out;
  if (profile.sandbox_lease) out.push_back({&kSandboxLease, id});
  // CRI's own controller keeps records as long as it has leases.
  if (image == kNone<StringId> ? profile.has_sandboxes : profile.sandbox_lease) {
    out.push_back({&kCreateSandbox, id});
  }
  if (image != kNone<StringId>) {
    out.push_back({&kEnsureImage, image});
    out.push_back(steps::create_lease(machine));
    out.push_back({&kFindImage, image});
    out.push_back({&kStartStep, id});
  }
  machine.then(out);
  return {};
}

Failure begin_remove_sandbox(Machine& machine) {
  const StringId id = machine.request().name;
  const Metadata metadata = machine.metadata();
  Steps out;
  if (metadata.has(metadata.container(id))) {
    out.push_back({&kStopStep, id});
    out.push_back({&kRemoveSnapshotStep, id});
    out.push_back({&kDeleteRecord, id});
  }
  if (machine.profile().has_sandboxes) out.push_back({&kDeleteSandbox, id});
  if (machine.profile().sandbox_lease) out.push_back({&kDeleteSandboxLease, id});
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
};
const OperationType kStartContainer{
    .name = "start-container",
    .help = "starts the container's task",
    .subject = id("start-container"),
    .parameters = kTaskParameters,
    .clients = kCtrThenCri,
    .begin = begin_task<kStartStep>,
};
const OperationType kStopContainer{
    .name = "stop-container",
    .help = "stops and deletes the container's task",
    .subject = id("stop-container"),
    .parameters = {},
    .clients = kCtrThenCri,
    .begin = begin_task<kStopStep>,
};
const OperationType kRemoveContainer{
    .name = "remove-container",
    .help = "ctr containers rm, or CRI RemoveContainer",
    .subject = id("remove-container"),
    .parameters = kRemoveParameters,
    .clients = kCtrThenCri,
    .begin = begin_remove,
};
const OperationType kLabelContainer{
    .name = "label-container",
    .help = "ctr containers label",
    .subject = id("label-container"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .begin = begin_label,
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
};
const OperationType kRemoveSandbox{
    .name = "remove-sandbox",
    .help = "CRI RemovePodSandbox",
    .subject = text("remove-sandbox", ParameterType::kName, &Request::name, "the sandbox's id"),
    .parameters = kTaskParameters,
    .clients = kCriOnly,
    .begin = begin_remove_sandbox,
};

}  // namespace sweepcheck
