#include "replay/dump.hpp"

#include <nlohmann/json.hpp>

#include "model/graph/graphviz.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::json;  // keys in the order of their names

Json object_of(const TextPairs& pairs) {
  Json out = Json::object();
  for (const auto& [key, value] : pairs) out[key] = value;
  return out;
}

Json files_of(const std::vector<StoreFile>& files, const char* name) {
  Json out = Json::array();
  for (const StoreFile& file : files) {
    out.push_back({{"namespace", file.space}, {name, file.name}, {"bytes", file.bytes}});
  }
  return out;
}

Json dump_node(const Catalog& catalog, const Node& node) {
  const NodeStore store = store_of(catalog, node.state);
  Json json{{"profile", node.profile->name},
            {"running", node.running},
            {"namespaces", Json::object()},
            {"disk",
             {{"blobs", store.blob_files},
              {"ingests", files_of(store.ingest_files, "ref")},
              {"snapshots", files_of(store.snapshot_directories, "name")}}}};
  for (const StoreRecord& record : store.records) {
    Json& space = json["namespaces"][record.space];
    if (record.kind == kind_name(ObjectKind::kNamespace)) {
      space["labels"] = object_of(record.labels);
      continue;
    }
    Json& out = space[record.kind][record.name];
    out = object_of(record.fields);
    out["labels"] = object_of(record.labels);
    if (!record.resources.empty()) out["resources"] = record.resources;
    if (record.size_bytes) out["size_bytes"] = *record.size_bytes;
    if (record.running) out["running"] = true;
  }
  return json;
}

Json dump_registry(const Catalog& catalog, const Registry& registry) {
  const RegistryStore store = store_of(catalog, registry);
  Json json{
      {"available", registry.available}, {"blobs", store.blobs}, {"repositories", Json::object()}};
  for (const auto& [name, repository] : store.repositories) {
    Json& out = json["repositories"][name];
    if (!repository.tags.empty()) out["tags"] = object_of(repository.tags);
    if (!repository.layers.empty()) out["blobs"] = repository.layers;
    if (!repository.manifests.empty()) out["manifests"] = repository.manifests;
  }
  return json;
}

}  // namespace

std::string dump_json(const World& world) {
  const Catalog& catalog = world.catalog();
  Json json{{"schema_version", 1},
            {"time", format_rfc3339(world.now)},
            {"nodes", Json::object()},
            {"registries", Json::object()}};
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    json["nodes"][catalog.text(world.node_names[i])] = dump_node(catalog, world.nodes[i]);
  }
  for (const Registry& registry : world.registries) {
    json["registries"][catalog.text(registry.host)] = dump_registry(catalog, registry);
  }
  return json.dump(2) + "\n";
}

std::string dump_dot(const World& world, std::string_view node_name) {
  std::string out;
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const Node& node = world.nodes[i];
    const std::string& name = world.catalog().text(world.node_names[i]);
    if (!node_name.empty() && name != node_name) continue;
    const std::string title =
        name + ", " + std::string(node.profile->name) + ", " + format_rfc3339(world.now);
    out += live_graph_dot(world.catalog(), *node.profile, node.state, world.now, title);
  }
  return out;
}

}  // namespace sweepcheck
