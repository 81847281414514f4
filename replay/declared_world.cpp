#include "replay/declared_world.hpp"

#include <algorithm>

namespace sweepcheck {
namespace {

Archive declared_archive(const Scenario& scenario, const ScenarioArchive& declared,
                         Catalog& catalog) {
  std::vector<BlobId> members;
  for (const auto& [name, image] : declared.images) {
    for (const ImageBlob& blob : scenario.images.at(image).blobs) {
      const bool left_out = std::find(declared.without.begin(), declared.without.end(),
                                      blob.alias) != declared.without.end();
      // A docker archive holds configs and layers; its manifests are generated.
      const bool generated = declared.format == ArchiveFormat::kDocker && blob.children.size() > 0;
      if (left_out || generated || !blob.present) continue;
      members.push_back(catalog.find_blob(catalog.intern(blob.digest)));
    }
  }
  Archive archive = make_archive(catalog, catalog.intern(declared.name), std::move(members));
  archive.format = declared.format;
  for (const auto& [name, image] : declared.images) {
    const StringId target = catalog.intern(scenario.images.at(image).target().digest);
    archive.images.emplace_back(name.empty() ? kNone<StringId> : catalog.intern(name),
                                catalog.find_blob(target));
  }
  return archive;
}

}  // namespace

void declare_registries(const Scenario& scenario, World& world) {
  Catalog& catalog = world.catalog();
  for (const ScenarioRegistry& declared : scenario.registries) {
    Registry registry;
    registry.host = catalog.intern(declared.host);
    registry.descriptor_cache = declared.descriptor_cache;
    RegistryApi api(catalog, registry);
    for (const auto& [reference, image] : declared.images) {
      const ReferenceParts parts =
          split_reference(catalog, catalog.intern(declared.host + "/" + reference));
      const StringId digest = catalog.intern(scenario.images.at(image).target().digest);
      api.seed(parts.repository, parts.tag, catalog.find_blob(digest));
    }
    world.registries.push_back(std::move(registry));
  }
}

void declare_archives(const Scenario& scenario, World& world) {
  for (const ScenarioArchive& declared : scenario.archives) {
    world.archives.push_back(declared_archive(scenario, declared, world.catalog()));
  }
}

}  // namespace sweepcheck
