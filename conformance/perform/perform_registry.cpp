// What a registry's operator does.
#include "conformance/perform/performer.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

// "host/repository:tag" in its parts; a digest stands where the tag would.
struct Reference {
  std::string host;
  std::string repository;
  std::string tag;
  std::string digest;
};

Reference split(const std::string& text) {
  Reference out;
  const std::size_t slash = text.find('/');
  out.host = text.substr(0, slash);
  if (slash == std::string::npos) return out;
  out.repository = text.substr(slash + 1);
  if (const std::size_t at = out.repository.find('@'); at != std::string::npos) {
    out.digest = out.repository.substr(at + 1);
    out.repository.resize(at);
  }
  if (const std::size_t colon = out.repository.rfind(':'); colon != std::string::npos) {
    out.tag = out.repository.substr(colon + 1);
    out.repository.resize(colon);
  }
  return out;
}

Outcome not_found() { return {.failed = true, .error = "not found"}; }

}  // namespace

Outcome Performer::seed_registry(const ScenarioStep&, const Arguments& arguments) {
  const Reference to = split(arguments.subject());
  RegistryServer* registry = rig_.registry(to.host);
  const std::string target = arguments.text("image");
  for (const auto& [name, image] : rig_.images().images) {
    if (image.target().digest != target) continue;
    std::vector<std::string> manifests;
    std::vector<std::string> others;
    for (const ImageBlob& blob : image.blobs) {
      const bool lists = has_children(classify_media_type(blob.media_type));
      (lists ? manifests : others).push_back(blob.digest);
    }
    auto fault = registry->seed(to.repository, manifests, others, rig_.images().bytes);
    if (!fault) fault = registry->seed_tag(to.repository, to.tag, target);
    return {.fault = fault.value_or("")};
  }
  return {.obstacle = "only whole declared images can be seeded"};
}

Outcome Performer::delete_tag(const ScenarioStep&, const Arguments& arguments) {
  const Reference of = split(arguments.subject());
  return rig_.registry(of.host)->delete_tag(of.repository, of.tag) ? Outcome{} : not_found();
}

Outcome Performer::delete_manifest(const ScenarioStep&, const Arguments& arguments) {
  const Reference of = split(arguments.subject());
  RegistryServer& registry = *rig_.registry(of.host);
  const std::string digest =
      of.digest.empty() ? registry.find_tag(of.repository, of.tag) : of.digest;
  if (digest.empty()) return not_found();
  const auto status = registry.delete_manifest(of.repository, digest);
  return status == 202 ? Outcome{} : not_found();
}

Outcome Performer::delete_repository(const ScenarioStep&, const Arguments& arguments) {
  const Reference of = split(arguments.subject());
  return rig_.registry(of.host)->delete_repository(of.repository) ? Outcome{} : not_found();
}

Outcome Performer::collect_registry(const ScenarioStep&, const Arguments& arguments) {
  RegistryServer& registry = *rig_.registry(arguments.subject());
  if (auto fault = registry.collect(arguments.flag("delete_untagged"))) return {.fault = *fault};
  return {};
}

Outcome Performer::stop_registry(const ScenarioStep&, const Arguments& arguments) {
  rig_.registry(arguments.subject())->stop();
  return {};
}

Outcome Performer::start_registry(const ScenarioStep&, const Arguments& arguments) {
  RegistryServer* registry = rig_.registry(arguments.subject());
  // One that runs is restarted, so that its cache is empty.
  registry->stop();
  if (auto fault = registry->start()) return {.fault = *fault};
  return {};
}

}  // namespace sweepcheck
