// ctr images mount and unmount: a lease named after the target path keeps the mounted snapshot, for
// a day (cmd/ctr/commands/images/mount.go).
#include "model/image_graph.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

static StringId mount_snapshotter(Machine& machine) {
  const StringId given =
      machine.profile().mount_takes_snapshotter ? machine.request().snapshotter : kNone<StringId>;
  return snapshotter_or_default(machine, given);
}

struct DeleteMountLease {
  static constexpr StepName kName = atomic("delete lease");
  StringId path;

  Failure perform(Machine& machine) const {
    const Failure failure = machine.metadata().delete_lease(path);
    return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
  }
  void touches(StepTouches& touches) const { touches.delete_lease(path); }
};
template struct DefinedStep<DeleteMountLease>;

struct CreateMountLease {
  static constexpr StepName kName = atomic("create lease");
  StringId path;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    // A second mount on the same path runs without lease, and takes none away when it fails.
    if (metadata.create_lease(path)) return {};
    const ObjectId lease = metadata.lease(path);
    machine.node().state.set_scalar(lease, ScalarKind::kExpiry, machine.world().now + 24 * kHour);
    // Meant to keep the snapshot; the collector reads no references from a lease's labels.
    const std::string& snapshotter = machine.catalog().text(mount_snapshotter(machine));
    metadata.put_label(lease, machine.text(std::string(kGcRefSnapshot) + snapshotter), path);
    machine.work_under(path);
    machine.defer(Cleanup::kOnFailure, false, DeleteMountLease{path});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.create_lease(path);
    touches.read_clock();
  }
};
template struct DefinedStep<CreateMountLease>;

// A snapshot that is there already is mounted as it is.
struct ViewMounted {
  static constexpr StepName kName = atomic("view snapshot");
  StringId path;
  StringId parent;

  Failure perform(Machine& machine) const {
    const Failure failure = machine.metadata().prepare(
        mount_snapshotter(machine), path, parent, machine.request().read_write ? "active" : "view",
        kNone<StringId>);
    return failure.error_class == ErrorClass::kAlreadyExists ? Failure{} : failure;
  }
  void touches(StepTouches& touches) const {
    touches.prepare(mount_snapshotter(touches.machine()), path, parent);
  }
};
template struct DefinedStep<ViewMounted>;

struct FindToMount {
  static constexpr StepName kName = atomic("find image");
  StringId image;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const Request& request = machine.request();
    const BlobId target = target_of(machine, request.space, image);
    if (target == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kImageNotFound, image};
    const BlobId manifest =
        manifest_for(catalog, machine.node().state, request.space, target, host_platform(machine));
    const BlobId config = config_of(catalog, manifest);
    if (config == kNone<BlobId> || catalog.blob(config).chain_ids.empty()) {
      return {ErrorClass::kNotFound, Message::kNoMatch};
    }
    machine.then({unpack_stored(machine, manifest, mount_snapshotter(machine), kNone<StringId>),
                  ViewMounted{request.to, catalog.blob(config).chain_ids.back()}});
    return {};
  }
  // The unpacking looks at the config of the manifest that is found.
  void touches(StepTouches& touches) const {
    touches.read_image(image);
    touches.read_content(kNone<StringId>);
  }
};
template struct DefinedStep<FindToMount>;

struct RemoveMounted {
  static constexpr StepName kName = atomic("remove snapshot");
  StringId path;

  Failure perform(Machine& machine) const {
    const StringId snapshotter = snapshotter_or_default(machine, machine.request().snapshotter);
    const Failure failure = machine.metadata().remove_snapshot(snapshotter, path);
    return failure.error_class == ErrorClass::kNotFound ? Failure{} : failure;
  }
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    touches.remove_snapshot(snapshotter_or_default(machine, machine.request().snapshotter), path);
  }
};
template struct DefinedStep<RemoveMounted>;

}  // namespace steps

namespace {

Failure begin_mount(Machine& machine) {
  const StringId path = machine.request().to;
  machine.then({steps::CreateMountLease{path}, steps::FindToMount{machine.request().name}});
  return {};
}

Failure begin_unmount(Machine& machine) {
  const StringId path = machine.request().name;
  if (machine.request().remove_snapshot) {
    machine.then({steps::DeleteMountLease{path}, steps::RemoveMounted{path}});
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
