// ctr snapshots, and the same by the client library under a lease (cmd/ctr/commands/snapshots).
#include "model/collector.hpp"
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

}  // namespace

struct PrepareSnapshot {
  static constexpr StepName kName = atomic("prepare snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    if (Failure failure = machine.metadata().prepare(
            snapshotter(machine), key, machine.request().parent, "active", kNone<StringId>)) {
      return failure;
    }
    label_root(machine, key);
    put_labels(machine, key);
    return {};
  }
  // Its root label has the time.
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    touches.prepare(snapshotter(machine), key, machine.request().parent);
    touches.read_clock();
  }
};
template struct DefinedStep<PrepareSnapshot>;

struct ViewSnapshot {
  static constexpr StepName kName = atomic("view snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    if (Failure failure = machine.metadata().prepare(
            snapshotter(machine), key, machine.request().parent, "view", kNone<StringId>)) {
      return failure;
    }
    put_labels(machine, key);
    return {};
  }
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    touches.prepare(snapshotter(machine), key, machine.request().parent);
  }
};
template struct DefinedStep<ViewSnapshot>;

struct CommitSnapshot {
  static constexpr StepName kName = atomic("commit snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    if (Failure failure = machine.metadata().commit_snapshot(snapshotter(machine), request.to, key,
                                                             request.size_bytes, kNone<StringId>)) {
      return failure;
    }
    label_root(machine, request.to);
    put_labels(machine, request.to);
    return {};
  }
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    touches.commit_snapshot(snapshotter(machine), machine.request().to, key);
    touches.read_clock();
  }
};
template struct DefinedStep<CommitSnapshot>;

struct RemoveSnapshot {
  static constexpr StepName kName = atomic("remove snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    return machine.metadata().remove_snapshot(snapshotter(machine), key);
  }
  void touches(StepTouches& touches) const {
    touches.remove_snapshot(snapshotter(touches.machine()), key);
  }
};
template struct DefinedStep<RemoveSnapshot>;

struct LabelSnapshot {
  static constexpr StepName kName = atomic("label snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const ObjectId record = metadata.snapshot(snapshotter(machine), key);
    if (!metadata.has(record)) return {ErrorClass::kNotFound, Message::kSnapshotNotFound, key};
    put_labels(machine, key);
    metadata.mutated();
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.label_snapshot(snapshotter(touches.machine()), key);
  }
};
template struct DefinedStep<LabelSnapshot>;

// All of a snapshotter's directories, behind its back; its database and the metadata stay. If there
// are none, its name is likely a slip.
struct RemoveDirectories {
  static constexpr StepName kName = atomic("remove directories");
  StringId snapshotter;

  Failure perform(Machine& machine) const {
    const Catalog& catalog = machine.catalog();
    State& state = machine.node().state;
    std::vector<ObjectId> lost;
    for_each_in(catalog.of_kind(ObjectKind::kSnapshotDirectory), state.objects,
                [&](std::uint32_t index) {
                  const auto directory = static_cast<ObjectId>(index);
                  if (catalog.key(directory).scope == snapshotter) lost.push_back(directory);
                });
    if (lost.empty()) return {ErrorClass::kNotFound, Message::kNoDirectories, snapshotter};
    for (const ObjectId directory : lost) drop_object(catalog, state, directory);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.in(kNone<StringId>).write(ObjectKind::kSnapshotDirectory, kNone<StringId>, snapshotter);
  }
};
template struct DefinedStep<RemoveDirectories>;

// `ctr snapshots unpack`: image.Unpack of a record's target, under a lease.
struct FindToUnpack {
  static constexpr StepName kName = atomic("find image");
  StringId image;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const Request& request = machine.request();
    BlobId target = target_of(machine, request.space, image);
    if (target == kNone<BlobId>) target = catalog.find_blob(image);
    if (target == kNone<BlobId>) {
      return {ErrorClass::kNotFound, Message::kImageNotFound, image};
    }
    const BlobId manifest =
        manifest_for(catalog, machine.node().state, request.space, target, host_platform(machine));
    if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatch};
    machine.then(
        {unpack_stored(machine, manifest, snapshotter(machine), unpack_prefix(machine, image))});
    return {};
  }
  // The unpacking looks at the config of the manifest that is found.
  void touches(StepTouches& touches) const {
    touches.read_image(image);
    touches.read_content(kNone<StringId>);
  }
};
template struct DefinedStep<FindToUnpack>;

}  // namespace steps

namespace {

template <typename FirstStep>
Failure begin_one(Machine& machine) {
  machine.work_under(machine.request().lease);
  machine.then({FirstStep{machine.request().name}});
  return {};
}

Failure begin_remove_directories(Machine& machine) {
  machine.then({steps::RemoveDirectories{machine.request().name}});
  return {};
}

Failure begin_unpack(Machine& machine) {
  machine.then({steps::create_lease(machine), steps::FindToUnpack{machine.request().name}});
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
    .begin = begin_one<steps::PrepareSnapshot>,
};
const OperationType kViewSnapshot{
    .name = "view-snapshot",
    .help = "ctr snapshots view: read-only, and no root",
    .subject = key("view-snapshot"),
    .parameters = kPrepareParameters,
    .clients = kClients,
    .begin = begin_one<steps::ViewSnapshot>,
};
const OperationType kCommitSnapshot{
    .name = "commit-snapshot",
    .help = "ctr snapshots commit: an active snapshot becomes a committed one",
    .subject = key("commit-snapshot"),
    .parameters = kCommitParameters,
    .clients = kClients,
    .begin = begin_one<steps::CommitSnapshot>,
};
const OperationType kRemoveSnapshot{
    .name = "remove-snapshot",
    .help = "ctr snapshots rm",
    .subject = key("remove-snapshot"),
    .parameters = kRemoveParameters,
    .clients = kCtrOnly,
    .by_hand = true,
    .takes_copies = true,
    .begin = begin_one<steps::RemoveSnapshot>,
};
const OperationType kLabelSnapshot{
    .name = "label-snapshot",
    .help = "ctr snapshots label",
    .subject = key("label-snapshot"),
    .parameters = kLabelParameters,
    .clients = kCtrOnly,
    .cuts_paths = true,
    .begin = begin_one<steps::LabelSnapshot>,
};
const OperationType kRemoveDirectories{
    .name = "remove-directories",
    .help =
        "deletes all directories of a snapshotter behind the daemon's back; its records stay. "
        "Fails if there are none",
    .subject = text("remove-directories", ParameterType::kName, &Request::name, "the snapshotter"),
    .parameters = {},
    .clients = {},
    .by_hand = true,
    .takes_copies = true,
    .removes_files = true,
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
