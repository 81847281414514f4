// What a registry's operator does: deletions, garbage collection, outages.
#include "model/operations/types.hpp"

namespace sweepcheck {
namespace {

Failure registry_of(Machine& machine, StringId host, Registry*& registry) {
  registry = machine.world().find_registry(host);
  if (registry) return {};
  return {ErrorClass::kUnavailable, Message::kRegistryDown, host};
}

template <Failure (*act)(Machine&, Registry&, const ReferenceParts&)>
Failure perform_on_reference(Machine& machine, const Step& step) {
  const ReferenceParts parts = split_reference(machine.catalog(), step.subject);
  Registry* registry = nullptr;
  if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
  return act(machine, *registry, parts);
}

template <void (*act)(Machine&, Registry&)>
Failure perform_on_host(Machine& machine, const Step& step) {
  Registry* registry = nullptr;
  if (Failure failure = registry_of(machine, step.subject, registry)) return failure;
  act(machine, *registry);
  return {};
}

Failure unknown(const Machine&, StringId what) {
  return {ErrorClass::kNotFound, Message::kManifestUnknown, what};
}

Failure delete_tag(Machine& machine, Registry& registry, const ReferenceParts& parts) {
  RegistryApi api(machine.catalog(), registry);
  return api.delete_tag(parts.repository, parts.tag) ? Failure{} : unknown(machine, parts.tag);
}
constexpr StepType kDeleteTagStep{"delete tag", true, perform_on_reference<delete_tag>};

// By tag or by digest: clients resolve a tag first, then delete the digest.
Failure delete_manifest(Machine& machine, Registry& registry, const ReferenceParts& parts) {
  // Tags and repositories are deleted in its storage, a manifest by a request.
  if (!registry.available) return {ErrorClass::kUnavailable, Message::kRegistryDown, parts.host};
  RegistryApi api(machine.catalog(), registry);
  StringId digest = parts.digest;
  if (digest == kNone<StringId>) {
    const BlobId found = api.find_manifest(parts.repository, parts.tag);
    if (found == kNone<BlobId>) return unknown(machine, parts.tag);
    digest = machine.catalog().blob(found).digest;
  }
  return api.delete_manifest(parts.repository, digest) ? Failure{} : unknown(machine, digest);
}
constexpr StepType kDeleteManifestStep{"delete manifest", true,
                                       perform_on_reference<delete_manifest>};

Failure delete_repository(Machine& machine, Registry& registry, const ReferenceParts& parts) {
  RegistryApi api(machine.catalog(), registry);
  return api.delete_repository(parts.repository) ? Failure{} : unknown(machine, parts.repository);
}
constexpr StepType kDeleteRepositoryStep{"delete repository", true,
                                         perform_on_reference<delete_repository>};

void collect(Machine& machine, Registry& registry) {
  RegistryApi api(machine.catalog(), registry);
  api.garbage_collect(machine.request().delete_untagged);
}
constexpr StepType kCollectStep{"collect registry", true, perform_on_host<collect>};

void stop(Machine&, Registry& registry) { registry.available = false; }
constexpr StepType kStopStep{"stop registry", true, perform_on_host<stop>};

void start(Machine& machine, Registry& registry) {
  registry.available = true;
  RegistryApi(machine.catalog(), registry).restart();
}
constexpr StepType kStartStep{"start registry", true, perform_on_host<start>};

// Somebody else pushes an image: it is simply there afterwards.
Failure perform_seed(Machine& machine, const Step& step) {
  const ReferenceParts parts = split_reference(machine.catalog(), step.subject);
  Registry* registry = nullptr;
  if (Failure failure = registry_of(machine, parts.host, registry)) return failure;
  const BlobId image = machine.catalog().find_blob(machine.request().image);
  if (image == kNone<BlobId>) return unknown(machine, machine.request().image);
  RegistryApi(machine.catalog(), *registry).seed(parts.repository, parts.tag, image);
  return {};
}
constexpr StepType kSeedStep{"seed registry", true, perform_seed};

template <const StepType& type>
Failure begin_one(Machine& machine) {
  machine.then({Step{&type, machine.request().name}});
  return {};
}

constexpr std::array kSeedParameters{
    text("image", ParameterType::kObject, &Request::image,
         "the image's target: manifest:NAME or index:NAME", true),
};
constexpr std::array kCollectParameters{
    flag("delete_untagged", &Request::delete_untagged, "--delete-untagged"),
};

constexpr Parameter reference(std::string_view verb) {
  return text(verb, ParameterType::kReference, &Request::name, "host/repository:tag");
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
    .begin = begin_one<kSeedStep>,
};
const OperationType kDeleteTag{
    .name = "delete-tag",
    .help = "a registry's operator deletes a tag",
    .place = Place::kRegistry,
    .subject = reference("delete-tag"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<kDeleteTagStep>,
};
const OperationType kDeleteManifest{
    .name = "delete-manifest",
    .help = "DELETE of a manifest: its revision and the tags that point to it",
    .place = Place::kRegistry,
    .subject = reference("delete-manifest"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<kDeleteManifestStep>,
};
const OperationType kDeleteRepository{
    .name = "delete-repository",
    .help = "a registry's operator deletes a whole repository",
    .place = Place::kRegistry,
    .subject =
        text("delete-repository", ParameterType::kReference, &Request::name, "host/repository"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<kDeleteRepositoryStep>,
};
const OperationType kCollectRegistry{
    .name = "collect-registry",
    .help = "registry garbage-collect [--delete-untagged]",
    .place = Place::kRegistry,
    .subject = host("collect-registry"),
    .parameters = kCollectParameters,
    .clients = {},
    .begin = begin_one<kCollectStep>,
};
const OperationType kStopRegistry{
    .name = "stop-registry",
    .help = "a registry becomes unavailable",
    .place = Place::kRegistry,
    .subject = host("stop-registry"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<kStopStep>,
};
const OperationType kStartRegistry{
    .name = "start-registry",
    .help = "a registry is available again, with an empty cache",
    .place = Place::kRegistry,
    .subject = host("start-registry"),
    .parameters = {},
    .clients = {},
    .begin = begin_one<kStartStep>,
};

}  // namespace sweepcheck
