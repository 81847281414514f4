// The canonical state as JSON: the form in which a model's state and a daemon's can be compared.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "runner/commands.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::json;  // keys in the order of their names

Json labels_of(const Catalog& catalog, const State& state, ObjectId object) {
  Json labels = Json::object();
  catalog.for_each_owned(object, [&](FactId fact) {
    if (!catalog.is_label(fact) || !state.has(fact)) return;
    labels[catalog.text(catalog.label_key(fact))] = catalog.display(catalog.value(fact));
  });
  if (catalog.kind(object) != ObjectKind::kIngest) {
    if (const auto expiry = state.scalar(object, ScalarKind::kExpiry)) {
      labels[std::string(kGcExpire)] = format_rfc3339(*expiry);
    }
  }
  return labels;
}

// What one record is, besides its labels.
void add_fields(const Catalog& catalog, const State& state, ObjectId object, Json& json) {
  Json resources = Json::array();
  catalog.for_each_owned(object, [&](FactId fact) {
    if (!state.has(fact) || catalog.is_label(fact)) return;
    const ObjectId target = catalog.target(fact);
    const std::string name =
        target == kNone<ObjectId> ? std::string() : catalog.display(catalog.key(target).key);
    switch (catalog.meaning(fact)) {
      case Meaning::kTarget:
        json["target"] = name;
        break;
      case Meaning::kParent:
        json["parent"] = name;
        break;
      case Meaning::kSnapshotKind:
        json["kind"] = catalog.text(catalog.value(fact));
        break;
      case Meaning::kContainerSnapshot:
        json["snapshot"] = catalog.text(catalog.key(target).scope) + "/" + name;
        break;
      case Meaning::kContainerImage:
        json["image"] = catalog.display(catalog.value(fact));
        break;
      case Meaning::kRunning:
        json["running"] = true;
        break;
      case Meaning::kIngestExpected:
        json["expected"] = name;
        break;
      case Meaning::kLeaseResource:
        resources.push_back(std::string(kind_name(catalog.kind(target))) + " " + name);
        break;
      default:
        break;
    }
  });
  if (!resources.empty()) {
    std::sort(resources.begin(), resources.end());
    json["resources"] = resources;
  }
  if (catalog.kind(object) == ObjectKind::kContent && catalog.blob_of(object) != kNone<BlobId>) {
    json["size_bytes"] = catalog.blob(catalog.blob_of(object)).size_bytes;
  }
  if (catalog.kind(object) == ObjectKind::kIngest) {
    if (const auto expiry = state.scalar(object, ScalarKind::kExpiry)) {
      json["expireat"] = format_rfc3339(*expiry);
    }
  }
}

Json dump_node(const Catalog& catalog, const Node& node) {
  Json json{{"profile", node.profile->name},
            {"running", node.running},
            {"namespaces", Json::object()},
            {"disk",
             {{"blobs", Json::array()}, {"ingests", Json::array()}, {"snapshots", Json::array()}}}};
  node.state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog.key(object);
    std::string name = key.key == kNone<StringId> ? std::string() : catalog.display(key.key);
    if (key.scope != kNone<StringId>) name = catalog.text(key.scope) + "/" + name;
    switch (key.kind) {
      case ObjectKind::kBlobFile:
        json["disk"]["blobs"].push_back(name);
        return;
      case ObjectKind::kIngestFile:
        json["disk"]["ingests"].push_back(
            {{"namespace", catalog.text(key.space)},
             {"ref", name},
             {"bytes", node.state.scalar(object, ScalarKind::kWritten).value_or(0)}});
        return;
      case ObjectKind::kSnapshotDirectory:
        json["disk"]["snapshots"].push_back({{"namespace", catalog.text(key.space)},
                                             {"name", name},
                                             {"bytes", catalog.size_bytes(object)}});
        return;
      default:
        break;
    }
    Json& space = json["namespaces"][catalog.text(key.space)];
    if (key.kind == ObjectKind::kNamespace) {
      space["labels"] = labels_of(catalog, node.state, object);
      return;
    }
    Json record{{"labels", labels_of(catalog, node.state, object)}};
    add_fields(catalog, node.state, object, record);
    space[std::string(kind_name(key.kind))][name] = record;
  });
  for (auto& files : json["disk"]) std::sort(files.begin(), files.end());
  return json;
}

Json dump_registry(const Catalog& catalog, const Registry& registry) {
  Json json{{"available", registry.available},
            {"blobs", Json::array()},
            {"repositories", Json::object()}};
  registry.state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog.key(object);
    if (key.kind == ObjectKind::kRegistryBlob) {
      json["blobs"].push_back(catalog.display(key.key));
      return;
    }
    Json& repository = json["repositories"][catalog.text(key.scope)];
    if (key.kind == ObjectKind::kTag) {
      catalog.for_each_reference(object, [&](FactId fact, ObjectId target) {
        if (registry.state.has(fact)) {
          repository["tags"][catalog.text(key.key)] = catalog.display(catalog.key(target).key);
        }
      });
    } else {
      const bool layer = key.kind == ObjectKind::kRepositoryLayer;
      repository[layer ? "blobs" : "manifests"].push_back(catalog.display(key.key));
    }
  });
  std::sort(json["blobs"].begin(), json["blobs"].end());
  for (Json& repository : json["repositories"]) {
    for (const char* list : {"blobs", "manifests"}) {
      if (repository.contains(list)) std::sort(repository[list].begin(), repository[list].end());
    }
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

}  // namespace sweepcheck
