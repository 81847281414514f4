// Push (remotes/handlers.go PushContent, remotes/docker/pusher.go, core/transfer/local/push.go). A
// blob is read locally only if the registry neither has it nor can mount it.
#include <algorithm>

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {
namespace {

struct Target {
  Registry* registry = nullptr;
  ReferenceParts parts;
};

StringId destination(const Request& request) {
  return request.to == kNone<StringId> ? request.name : request.to;
}

ReferenceParts destination_parts(Machine& machine) {
  return split_reference(machine.catalog(), destination(machine.request()));
}

Failure find_target(Machine& machine, Target& target) {
  target.parts = destination_parts(machine);
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

// The repositories that a blob was fetched from, by the host of the push (the port is not part of
// it): its own source label, else what its parent has.
StringId source_of(Machine& machine, StringId digest, StringId inherited) {
  Catalog& catalog = machine.catalog();
  const Metadata metadata = machine.metadata();
  const StringId host = destination_parts(machine).host;
  const StringId own = metadata.label(metadata.content(digest), source_label(catalog, host));
  return own == kNone<StringId> ? inherited : own;
}

// The repository to mount from: of a source label's, the one closest to the target's, but not it.
StringId mount_source(Catalog& catalog, StringId sources, StringId target) {
  if (sources == kNone<StringId>) return kNone<StringId>;
  const std::string& own = catalog.text(target);
  const std::string_view all = catalog.text(sources);
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

}  // namespace

struct PutBlob {
  static constexpr StepName kName = atomic("put blob");
  BlobId blob;

  Failure perform(Machine& machine) const {
    Target target;
    if (Failure failure = find_target(machine, target)) return failure;
    const Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(blob).digest;
    if (!metadata.has(metadata.content(digest))) {
      return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
    }
    if (is_on(Mutant::kUploadLost)) return {};
    RegistryApi(machine.catalog(), *target.registry).put_blob(target.parts.repository, digest);
    return {};
  }
  void touches(StepTouches& touches) const {
    const ReferenceParts parts = destination_parts(touches.machine());
    touches.read_content(blob);
    touches.put_blob(parts.host, parts.repository, touches.machine().blob(blob).digest);
  }
};
template struct DefinedStep<PutBlob>;

struct PostUpload {
  static constexpr StepName kName = atomic("post upload");
  BlobId blob;
  /// The repositories that it was fetched from, as a source label has them; or kNone.
  StringId sources;

  Failure perform(Machine& machine) const {
    Target target;
    if (Failure failure = find_target(machine, target)) return failure;
    const StringId repository = target.parts.repository;
    const StringId from = mount_source(machine.catalog(), sources, repository);
    RegistryApi api(machine.catalog(), *target.registry);
    if (!api.mount(repository, machine.blob(blob).digest, from)) machine.then({PutBlob{blob}});
    return {};
  }
  void touches(StepTouches& touches) const {
    Catalog& catalog = touches.machine().catalog();
    const ReferenceParts parts = destination_parts(touches.machine());
    touches.mount(parts.host, parts.repository, catalog.blob(blob).digest,
                  mount_source(catalog, sources, parts.repository));
  }
};
template struct DefinedStep<PostUpload>;

struct HeadBlob {
  static constexpr StepName kName = atomic("head blob");
  BlobId blob;
  /// Of PostUpload.
  StringId sources;

  Failure perform(Machine& machine) const {
    Target target;
    if (Failure failure = find_target(machine, target)) return failure;
    RegistryApi api(machine.catalog(), *target.registry);
    const bool found = api.blob("HEAD", target.parts.repository, machine.blob(blob).digest);
    if (is_on(Mutant::kHeadFindsAll) && !found) return {};
    if (!found || is_on(Mutant::kHeadFindsNone)) machine.then({PostUpload{blob, sources}});
    return {};
  }
  void touches(StepTouches& touches) const {
    const ReferenceParts parts = destination_parts(touches.machine());
    touches.blob(parts.host, parts.repository, touches.machine().blob(blob).digest);
  }
};
template struct DefinedStep<HeadBlob>;

// The top of the image goes under the reference's tag, what is below it under its digest.
static StringId manifest_reference(Machine& machine, BlobId manifest, bool is_top) {
  const StringId object = destination_parts(machine).object();
  return is_top && object != kNone<StringId> ? object : machine.blob(manifest).digest;
}

struct PutManifest {
  static constexpr StepName kName = atomic("put manifest");
  BlobId manifest;
  WideBool is_top;

  Failure perform(Machine& machine) const {
    Target target;
    if (Failure failure = find_target(machine, target)) return failure;
    const StringId reference = manifest_reference(machine, manifest, is_top);
    RegistryApi api(machine.catalog(), *target.registry);
    if (api.put_manifest(target.parts.repository, reference, manifest)) return {};
    return {ErrorClass::kUnknown, Message::kManifestBlobsMissing, machine.blob(manifest).digest};
  }
  void touches(StepTouches& touches) const {
    const ReferenceParts parts = destination_parts(touches.machine());
    touches.put_manifest(parts.host, parts.repository,
                         manifest_reference(touches.machine(), manifest, is_top), manifest);
  }
};
template struct DefinedStep<PutManifest>;

struct HeadManifest {
  static constexpr StepName kName = atomic("head manifest");
  BlobId manifest;
  WideBool is_top;

  Failure perform(Machine& machine) const {
    Target target;
    if (Failure failure = find_target(machine, target)) return failure;
    const StringId reference = manifest_reference(machine, manifest, is_top);
    RegistryApi api(machine.catalog(), *target.registry);
    const BlobId found = api.manifest("HEAD", target.parts.repository, reference);
    if (is_on(Mutant::kManifestNotPut)) return {};
    if (found != manifest) machine.then({PutManifest{manifest, is_top}});
    return {};
  }
  void touches(StepTouches& touches) const {
    const ReferenceParts parts = destination_parts(touches.machine());
    touches.manifest(parts.host, parts.repository,
                     manifest_reference(touches.machine(), manifest, is_top));
  }
};
template struct DefinedStep<HeadManifest>;

namespace {

// Collects the requests of a tree: blobs in the order of the walk, then manifests, then indexes.
// From 1.7 on a blob without a source label has its parent's source, up to the top.
class Walk {
 public:
  Walk(Machine& machine, BlobId top) : machine_(machine), top_(top) {}

  Failure visit(BlobId id, StringId inherited = kNone<StringId>) {
    Catalog& catalog = machine_.catalog();
    const Request& request = machine_.request();
    const Blob& blob = catalog.blob(id);
    if (!holds(catalog, machine_.node().state, request.space, id)) {
      return {ErrorClass::kNotFound, Message::kContentNotFound, blob.digest};
    }
    const bool inherits = !machine_.profile().push_requires_local_children;
    const StringId source =
        inherits ? source_of(machine_, blob.digest, inherited) : kNone<StringId>;
    if (blob.media == MediaClass::kIndex) {
      const bool filtered = machine_.engine() == Engine::kTransfer;
      const auto platforms =
          filtered ? std::span<const StringId>(request.platforms) : std::span<const StringId>();
      for (const BlobChild& child : select_children(catalog, blob, platforms, false, true)) {
        if (Failure failure = visit(child.blob, source)) return failure;
      }
      indexes_.push_back(HeadManifest{.manifest = id, .is_top = id == top_});
      return {};
    }
    if (Failure failure = visit_blobs(blob, source)) return failure;
    manifests_.push_back(HeadManifest{.manifest = id, .is_top = id == top_});
    return {};
  }

  Steps steps() const {
    Steps all(blobs_.begin(), blobs_.end());
    all.insert(all.end(), manifests_.begin(), manifests_.end());
    all.insert(all.end(), indexes_.begin(), indexes_.end());
    return all;
  }

  /// Blobs that two manifests share and that would inherit another source from each: containerd
  /// walks manifests side by side, and the first of them decides. Here the first in the index does.
  std::uint32_t undecided_count() const { return undecided_count_; }

 private:
  Failure visit_blobs(const Blob& manifest, StringId inherited) {
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
      const HeadBlob head{.blob = child.blob,
                          .sources = source_of(machine_, part.digest, inherited)};
      const auto known = std::find_if(blobs_.begin(), blobs_.end(), [&](const HeadBlob& other) {
        return other.blob == head.blob;
      });
      if (known == blobs_.end()) {
        blobs_.push_back(head);
      } else if (known->sources != head.sources) {
        ++undecided_count_;
      }
    }
    return {};
  }

  Machine& machine_;
  const BlobId top_;
  boost::container::small_vector<HeadBlob, 16> blobs_;
  Steps manifests_, indexes_;
  std::uint32_t undecided_count_ = 0;
};

// The client puts the target's digest behind the name before it looks at either, so a name without
// a host always has what is not a port.
Failure refuse_hostless(Machine& machine, BlobId target) {
  Catalog& catalog = machine.catalog();
  StringId to = destination(machine.request());
  if (catalog.text(to).find('@') == std::string::npos) {
    const StringId digest = catalog.blob(target).digest;
    to = catalog.derived(Derived::kAtDigest, index_of(to), index_of(digest),
                         [&] { return catalog.text(to) + "@" + catalog.text(digest); });
  }
  const StringId port = invalid_port(catalog, to);
  if (port == kNone<StringId>) return {};
  return {ErrorClass::kUnknown, Message::kInvalidPort, to, port};
}

}  // namespace

struct WalkImage {
  static constexpr StepName kName = atomic("walk image");
  StringId image;

  Failure perform(Machine& machine) const {
    const Request& request = machine.request();
    BlobId target = target_of(machine, request.space, image);
    if (target == kNone<BlobId>) {
      return {ErrorClass::kNotFound, Message::kImageNotFound, image};
    }
    if (!request.platforms.empty() && machine.engine() == Engine::kLocal) {
      // The local path pushes the platform's manifest itself, so the tag points to a manifest.
      target = manifest_for(machine.catalog(), machine.node().state, request.space, target,
                            request.platforms.front());
      if (target == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoManifestForPlatform};
    }
    if (Failure failure = refuse_hostless(machine, target)) return failure;
    machine.operation().target = target;
    Walk walk(machine, target);
    if (Failure failure = walk.visit(target)) return failure;
    machine.operation().counter = walk.undecided_count();
    machine.then(walk.steps());
    return {};
  }
  // Labels of everything in the image say where it is from.
  void touches(StepTouches& touches) const {
    touches.read_image(image);
    touches.read_content(kNone<StringId>);
  }
};
template struct DefinedStep<WalkImage>;

}  // namespace steps

namespace {

Failure begin_push(Machine& machine) {
  if (machine.request().local && !machine.profile().ctr_engine_selectable) {
    return flag_not_defined(machine, "local");
  }
  Steps out;
  if (machine.engine() == Engine::kTransfer) out.push_back(steps::create_lease(machine));
  out.push_back(steps::WalkImage{machine.request().name});
  machine.then(out);
  return {};
}

constexpr std::array kParameters{
    parsed(text("to", ParameterType::kReference, &Request::to,
                "where to push it; default: the image's own reference")),
    kLocal,
    kPlatformList,
    flag("allow_non_distributable", &Request::allow_non_distributable,
         "local: push non-distributable layers, too"),
};

}  // namespace

const OperationType kPush{
    .name = "push",
    .help = "ctr images push: uploads what the registry neither has nor can mount",
    .subject =
        parsed(text("push", ParameterType::kReference, &Request::name, "the image's reference"),
               ReferenceForm::kParsedWithoutTo),
    .parameters = kParameters,
    .clients = kCtrOnly,
    .transfers = true,
    .begin = begin_push,
};

}  // namespace sweepcheck
