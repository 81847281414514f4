// What a registry's operator does: deletions, garbage collection, outages.
#include "model/operations/define_step.hpp"
#include "model/operations/types.hpp"

namespace sweepcheck {

namespace steps {
namespace {

Failure registry_of(Machine& machine, StringId host, Registry*& registry) {
  registry = machine.world().find_registry(host);
  if (registry) return {};
  return {ErrorClass::kUnavailable, Message::kRegistryDown, host};
}

Failure unknown(StringId what) { return {ErrorClass::kNotFound, Message::kManifestUnknown, what}; }

void change_repository(StepTouches& touches, StringId reference) {
  const ReferenceParts parts = split_reference(touches.machine().catalog(), reference);
  touches.change_repository(parts.host, parts.repository);
}

}  // namespace

struct DeleteTag {
  static constexpr StepName kName = atomic("delete tag");
  StringId reference;

  Failure perform(Machine& machine) const {
    const ReferenceParts parts = split_reference(machine.catalog(), reference);
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
    RegistryApi api(machine.catalog(), *registry);
    return api.delete_tag(parts.repository, parts.tag) ? Failure{} : unknown(parts.tag);
  }
  void touches(StepTouches& touches) const { change_repository(touches, reference); }
};
template struct DefinedStep<DeleteTag>;

// By tag or by digest: clients resolve a tag first, then delete the digest.
struct DeleteManifest {
  static constexpr StepName kName = atomic("delete manifest");
  StringId reference;

  Failure perform(Machine& machine) const {
    const ReferenceParts parts = split_reference(machine.catalog(), reference);
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
    // Tags and repositories are deleted in its storage, a manifest by a request.
    if (!registry->available) {
      return {ErrorClass::kUnavailable, Message::kRegistryDown, parts.host};
    }
    RegistryApi api(machine.catalog(), *registry);
    StringId digest = parts.digest;
    if (digest == kNone<StringId>) {
      const BlobId found = api.find_manifest(parts.repository, parts.tag);
      if (found == kNone<BlobId>) return unknown(parts.tag);
      digest = machine.catalog().blob(found).digest;
    }
    return api.delete_manifest(parts.repository, digest) ? Failure{} : unknown(digest);
  }
  void touches(StepTouches& touches) const { change_repository(touches, reference); }
};
template struct DefinedStep<DeleteManifest>;

struct DeleteRepository {
  static constexpr StepName kName = atomic("delete repository");
  StringId reference;

  Failure perform(Machine& machine) const {
    const ReferenceParts parts = split_reference(machine.catalog(), reference);
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
    RegistryApi api(machine.catalog(), *registry);
    return api.delete_repository(parts.repository) ? Failure{} : unknown(parts.repository);
  }
  void touches(StepTouches& touches) const { change_repository(touches, reference); }
};
template struct DefinedStep<DeleteRepository>;

struct CollectRegistry {
  static constexpr StepName kName = atomic("collect registry");
  StringId host;

  Failure perform(Machine& machine) const {
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, host, registry)) return failure;
    RegistryApi api(machine.catalog(), *registry);
    api.garbage_collect(machine.request().delete_untagged);
    return {};
  }
  void touches(StepTouches& touches) const { touches.change_repository(host, kNone<StringId>); }
};
template struct DefinedStep<CollectRegistry>;

struct StopRegistry {
  static constexpr StepName kName = atomic("stop registry");
  StringId host;

  Failure perform(Machine& machine) const {
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, host, registry)) return failure;
    registry->available = false;
    return {};
  }
  void touches(StepTouches& touches) const { touches.switch_registry(host); }
};
template struct DefinedStep<StopRegistry>;

struct StartRegistry {
  static constexpr StepName kName = atomic("start registry");
  StringId host;

  Failure perform(Machine& machine) const {
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, host, registry)) return failure;
    registry->available = true;
    RegistryApi(machine.catalog(), *registry).restart();
    return {};
  }
  void touches(StepTouches& touches) const { touches.switch_registry(host); }
};
template struct DefinedStep<StartRegistry>;

// Somebody else pushes an image: it is simply there afterwards.
struct SeedRegistry {
  static constexpr StepName kName = atomic("seed registry");
  StringId reference;

  Failure perform(Machine& machine) const {
    const ReferenceParts parts = split_reference(machine.catalog(), reference);
    Registry* registry = nullptr;
    if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
    const BlobId image = machine.catalog().find_blob(machine.request().image);
    if (image == kNone<BlobId>) return unknown(machine.request().image);
    RegistryApi(machine.catalog(), *registry).seed(parts.repository, parts.tag, image);
    return {};
  }
  void touches(StepTouches& touches) const { change_repository(touches, reference); }
};
template struct DefinedStep<SeedRegistry>;

}  // namespace steps

namespace {

template <typename FirstStep>
Failure begin_one(Machine& machine) {
  machine.then({FirstStep{machine.request().name}});
  return {};
}

constexpr std::array kSeedParameters{
    text("image", ParameterType::kObject, &Request::image,
         "the image's target: manifest:NAME or index:NAME", true),
};
constexpr std::array kCollectParameters{
    flag("delete_untagged", &Request::delete_untagged, "--delete-untagged"),
};

constexpr Parameter reference(std::string_view verb, ReferenceForm form = ReferenceForm::kTag) {
  return parsed(text(verb, ParameterType::kReference, &Request::name, "host/repository:tag"), form);
}
constexpr Parameter host(std::string_view verb) {
  return text(verb, ParameterType::kName, &Request::name, "the registry's host");
}

}  // namespace

const OperationType kSeedRegistry{
    .name = "seed-registry",
    .help = "somebody else pushes an image to a registry",
    .place = Place::kRegistry,
    .subject = reference("seed-registry"),
    .parameters = kSeedParameters,
    .clients = {},
    .begin = begin_one<steps::SeedRegistry>,
};
const OperationType kDeleteTag{
    .name = "delete-tag",
    .help = "a registry's operator deletes a tag",
    .place = Place::kRegistry,
    .subject = reference("delete-tag"),
    .parameters = {},
    .clients = {},
    .takes_copies = true,
    .begin = begin_one<steps::DeleteTag>,
};
const OperationType kDeleteManifest{
    .name = "delete-manifest",
    .help = "DELETE of a manifest: its revision and the tags that point to it",
    .place = Place::kRegistry,
    .subject = reference("delete-manifest", ReferenceForm::kManifest),
    .parameters = {},
    .clients = {},
    .takes_copies = true,
    .begin = begin_one<steps::DeleteManifest>,
};
const OperationType kDeleteRepository{
    .name = "delete-repository",
    .help = "a registry's operator deletes a whole repository",
    .place = Place::kRegistry,
    .subject = parsed(
        text("delete-repository", ParameterType::kReference, &Request::name, "host/repository"),
        ReferenceForm::kRepository),
    .parameters = {},
    .clients = {},
    .takes_copies = true,
    .begin = begin_one<steps::DeleteRepository>,
};
const OperationType kCollectRegistry{
    .name = "collect-registry",
    .help = "registry garbage-collect [--delete-untagged]",
    .place = Place::kRegistry,
    .subject = host("collect-registry"),
    .parameters = kCollectParameters,
    .clients = {},
    .takes_copies = true,
    .begin = begin_one<steps::CollectRegistry>,
};
const OperationType kStopRegistry{
    .name = "stop-registry",
    .help = "a registry becomes unavailable",
    .place = Place::kRegistry,
    .subject = host("stop-registry"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<steps::StopRegistry>,
};
const OperationType kStartRegistry{
    .name = "start-registry",
    .help = "a registry is available again, with an empty cache",
    .place = Place::kRegistry,
    .subject = host("start-registry"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<steps::StartRegistry>,
};

}  // namespace sweepcheck
