// Push (remotes/handlers.go PushContent, remotes/docker/pusher.go, core/transfer/local/push.go;
// facts 8). A blob is read locally only if the registry neither has it nor can mount it.
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

struct Target {
  Registry* registry = nullptr;
  ReferenceParts parts;
};

StringId destination(const Request& request) {
  return request.to == kNone<StringId> ? request.name : request.to;
}

Failure find_target(Machine& machine, Target& target) {
  target.parts = split_reference(machine.catalog(), destination(machine.request()));
  target.registry = machine.world().find_registry(target.parts.host);
  if (target.registry && target.registry->available) return {};
  return {ErrorClass::kUnavailable, Message::kRegistryDown, target.parts.host};
}

std::size_t common_components(std::string_view a, std::string_view b) {
  std::size_t same = 0;
  std::size_t components = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) {
    if (a[same] == '/') ++components;
    ++same;
  }
  return components;
}

constexpr std::uint32_t kNoSource = 0xffffffffU;

// The repositories that a blob was fetched from, by the host of the push (the port is not part of
// it): its own source label, else what its parent has.
std::uint32_t source_of(Machine& machine, StringId digest, std::uint32_t inherited) {
  Catalog& catalog = machine.catalog();
  const Metadata metadata = machine.metadata();
  const StringId host = split_reference(catalog, destination(machine.request())).host;
  const StringId own = metadata.label(metadata.content(digest), steps::source_label(catalog, host));
  return own == kNone<StringId> ? inherited : index_of(own);
}

// The repository to mount from: of a source label's, the one closest to the target's, but not it.
StringId mount_source(Machine& machine, const Step& step, const ReferenceParts& parts) {
  if (step.b == kNoSource) return kNone<StringId>;
  Catalog& catalog = machine.catalog();
  const std::string& own = catalog.text(parts.repository);
  const std::string_view all = catalog.text(static_cast<StringId>(step.b));
  std::string_view best;
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t comma = std::min(all.find(',', at), all.size());
    const std::string_view repository = all.substr(at, comma - at);
    at = comma + 1;
    if (repository == own || repository.empty()) continue;
    if (best.empty() || common_components(repository, own) >= common_components(best, own)) {
      best = repository;
    }
  }
  return best.empty() ? kNone<StringId> : catalog.intern(best);
}

Failure perform_put_blob(Machine& machine, const Step& step) {
  Target target;
  if (Failure failure = find_target(machine, target)) return failure;
  const Metadata metadata = machine.metadata();
  if (!metadata.has(metadata.content(step.subject))) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, step.subject};
  }
  if (is_on(Mutant::kUploadLost)) return {};
  RegistryApi(machine.catalog(), *target.registry).put_blob(target.parts.repository, step.subject);
  return {};
}
constexpr StepType kPutBlob{"put blob", true, perform_put_blob};

Failure perform_post_upload(Machine& machine, const Step& step) {
  Target target;
  if (Failure failure = find_target(machine, target)) return failure;
  const StringId from = mount_source(machine, step, target.parts);
  RegistryApi api(machine.catalog(), *target.registry);
  if (!api.mount(target.parts.repository, step.subject, from)) {
    machine.then({Step{&kPutBlob, step.subject, step.a}});
  }
  return {};
}
constexpr StepType kPostUpload{"post upload", true, perform_post_upload};

Failure perform_head_blob(Machine& machine, const Step& step) {
  Target target;
  if (Failure failure = find_target(machine, target)) return failure;
  RegistryApi api(machine.catalog(), *target.registry);
  const bool found = api.blob("HEAD", target.parts.repository, step.subject);
  if (is_on(Mutant::kHeadFindsAll) && !found) return {};
  if (!found || is_on(Mutant::kHeadFindsNone)) {
    machine.then({Step{&kPostUpload, step.subject, step.a, step.b}});
  }
  return {};
}
constexpr StepType kHeadBlob{"head blob", true, perform_head_blob};

// The top of the image goes under the reference's tag; `b` is 1 for it.
StringId manifest_reference(Machine& machine, const Step& step) {
  const ReferenceParts parts = split_reference(machine.catalog(), destination(machine.request()));
  return step.b == 1 && parts.object() != kNone<StringId> ? parts.object() : step.subject;
}

Failure perform_put_manifest(Machine& machine, const Step& step) {
  Target target;
  if (Failure failure = find_target(machine, target)) return failure;
  const StringId reference = manifest_reference(machine, step);
  RegistryApi api(machine.catalog(), *target.registry);
  if (api.put_manifest(target.parts.repository, reference, static_cast<BlobId>(step.a))) return {};
  return {ErrorClass::kUnknown, Message::kManifestBlobsMissing, step.subject};
}
constexpr StepType kPutManifest{"put manifest", true, perform_put_manifest};

Failure perform_head_manifest(Machine& machine, const Step& step) {
  Target target;
  if (Failure failure = find_target(machine, target)) return failure;
  RegistryApi api(machine.catalog(), *target.registry);
  const StringId reference = manifest_reference(machine, step);
  const BlobId found = api.manifest("HEAD", target.parts.repository, reference);
  if (is_on(Mutant::kManifestNotPut)) return {};
  if (found != static_cast<BlobId>(step.a)) {
    machine.then({Step{&kPutManifest, step.subject, step.a, step.b}});
  }
  return {};
}
constexpr StepType kHeadManifest{"head manifest", true, perform_head_manifest};

// Collects the requests of a tree: blobs in the order of the walk, then manifests, then indexes.
// From 1.7 on a blob without a source label has its parent's source, up to the top.
class Walk {
 public:
  explicit Walk(Machine& machine) : machine_(machine) {}

  Failure visit(BlobId id, std::uint32_t inherited = kNoSource) {
    Catalog& catalog = machine_.catalog();
    const Request& request = machine_.request();
    const Blob& blob = catalog.blob(id);
    if (!holds(catalog, machine_.node().state, request.space, id)) {
      return {ErrorClass::kNotFound, Message::kContentNotFound, blob.digest};
    }
    const bool inherits = !machine_.profile().push_requires_local_children;
    const std::uint32_t source = inherits ? source_of(machine_, blob.digest, inherited) : kNoSource;
    if (blob.media == MediaClass::kIndex) {
      const bool filtered = machine_.engine() == Engine::kTransfer;
      const auto platforms =
          filtered ? std::span<const StringId>(request.platforms) : std::span<const StringId>();
      for (const BlobChild& child : select_children(catalog, blob, platforms, false, true)) {
        if (Failure failure = visit(child.blob, source)) return failure;
      }
      indexes_.push_back({&kHeadManifest, blob.digest, index_of(id)});
      return {};
    }
    if (Failure failure = visit_blobs(blob, source)) return failure;
    manifests_.push_back({&kHeadManifest, blob.digest, index_of(id)});
    return {};
  }

  Steps steps(BlobId top) {
    Steps all = blobs_;
    all.insert(all.end(), manifests_.begin(), manifests_.end());
    all.insert(all.end(), indexes_.begin(), indexes_.end());
    for (Step& step : all) {
      if (step.type == &kHeadManifest && step.a == index_of(top)) step.b = 1;
    }
    return all;
  }

  /// Blobs that two manifests share and that would inherit another source from each: containerd
  /// walks manifests side by side, and the first of them decides. Here the first in the index does.
  std::uint32_t undecided_count() const { return undecided_count_; }

 private:
  Failure visit_blobs(const Blob& manifest, std::uint32_t inherited) {
    Catalog& catalog = machine_.catalog();
    const Request& request = machine_.request();
    const bool skips_foreign =
        machine_.engine() == Engine::kLocal && !request.allow_non_distributable;
    for (const BlobChild& child : manifest.children) {
      const Blob& part = catalog.blob(child.blob);
      // 1.6.20 looks every child up before it asks the registry for anything.
      if ((machine_.profile().push_requires_local_children || is_on(Mutant::kPushNeedsAllLayers)) &&
          !holds(catalog, machine_.node().state, request.space, child.blob)) {
        return {ErrorClass::kNotFound, Message::kContentNotFound, part.digest};
      }
      if (skips_foreign && part.media == MediaClass::kForeignLayer) continue;
      const Step step{&kHeadBlob, part.digest, index_of(child.blob),
                      source_of(machine_, part.digest, inherited)};
      const auto known = std::find_if(blobs_.begin(), blobs_.end(),
                                      [&](const Step& other) { return other.a == step.a; });
      if (known == blobs_.end()) {
        blobs_.push_back(step);
      } else if (known->b != step.b) {
        ++undecided_count_;
      }
    }
    return {};
  }

  Machine& machine_;
  Steps blobs_, manifests_, indexes_;
  std::uint32_t undecided_count_ = 0;
};

// The client puts the target's digest behind the name before it looks at either, so a name without
// a host always has what is no port.
Failure refuse_hostless(Machine& machine, BlobId target) {
  Catalog& catalog = machine.catalog();
  StringId to = destination(machine.request());
  if (catalog.text(to).find('@') == std::string::npos) {
    const StringId digest = catalog.blob(target).digest;
    to = catalog.derived(Derived::kAtDigest, index_of(to), index_of(digest),
                         [&] { return catalog.text(to) + "@" + catalog.text(digest); });
  }
  const StringId port = steps::invalid_port(catalog, to);
  if (port == kNone<StringId>) return {};
  return {ErrorClass::kUnknown, Message::kInvalidPort, to, port};
}

Failure perform_walk(Machine& machine, const Step& step) {
  const Request& request = machine.request();
  BlobId target = steps::target_of(machine, request.space, step.subject);
  if (target == kNone<BlobId>) {
    return {ErrorClass::kNotFound, Message::kImageNotFound, step.subject};
  }
  if (!request.platforms.empty() && machine.engine() == Engine::kLocal) {
    // The local path pushes the platform's manifest itself, so the tag points to a manifest.
    target = manifest_for(machine.catalog(), machine.node().state, request.space, target,
                          request.platforms.front());
    if (target == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoManifestForPlatform};
  }
  if (Failure failure = refuse_hostless(machine, target)) return failure;
  machine.operation().target = target;
  Walk walk(machine);
  if (Failure failure = walk.visit(target)) return failure;
  machine.operation().counter = walk.undecided_count();
  machine.then(walk.steps(target));
  return {};
}
constexpr StepType kWalk{"walk image", true, perform_walk};

Failure begin_push(Machine& machine) {
  if (machine.request().local && !machine.profile().ctr_engine_selectable) {
    return flag_not_defined(machine, "local");
  }
  Steps out;
  if (machine.engine() == Engine::kTransfer) out.push_back(steps::create_lease(machine));
  out.push_back({&kWalk, machine.request().name});
  machine.then(out);
  return {};
}

constexpr std::array kParameters{
    text("to", ParameterType::kReference, &Request::to,
         "where to push it; default: the image's own reference"),
    kLocal,
    kPlatformList,
    flag("allow_non_distributable", &Request::allow_non_distributable,
         "local: push non-distributable layers, too"),
};

}  // namespace

const OperationType kPush{
    .name = "push",
    .help = "ctr images push: uploads what the registry neither has nor can mount",
    .subject = text("push", ParameterType::kReference, &Request::name, "the image's reference"),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .transfers = true,
    .begin = begin_push,
};

}  // namespace sweepcheck
