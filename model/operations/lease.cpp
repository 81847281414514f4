// ctr leases, and the lease API's resources (cmd/ctr/commands/leases, metadata/leases.go).
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

// What `ctr leases create` sets; the library sets none.
constexpr Duration kDefaultExpiry = 24 * kHour;

struct CreateNamedLease {
  static constexpr StepName kName = atomic("create lease");
  StringId lease;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    Metadata metadata = machine.metadata();
    if (Failure failure = metadata.create_lease(lease)) return failure;
    const ObjectId record = metadata.lease(lease);
    const bool by_ctr = machine.client() == Client::kCtr;
    Duration lifetime = request.duration;
    if (lifetime == 0 && by_ctr) lifetime = kDefaultExpiry;
    if (lifetime > 0) {
      machine.node().state.set_scalar(record, ScalarKind::kExpiry,
                                      later(machine.world().now, lifetime));
    }
    if (request.flat) {
      metadata.put_label(record, machine.text(kGcFlat), machine.text(kTrue));
    }
    for (const auto& [key, value] : request.labels) metadata.put_label(record, key, value);
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.create_lease(lease);
    touches.read_clock();
  }
};
template struct DefinedStep<CreateNamedLease>;

struct DeleteNamedLease {
  static constexpr StepName kName = atomic("delete lease");
  StringId lease;

  Failure perform(Machine& machine) const {
    if (Failure failure = machine.metadata().delete_lease(lease)) return failure;
    if (machine.request().sync && !is_on(Mutant::kSyncLeaseDoesNotCollect)) {
      machine.then(synchronous_collection());
    }
    return {};
  }
  void touches(StepTouches& touches) const { touches.delete_lease(lease); }
};
template struct DefinedStep<DeleteNamedLease>;

// The object that the request names.
static ObjectId resource(Machine& machine) {
  const Request& request = machine.request();
  // What a lease names need not be there.
  Metadata metadata = machine.metadata();
  const std::string_view kind = request.resource_kind == kNone<StringId>
                                    ? std::string_view("content")
                                    : machine.catalog().text(request.resource_kind);
  if (kind == "snapshot") {
    return metadata.snapshot(snapshotter_or_default(machine, request.snapshotter), request.key);
  }
  if (kind == "ingest") return metadata.ingest(request.key);
  if (kind == "image") return metadata.image(request.key);
  return metadata.content(request.key);
}

struct AddResource {
  static constexpr StepName kName = atomic("add resource");
  StringId lease;

  Failure perform(Machine& machine) const {
    return machine.metadata().add_resource(lease, resource(machine));
  }
  void touches(StepTouches& touches) const { touches.add_resource(lease); }
};
template struct DefinedStep<AddResource>;

struct RemoveResource {
  static constexpr StepName kName = atomic("remove resource");
  StringId lease;

  Failure perform(Machine& machine) const {
    return machine.metadata().remove_resource(lease, resource(machine));
  }
  void touches(StepTouches& touches) const { touches.remove_resource(lease); }
};
template struct DefinedStep<RemoveResource>;

}  // namespace steps

namespace {

template <typename FirstStep>
Failure begin_one(Machine& machine) {
  machine.then({FirstStep{machine.request().name}});
  return {};
}

// metadata/leases.go parseLeaseResource: content is named by a digest.
Failure check_digest(Machine& machine, StringId id) {
  const std::string_view text = machine.catalog().text(id);
  if (text.starts_with("sha256:")) return {};
  const bool named = text.find(':') != std::string_view::npos;
  return {ErrorClass::kInvalidArgument,
          named ? Message::kResourceDigestUnsupported : Message::kResourceNoDigest, id};
}

template <typename FirstStep>
Failure begin_resource(Machine& machine) {
  const StringId kind = machine.request().resource_kind;
  if (kind != kNone<StringId>) {
    const std::string& name = machine.catalog().text(kind);
    if (name != "content" && name != "snapshot" && name != "ingest" && name != "image") {
      return {ErrorClass::kUnimplemented, Message::kResourceUnsupported, kind};
    }
  }
  const bool content = kind == kNone<StringId> || machine.catalog().text(kind) == "content";
  if (content) {
    if (Failure failure = check_digest(machine, machine.request().key)) return failure;
  }
  return begin_one<FirstStep>(machine);
}

constexpr std::array kCreateParameters{
    number("expires", ParameterType::kDuration, &Request::duration,
           "lifetime; default: 24h by ctr, none by the library"),
    flag("flat", &Request::flat, "a flat lease: keeps its resources, not what they refer to"),
    labels("labels of the lease"),
};
constexpr std::array kDeleteParameters{kSync};
constexpr std::array kResourceParameters{
    text("resource", ParameterType::kObject, &Request::key,
         "the resource: a blob, a snapshot's key, an ingest's ref or an image's name", true),
    text("kind", ParameterType::kName, &Request::resource_kind,
         "content (default), snapshot, ingest or image (2.0+)"),
    kSnapshotterName,
};
constexpr std::array kLeaseClients{Client::kCtr, Client::kLibrary};

constexpr Parameter id(std::string_view verb) {
  return text(verb, ParameterType::kName, &Request::name, "the lease's id");
}

}  // namespace

const OperationType kCreateLease{
    .name = "create-lease",
    .help = "ctr leases create, or the lease API's Create",
    .subject = id("create-lease"),
    .parameters = kCreateParameters,
    .clients = kLeaseClients,
    .begin = begin_one<steps::CreateNamedLease>,
};
const OperationType kDeleteLease{
    .name = "delete-lease",
    .help = "ctr leases delete [--sync]",
    .subject = id("delete-lease"),
    .parameters = kDeleteParameters,
    .clients = kLeaseClients,
    .takes_copies = true,
    .begin = begin_one<steps::DeleteNamedLease>,
};
const OperationType kAddResource{
    .name = "add-resource",
    .help = "the lease API's AddResource; the resource need not exist",
    .subject = id("add-resource"),
    .parameters = kResourceParameters,
    .clients = kLibraryOnly,
    .begin = begin_resource<steps::AddResource>,
};
const OperationType kRemoveResource{
    .name = "remove-resource",
    .help = "the lease API's DeleteResource",
    .subject = id("remove-resource"),
    .parameters = kResourceParameters,
    .clients = kLibraryOnly,
    .takes_copies = true,
    .begin = begin_resource<steps::RemoveResource>,
};

}  // namespace sweepcheck
