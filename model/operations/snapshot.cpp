// ctr snapshots, and the same by the client library under a lease (cmd/ctr/commands/snapshots).
#include "model/collector.hpp"
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

StringId snapshotter(Machine& machine) {
  return steps::snapshotter_or_default(machine, machine.request().snapshotter);
}

// ctr makes what it prepares and commits a root, with the time as value; views get nothing.
void label_root(Machine& machine, StringId key) {
  if (machine.client() != Client::kCtr) return;
  Metadata metadata = machine.metadata();
  metadata.put_label(metadata.snapshot(snapshotter(machine), key), machine.text(kGcRoot),
                     machine.catalog().time_text(machine.world().now));
}

void put_labels(Machine& machine, StringId key) {
  Metadata metadata = machine.metadata();
  for (const auto& [label, value] : machine.request().labels) {
    metadata.put_label(metadata.snapshot(snapshotter(machine), key), label, value);
  }
}

Failure perform_prepare(Machine& machine, const Step& step) {
  if (Failure failure =
          machine.metadata().prepare(snapshotter(machine), step.subject, machine.request().parent,
                                     "active", kNone<StringId>)) {
    return failure;
  }
  label_root(machine, step.subject);
  put_labels(machine, step.subject);
  return {};
}
constexpr StepType kPrepareStep{"prepare snapshot", true, perform_prepare};

Failure perform_view(Machine& machine, const Step& step) {
  if (Failure failure = machine.metadata().prepare(
          snapshotter(machine), step.subject, machine.request().parent, "view", kNone<StringId>)) {
    return failure;
  }
  put_labels(machine, step.subject);
  return {};
}
constexpr StepType kViewStep{"view snapshot", true, perform_view};

Failure perform_commit(Machine& machine, const Step& step) {
  if (Failure failure = machine.metadata().commit_snapshot(
          snapshotter(machine), machine.request().to, step.subject, machine.request().size_bytes,
          kNone<StringId>)) {
    return failure;
  }
  label_root(machine, machine.request().to);
  put_labels(machine, machine.request().to);
  return {};
}
constexpr StepType kCommitStep{"commit snapshot", true, perform_commit};

Failure perform_remove(Machine& machine, const Step& step) {
  return machine.metadata().remove_snapshot(snapshotter(machine), step.subject);
}
constexpr StepType kRemoveStep{"remove snapshot", true, perform_remove};

Failure perform_label(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.snapshot(snapshotter(machine), step.subject);
  if (!metadata.has(record)) {
    return {ErrorClass::kNotFound, Message::kSnapshotNotFound, step.subject};
  }
  put_labels(machine, step.subject);
  metadata.mutated();
  return {};
}
constexpr StepType kLabelStep{"label snapshot", true, perform_label};

template <const StepType& type>
Failure begin_one(Machine& machine) {
  machine.work_under(machine.request().lease);
  machine.then({Step{&type, machine.request().name}});
  return {};
}

// All of a snapshotter's directories, behind its back; its database and the metadata stay. If there
// are none, its name is likely a slip.
Failure perform_remove_directories(Machine& machine, const Step& step) {
  const Catalog& catalog = machine.catalog();
  State& state = machine.node().state;
  std::vector<ObjectId> lost;
  for_each_in(catalog.of_kind(ObjectKind::kSnapshotDirectory), state.objects,
              [&](std::uint32_t index) {
                const auto directory = static_cast<ObjectId>(index);
                if (catalog.key(directory).scope == step.subject) lost.push_back(directory);
              });
  if (lost.empty()) return {ErrorClass::kNotFound, Message::kNoDirectories, step.subject};
  for (const ObjectId directory : lost) drop_object(catalog, state, directory);
  return {};
}
constexpr StepType kRemoveDirectoriesStep{"remove directories", true, perform_remove_directories};

Failure begin_remove_directories(Machine& machine) {
  machine.then({Step{&kRemoveDirectoriesStep, machine.request().name}});
  return {};
}

// `ctr snapshots unpack`: image.Unpack of a record's target, under a lease.
Failure perform_unpack(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  BlobId target = steps::target_of(machine, request.space, step.subject);
  if (target == kNone<BlobId>) target = catalog.find_blob(step.subject);
  if (target == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kImageNotFound, step.subject};
  }
  const BlobId manifest = manifest_for(catalog, machine.node().state, request.space, target,
                                       steps::host_platform(machine));
  if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatch};
  const StringId prefix = steps::unpack_prefix(machine, step.subject);
  machine.then({steps::unpack_stored(machine, manifest, snapshotter(machine), prefix)});
  return {};
}
constexpr StepType kUnpackStep{"find image", true, perform_unpack};

Failure begin_unpack(Machine& machine) {
  machine.then({steps::create_lease(machine), Step{&kUnpackStep, machine.request().name}});
  return {};
}

constexpr Parameter kLease = only(
    kLibraryOnly, text("lease", ParameterType::kName, &Request::lease, "the lease in context"));
constexpr std::array kPrepareParameters{
    text("parent", ParameterType::kObject, &Request::parent, "key of the parent"),
    kSnapshotterName,
    kLease,
    labels("labels of the snapshot"),
};
constexpr std::array kCommitParameters{
    text("to", ParameterType::kObject, &Request::to, "key of the committed snapshot", true),
    number("size", ParameterType::kSize, &Request::size_bytes, "bytes of its files"),
    kSnapshotterName,
    kLease,
    labels("labels of the snapshot"),
};
constexpr std::array kRemoveParameters{kSnapshotterName};
constexpr std::array kLabelParameters{labels("labels to set; an empty value removes one"),
                                      kSnapshotterName};
constexpr std::array kClients{Client::kCtr, Client::kLibrary};

constexpr Parameter key(std::string_view verb) {
  return text(verb, ParameterType::kObject, &Request::name, "the snapshot's key");
}

}  // namespace

const OperationType kPrepareSnapshot{
    .name = "prepare-snapshot",
    .help = "ctr snapshots prepare (a root by its label), or the library's Prepare",
    .subject = key("prepare-snapshot"),
    .parameters = kPrepareParameters,
    .clients = kClients,
    .begin = begin_one<kPrepareStep>,
};
const OperationType kViewSnapshot{
    .name = "view-snapshot",
    .help = "ctr snapshots view: read-only, and no root",
    .subject = key("view-snapshot"),
    .parameters = kPrepareParameters,
    .clients = kClients,
    .begin = begin_one<kViewStep>,
};
const OperationType kCommitSnapshot{
    .name = "commit-snapshot",
    .help = "ctr snapshots commit: an active snapshot becomes a committed one",
    .subject = key("commit-snapshot"),
    .parameters = kCommitParameters,
    .clients = kClients,
    .begin = begin_one<kCommitStep>,
};
const OperationType kRemoveSnapshot{
    .name = "remove-snapshot",
    .help = "ctr snapshots rm",
    .subject = key("remove-snapshot"),
    .parameters = kRemoveParameters,
    .clients = kCtrOnly,
    .begin = begin_one<kRemoveStep>,
};
const OperationType kLabelSnapshot{
    .name = "label-snapshot",
    .help = "ctr snapshots label",
    .subject = key("label-snapshot"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .begin = begin_one<kLabelStep>,
};
const OperationType kRemoveDirectories{
    .name = "remove-directories",
    .help =
        "deletes all directories of a snapshotter behind the daemon's back; its records stay. "
        "Fails if there are none",
    .subject = text("remove-directories", ParameterType::kName, &Request::name, "the snapshotter"),
    .parameters = {},
    .clients = {},
    .begin = begin_remove_directories,
};
const OperationType kUnpackImage{
    .name = "unpack",
    .help = "ctr snapshots unpack: unpacks an image from the content store",
    .subject = text("unpack", ParameterType::kReference, &Request::name,
                    "an image record, or its target's alias"),
    .parameters = kRemoveParameters,
    .clients = kCtrOnly,
    .begin = begin_unpack,
};

}  // namespace sweepcheck
