#include "model/inspect.hpp"

#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operation.hpp"

namespace sweepcheck {
namespace {

// Performs one operation on a copy of the world.
Operation perform_on_copy(const World& world, const Request& request) {
  World copy = world;
  for (Registry& registry : copy.registries) registry.records = false;
  Operation operation = begin(copy, request);
  finish(copy, operation);
  return operation;
}

bool succeeds_on_copy(const World& world, const Request& request) {
  return perform_on_copy(world, request).status == OperationStatus::kDone;
}

Request request_for(std::string_view verb, NodeId node, StringId space, StringId image) {
  Request request;
  request.type = find_operation_type(verb);
  SWEEPCHECK_BELIEVE(request.type != nullptr, "every verb that is tried is defined");
  request.node = node;
  request.space = space;
  request.name = image;
  return request;
}

StringId overlayfs_or(Catalog& catalog, StringId snapshotter) {
  return snapshotter == kNone<StringId> ? catalog.intern("overlayfs") : snapshotter;
}

}  // namespace

std::string status_text(const ImageStatus& status) {
  const std::string counts =
      " (" + std::to_string(status.present) + "/" + std::to_string(status.required) + ")";
  switch (status.kind) {
    case ImageStatus::Kind::kComplete:
      return "complete" + counts;
    case ImageStatus::Kind::kIncomplete:
      return "incomplete" + counts;
    case ImageStatus::Kind::kUnavailable:
      return "unavailable (0/?)";
    case ImageStatus::Kind::kAbsent:
      break;
  }
  return "absent";
}

BlobId image_target(const World& world, NodeId node, StringId space, StringId image) {
  Node& mutable_node = const_cast<Node&>(world.node(node));
  const Metadata metadata(world.catalog(), mutable_node, world.now, space);
  const StringId digest = metadata.image_target(image);
  return digest == kNone<StringId> ? kNone<BlobId> : world.catalog().find_blob(digest);
}

ImageStatus check_image(const World& world, NodeId id, StringId space, StringId image,
                        StringId snapshotter) {
  Catalog& catalog = world.catalog();
  const Node& node = world.node(id);
  ImageStatus status;
  const BlobId target = image_target(world, id, space, image);
  if (target == kNone<BlobId>) return status;
  status.kind = ImageStatus::Kind::kUnavailable;
  const StringId platform = catalog.intern(node.policy->platform);
  const BlobId manifest = manifest_for(catalog, node.state, space, target, platform);
  if (manifest == kNone<BlobId> || !holds(catalog, node.state, space, manifest)) return status;
  for (const BlobChild& child : catalog.blob(manifest).children) {
    const std::int64_t bytes = catalog.blob(child.blob).size_bytes;
    ++status.required;
    status.required_bytes += bytes;
    if (!holds(catalog, node.state, space, child.blob)) continue;
    ++status.present;
    status.present_bytes += bytes;
  }
  status.kind = status.present == status.required ? ImageStatus::Kind::kComplete
                                                  : ImageStatus::Kind::kIncomplete;
  const BlobId config = config_of(catalog, manifest);
  if (config != kNone<BlobId> && holds(catalog, node.state, space, config) &&
      !catalog.blob(config).chain_ids.empty()) {
    status.unpacked = holds_snapshot(catalog, node.state, space, overlayfs_or(catalog, snapshotter),
                                     catalog.blob(config).chain_ids.back());
  }
  return status;
}

bool is_exportable(const World& world, NodeId node, StringId space, StringId image,
                   bool all_platforms) {
  Request request = request_for("export", node, space, image);
  request.to = world.catalog().intern("(probe)");
  request.all_platforms = all_platforms;
  const BlobId target = image_target(world, node, space, image);
  // An export that drops a missing target succeeds, and exports nothing.
  if (target == kNone<BlobId> || !holds(world.catalog(), world.node(node).state, space, target)) {
    return false;
  }
  return succeeds_on_copy(world, request);
}

bool is_pushable(const World& world, NodeId node, StringId space, StringId image, StringId to) {
  Request request = request_for("push", node, space, image);
  request.to = to;
  return succeeds_on_copy(world, request);
}

bool is_push_undecided(const World& world, NodeId node, StringId space, StringId image,
                       StringId to) {
  Request request = request_for("push", node, space, image);
  request.to = to;
  return perform_on_copy(world, request).counter > 0;
}

bool is_runnable(const World& world, NodeId node, StringId space, StringId image,
                 StringId snapshotter) {
  Request request = request_for("create-container", node, space, world.catalog().intern("(probe)"));
  request.image = image;
  request.snapshotter = snapshotter;
  return succeeds_on_copy(world, request);
}

bool is_recoverable(const World& world, BlobId target, StringId platform) {
  Catalog& catalog = world.catalog();
  const StringId digest = catalog.blob(target).digest;
  for (const Registry& registry : world.registries) {
    bool served = false;
    const Bits& manifests = catalog.of_kind(ObjectKind::kRepositoryManifest);
    for_each_in(manifests, registry.state.objects, [&](std::uint32_t index) {
      const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
      if (served) return;
      // A schema 1 manifest is what its conversion can be had from again.
      const BlobId revision = catalog.find_blob(key.key);
      const bool converts = revision != kNone<BlobId> && catalog.blob(revision).converted == target;
      if (key.key != digest && !converts) return;
      RegistryApi api(catalog, const_cast<Registry&>(registry));
      served = api.serves(key.scope, key.key, platform);
    });
    if (served) return true;
  }
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const State& state = world.nodes[i].state;
    bool exported = false;
    for_each_in(catalog.of_kind(ObjectKind::kImage), state.objects, [&](std::uint32_t index) {
      const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
      if (exported) return;
      const auto node = static_cast<NodeId>(i);
      exported = image_target(world, node, key.space, key.key) == target &&
                 world.nodes[i].running && is_exportable(world, node, key.space, key.key);
    });
    if (exported) return true;
  }
  return false;
}

std::int64_t directory_bytes(const Catalog& catalog, const State& state, ObjectId directory) {
  return state.scalar(directory, ScalarKind::kBytes).value_or(catalog.usual_bytes(directory));
}

DiskUsage disk_usage(const Catalog& catalog, const State& state) {
  DiskUsage usage;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    switch (catalog.kind(object)) {
      case ObjectKind::kBlobFile: {
        const BlobId blob = catalog.blob_of(object);
        if (blob != kNone<BlobId>) usage.content_bytes += catalog.blob(blob).size_bytes;
        break;
      }
      case ObjectKind::kIngestFile:
        if (is_on(Mutant::kUsageCountsTwice)) usage.content_bytes += 1;
        usage.ingest_bytes += state.scalar(object, ScalarKind::kWritten).value_or(0);
        break;
      case ObjectKind::kSnapshotDirectory:
        if (is_on(Mutant::kUsageForgetsSnapshots)) break;
        usage.snapshot_bytes += directory_bytes(catalog, state, object);
        break;
      default:
        break;
    }
  });
  return usage;
}

}  // namespace sweepcheck
