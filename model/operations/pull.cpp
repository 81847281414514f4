// Pull and fetch (client/pull.go, client.Fetch, core/transfer/local/pull.go,
// cmd/ctr/commands/images/pull.go, pkg/cri/server/image_pull.go).
#include "model/image_graph.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {

struct FetchTarget {
  static constexpr StepName kName = expands("fetch target");

  Failure perform(Machine& machine) const {
    const BlobId target = machine.operation().target;
    if (machine.blob(target).media != MediaClass::kSchema1) {
      machine.then({fetch_tree(target)});
      return {};
    }
    if (machine.engine() == Engine::kTransfer) {
      return {ErrorClass::kInvalidArgument, Message::kSchema1Transfer};
    }
    if (!machine.profile().converts_schema1) return {ErrorClass::kUnimplemented, Message::kSchema1};
    machine.then(convert_schema1(machine, target));
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<FetchTarget>;

// Every manifest that an index reaches, whatever its platform.
static void unpack_all(Machine& machine, const Blob& index, Steps& out) {
  const Catalog& catalog = machine.catalog();
  const StringId unknown = machine.text(kUnknownPlatform);
  const StringId prefix = unpack_prefix(machine, machine.request().name);
  const StringId snapshotter = machine.operation().plan.snapshotter;
  for (const BlobChild& child : index.children) {
    const Blob& blob = catalog.blob(child.blob);
    if (blob.media == MediaClass::kIndex) {
      unpack_all(machine, blob, out);
      continue;
    }
    if (child.platform == unknown) {
      if (!machine.profile().unpacks_unknown_platforms) continue;
      out.push_back(unpack_attestation(child.blob, snapshotter));
      continue;
    }
    out.push_back(unpack_stored(machine, child.blob, snapshotter, prefix));
  }
}

// image.Unpack for each platform that was pulled (ctr's local path).
struct UnpackTarget {
  static constexpr StepName kName = expands("unpack target");

  Failure perform(Machine& machine) const {
    const FetchPlan plan = machine.operation().plan;
    const BlobId target = machine.operation().target;
    const Blob& blob = machine.blob(target);
    Steps out;
    if (plan.all_platforms && blob.media == MediaClass::kIndex) {
      unpack_all(machine, blob, out);
    } else {
      for (const StringId platform : plan.platforms) {
        out.push_back(unpack_image(machine.request().name, target, platform));
      }
    }
    machine.then(out);
    return {};
  }
  void touches(StepTouches& touches) const { touches.read_content(kNone<StringId>); }
};
template struct DefinedStep<UnpackTarget>;

// The unpacker never sees a converted manifest: client.Pull unpacks it afterwards.
struct UnpackConverted {
  static constexpr StepName kName = expands("unpack converted");
  StringId reference;

  Failure perform(Machine& machine) const {
    const Operation& operation = machine.operation();
    if (operation.plan.converted_from == kNone<StringId> || !operation.plan.unpacker) return {};
    machine.then({unpack_image(reference, operation.target, host_platform(machine))});
    return {};
  }
  void touches(StepTouches& touches) const { touches.read_content(kNone<StringId>); }
};
template struct DefinedStep<UnpackConverted>;

// The transfer service is configured for one snapshotter.
struct CheckUnpacker {
  static constexpr StepName kName = expands("check unpacker");

  Failure perform(Machine& machine) const {
    const FetchPlan& plan = machine.operation().plan;
    if (machine.engine() == Engine::kLocal || !plan.unpacker ||
        plan.snapshotter == machine.text(kDefaultSnapshotter))
      return {};
    return {ErrorClass::kInvalidArgument, Message::kNoUnpackPlatforms};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<CheckUnpacker>;

// What a client stores beside the image's own name: other names, and one by digest.
struct StoreExtraReferences {
  static constexpr StepName kName = expands("extra references");
  StringId primary;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    const BlobId target = machine.operation().target;
    Steps out;
    for (const StringId name : request.names) {
      out.push_back(store_extra_reference(name, target, primary));
    }
    if (request.digests && machine.profile().extra_references_bound) {
      Catalog& catalog = machine.catalog();
      const StringId name = by_digest(catalog, primary, catalog.blob(target).digest);
      out.push_back(store_extra_reference(name, target, primary));
    }
    machine.then(out);
    return {};
  }
  void touches(StepTouches&) const {}
};
template struct DefinedStep<StoreExtraReferences>;

}  // namespace steps

namespace {

FetchPlan common_plan(Machine& machine) {
  const Request& request = machine.request();
  FetchPlan plan;
  plan.platforms.assign(request.platforms.begin(), request.platforms.end());
  if (plan.platforms.empty()) plan.platforms.push_back(steps::host_platform(machine));
  plan.all_platforms = request.all_platforms;
  plan.snapshotter = steps::snapshotter_or_default(machine, request.snapshotter);
  plan.all_metadata = request.all_metadata ||
                      (machine.profile().pull_all_metadata_default && !request.skip_metadata);
  return plan;
}

Failure begin_cri_pull(Machine& machine) {
  machine.then(steps::pull_by_cri(machine, machine.request().name));
  return {};
}

// client.Transfer from a registry to the image store, as another program than ctr calls it.
Failure begin_library_transfer(Machine& machine) {
  const Request& request = machine.request();
  if (!machine.profile().has_transfer_service) {
    return {ErrorClass::kUnimplemented, Message::kNoTransferService};
  }
  FetchPlan plan = common_plan(machine);
  plan.all_metadata = request.all_metadata;
  plan.unpacker = !request.no_unpack;
  machine.operation().plan = plan;
  machine.then({steps::create_lease(machine), steps::resolve(request.name), steps::CheckUnpacker{},
                steps::FetchTarget{}, steps::store_pulled_image(request.name),
                steps::StoreExtraReferences{request.name}, steps::delete_lease()});
  return {};
}

Failure begin_library_pull(Machine& machine) {
  if (machine.engine() == Engine::kTransfer) return begin_library_transfer(machine);
  const Request& request = machine.request();
  // client.Pull stores one name.
  if (!request.names.empty()) return flag_not_defined(machine, "and");
  if (request.digests) return flag_not_defined(machine, "digests");
  FetchPlan plan = common_plan(machine);
  plan.all_metadata = request.all_metadata;
  plan.unpacker = !request.no_unpack;
  plan.one_manifest = true;
  plan.discard = request.discard_unpacked_layers;
  machine.operation().plan = plan;
  machine.then({steps::create_lease(machine), steps::resolve(request.name), steps::FetchTarget{},
                steps::store_pulled_image(request.name), steps::UnpackConverted{request.name},
                steps::delete_lease()});
  return {};
}

Failure refuse_absent_flags(Machine& machine) {
  const Request& request = machine.request();
  const Profile& profile = machine.profile();
  if (request.local && !profile.ctr_engine_selectable) return flag_not_defined(machine, "local");
  if (request.skip_metadata && !profile.pull_all_metadata_default) {
    return flag_not_defined(machine, "skip-metadata");
  }
  return {};
}

Failure begin_ctr_pull(Machine& machine) {
  const Request& request = machine.request();
  if (Failure failure = refuse_absent_flags(machine)) return failure;
  FetchPlan plan = common_plan(machine);
  const bool transfer = machine.engine() == Engine::kTransfer;
  if (transfer) {
    // All platforms at once are never unpacked; nor is anything in 1.7.24 unless a platform is
    // named.
    plan.unpacker = !request.all_platforms &&
                    (machine.profile().transfer_pull_unpacks || !request.platforms.empty());
  }
  machine.operation().plan = plan;
  machine.then({steps::create_lease(machine), steps::resolve(request.name), steps::CheckUnpacker{},
                steps::FetchTarget{}, steps::store_pulled_image(request.name)});
  if (!transfer) {
    // The stack takes what is performed last first.
    auto& todo = machine.operation().todo;
    todo.insert(todo.begin(), steps::UnpackTarget{});
  }
  return {};
}

Failure begin_pull(Machine& machine) {
  switch (machine.client()) {
    case Client::kCri:
      return begin_cri_pull(machine);
    case Client::kLibrary:
      return begin_library_pull(machine);
    default:
      return begin_ctr_pull(machine);
  }
}

Failure begin_fetch(Machine& machine) {
  const Request& request = machine.request();
  if (Failure failure = refuse_absent_flags(machine)) return failure;
  FetchPlan plan = common_plan(machine);
  if (request.metadata_only) {
    // Documents of all platforms, layers of none: so an image without an index comes as a whole.
    plan.all_metadata = true;
    plan.platforms = {machine.text("none")};
  }
  machine.operation().plan = plan;
  machine.then({steps::create_lease(machine), steps::resolve(request.name), steps::FetchTarget{},
                steps::store_pulled_image(request.name)});
  return {};
}

constexpr std::array kPullParameters{
    only(kCtrAndLibrary, kLocal),
    only(kCtrAndLibrary, kPlatformList),
    only(kCtrAndLibrary, kAllPlatforms),
    only(kCtrAndLibrary, kSnapshotterName),
    only(kCtrAndLibrary, flag("all_metadata", &Request::all_metadata,
                              "1.x: manifests and configs of every platform, too")),
    only(kCtrOnly, flag("skip_metadata", &Request::skip_metadata,
                        "2.x: no manifests and configs of other platforms")),
    only(kLibraryOnly, flag("discard_unpacked_layers", &Request::discard_unpacked_layers,
                            "WithChildLabelMap(ChildGCLabelsFilterLayers)")),
    only(kLibraryOnly, flag("no_unpack", &Request::no_unpack, "do not unpack")),
    only(kLibraryOnly, parsed(list("and", ParameterType::kReferences, &Request::names,
                                   "by the transfer service: further names (WithExtraReference)"))),
    only(kLibraryOnly,
         flag("digests", &Request::digests,
              "by the transfer service: also REPOSITORY@DIGEST (WithDigestRef), which "
              "is stored from 2.2 on")),
    only(kCtrAndLibrary, labels("labels of the image record")),
};

constexpr std::array kFetchParameters{
    kPlatformList,
    kAllPlatforms,
    flag("all_metadata", &Request::all_metadata,
         "1.x: manifests and configs of every platform, too"),
    flag("skip_metadata", &Request::skip_metadata,
         "2.x: no manifests and configs of other platforms"),
    flag("metadata_only", &Request::metadata_only,
         "of an index: manifests and configs only, no layers"),
    labels("labels of the image record"),
};

}  // namespace

Steps steps::pull_by_cri(Machine& machine, StringId given) {
  const StringId reference = cri_reference(machine.catalog(), given);
  FetchPlan plan = common_plan(machine);
  plan.all_metadata = false;
  plan.unpacker = true;
  plan.one_manifest = machine.engine() == Engine::kLocal;
  plan.discard =
      machine.engine() == Engine::kLocal && machine.node().policy->cri.discard_unpacked_layers;
  machine.operation().plan = plan;
  return {create_lease(machine),
          resolve(reference),
          CheckUnpacker{},
          FetchTarget{},
          store_pulled_image(reference),
          UnpackConverted{reference},
          delete_lease(),
          store_cri_records(reference)};
}

const OperationType kPull{
    .name = "pull",
    .help = "pulls an image: by ctr, by CRI (PullImage), or by the client library (client.Pull)",
    .subject =
        parsed(text("pull", ParameterType::kReference, &Request::name, "the image's reference")),
    .parameters = kPullParameters,
    .clients = kPullClients,
    .transfers = true,
    .begin = begin_pull,
};

const OperationType kFetchContent{
    .name = "fetch",
    .help = "ctr content fetch: every missing blob of an image, without unpacking",
    .subject =
        parsed(text("fetch", ParameterType::kReference, &Request::name, "the image's reference")),
    .parameters = kFetchParameters,
    .clients = kCtrOnly,
    .begin = begin_fetch,
};

}  // namespace sweepcheck
