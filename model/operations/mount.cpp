// ctr images mount and unmount: a lease named after the target path keeps the mounted snapshot, for
// a day (cmd/ctr/commands/images/mount.go).
#include "model/image_graph.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

StringId mount_snapshotter(Machine& machine) {
  const StringId given =
      machine.profile().mount_takes_snapshotter ? machine.request().snapshotter : kNone<StringId>;
  return steps::snapshotter_or_default(machine, given);
}

Failure perform_delete_lease(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().delete_lease(step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kDeleteMountLease{"delete lease", true, perform_delete_lease};

Failure perform_create_lease(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  // A second mount on the same path runs without lease, and takes none away when it fails.
  if (metadata.create_lease(step.subject)) return {};
  const ObjectId lease = metadata.lease(step.subject);
  machine.node().state.set_scalar(lease, ScalarKind::kExpiry, machine.world().now + 24 * kHour);
  // Meant to keep the snapshot; the collector reads no references from a lease's labels.
  metadata.put_label(lease,
                     machine.text(std::string(kGcRefSnapshot) +
                                  machine.catalog().text(mount_snapshotter(machine))),
                     step.subject);
  machine.work_under(step.subject);
  machine.defer(Cleanup::kOnFailure, false, Step{&kDeleteMountLease, step.subject});
  return {};
}
constexpr StepType kCreateMountLease{"create lease", true, perform_create_lease};

// A snapshot that is there already is mounted as it is.
Failure perform_view(Machine& machine, const Step& step) {
  const Failure failure = machine.metadata().prepare(
      mount_snapshotter(machine), step.subject, static_cast<StringId>(step.a),
      machine.request().read_write ? "active" : "view", kNone<StringId>);
  return failure.error_class == ErrorClass::kAlreadyExists ? Failure{} : failure;
}
constexpr StepType kView{"view snapshot", true, perform_view};

Failure perform_find(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const Request& request = machine.request();
  const BlobId target = steps::target_of(machine, request.space, step.subject);
  if (target == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kImageNotFound, step.subject};
  }
  const BlobId manifest = manifest_for(catalog, machine.node().state, request.space, target,
                                       steps::host_platform(machine));
  const BlobId config = config_of(catalog, manifest);
  if (config == kNone<BlobId> || catalog.blob(config).chain_ids.empty()) {
    return {ErrorClass::kNotFound, Message::kNoMatch};
  }
  machine.then(
      {steps::unpack_stored(machine, manifest, mount_snapshotter(machine), kNone<StringId>),
       Step{&kView, request.to, index_of(catalog.blob(config).chain_ids.back())}});
  return {};
}
constexpr StepType kFind{"find image", true, perform_find};

Failure begin_mount(Machine& machine) {
  const StringId path = machine.request().to;
  machine.then({Step{&kCreateMountLease, path}, Step{&kFind, machine.request().name}});
  return {};
}

Failure perform_remove(Machine& machine, const Step& step) {
  const StringId snapshotter =
      steps::snapshotter_or_default(machine, machine.request().snapshotter);
  const Failure failure = machine.metadata().remove_snapshot(snapshotter, step.subject);
  return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
}
constexpr StepType kRemove{"remove snapshot", true, perform_remove};

Failure begin_unmount(Machine& machine) {
  const StringId path = machine.request().name;
  if (machine.request().remove_snapshot) {
    machine.then({Step{&kDeleteMountLease, path}, Step{&kRemove, path}});
  }
  return {};
}

constexpr std::array kMountParameters{
    text("to", ParameterType::kName, &Request::to, "the target path, also the lease's id", true),
    flag("read_write", &Request::read_write, "--rw: an active snapshot, not a view"),
    kSnapshotterName,
};
constexpr std::array kUnmountParameters{
    flag("remove_snapshot", &Request::remove_snapshot, "--rm: delete the lease and the snapshot"),
    kSnapshotterName,
};

}  // namespace

const OperationType kMount{
    .name = "mount",
    .help = "ctr images mount: a view of an image, kept by a lease for 24 h",
    .subject = text("mount", ParameterType::kReference, &Request::name, "the image's reference"),
    .parameters = kMountParameters,
    .clients = kCtrOnly,
    .begin = begin_mount,
};
const OperationType kUnmount{
    .name = "unmount",
    .help = "ctr images unmount [--rm]",
    .subject = text("unmount", ParameterType::kName, &Request::name, "the target path"),
    .parameters = kUnmountParameters,
    .clients = kCtrOnly,
    .begin = begin_unmount,
};

}  // namespace sweepcheck
