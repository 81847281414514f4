#include "model/inspect.hpp"

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operation.hpp"
#include "model/scheduler.hpp"

namespace sweepcheck {
namespace {

// Performs one operation on a copy of the world, which may intern: a copy is its owner's to change.
Operation perform_on_copy(World copy, const Request& request) {
  for (Registry& registry : copy.registries) registry.records = false;
  Operation operation = begin(copy, request);
  finish(copy, operation);
  return operation;
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

StringId overlayfs_or(StringId snapshotter) {
  return snapshotter == kNone<StringId> ? kDefaultSnapshotter.id() : snapshotter;
}

StringId platform_of(const Catalog& catalog, const Node& node) {
  const StringId platform = catalog.find(node.policy->platform);
  SWEEPCHECK_BELIEVE(platform != kNone<StringId>, "a node's platform was interned with its policy");
  return platform;
}

// What an export of one image reads. It looks at index and manifests first and at layers later, but
// nothing happens in between unless a collection does, so the order doesn't matter.
class ExportRead {
 public:
  ExportRead(const World& world, NodeId node, StringId space, bool all_platforms)
      : catalog_(world.catalog()), state_(world.node(node).state), space_(space) {
    if (!all_platforms) platform_ = platform_of(catalog_, world.node(node));
    // The transfer service works under a lease of its own. Its creation may be what the scheduler
    // has waited for: then the export sees what that collection leaves.
    const Profile& profile = *world.node(node).profile;
    if (profile.ctr_engine != Engine::kTransfer) return;
    if (!would_collect(world.node(node), world.now, 1)) return;
    mark(catalog_, profile, state_, world.now, marking_);
    collected_ = true;
  }

  bool succeeds(StringId image) const {
    const ObjectId record =
        catalog_.find_object({ObjectKind::kImage, space_, kNone<StringId>, image});
    if (!stays(record)) return false;
    BlobId target = kNone<BlobId>;
    for_each_true(catalog_, state_, record, [&](FactId fact) {
      if (catalog_.meaning(fact) != Meaning::kTarget) return;
      target = catalog_.find_blob(catalog_.key(catalog_.target(fact)).key);
    });
    bool any_manifest = false;
    return target != kNone<BlobId> && reads(target, any_manifest) && any_manifest;
  }

 private:
  bool stays(ObjectId record) const {
    return state_.has(record) && (!collected_ || marking_.keeps(record));
  }

  // A blob with all that is listed below it. A file stays as long as a record names it.
  bool reads(BlobId id, bool& any_manifest) const {
    if (!has_bytes(id)) return false;
    const Blob& blob = catalog_.blob(id);
    const bool is_manifest = blob.media == MediaClass::kManifest;
    any_manifest = any_manifest || is_manifest;
    for (const BlobChild& child : blob.children) {
      if (is_manifest) {
        if (!has_bytes(child.blob)) return false;
      } else if (is_wanted(child) && !reads(child.blob, any_manifest)) {
        return false;
      }
    }
    return true;
  }

  bool is_wanted(const BlobChild& child) const {
    return platform_ == kNone<StringId> ||
           platform_rank(catalog_, child.platform, platform_, true) >= 0;
  }

  bool has_bytes(BlobId id) const {
    const StringId digest = catalog_.blob(id).digest;
    return stays(catalog_.find_object({ObjectKind::kContent, space_, kNone<StringId>, digest})) &&
           state_.has(catalog_.find_object(
               {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest}));
  }

  const Catalog& catalog_;
  const State& state_;
  const StringId space_;
  StringId platform_ = kNone<StringId>;
  Marking marking_;
  bool collected_ = false;
};

// What `ctr containers create` finds of an image, with nothing in between.
class ContainerCreation {
 public:
  ContainerCreation(const World& world, NodeId node, StringId space, StringId snapshotter)
      : catalog_(world.catalog()),
        node_(world.node(node)),
        space_(space),
        snapshotter_(snapshotter),
        store_(catalog_, node_, space) {}

  bool succeeds(BlobId target) const {
    const State& state = node_.state;
    const BlobId manifest =
        manifest_for(catalog_, state, space_, target, platform_of(catalog_, node_));
    const BlobId config = config_of(catalog_, manifest);
    if (config == kNone<BlobId> || !holds(catalog_, state, space_, config)) return false;
    const std::vector<StringId>& chain = catalog_.blob(config).chain_ids;
    if (chain.empty()) return true;
    const ObjectId top = store_.snapshot(snapshotter_, chain.back());
    return store_.has(top) ? can_be_parent(top) : can_be_unpacked(manifest, chain);
  }

 private:
  bool can_be_parent(ObjectId snapshot) const {
    return store_.is_committed(snapshot) && store_.has_directory(snapshot);
  }

  // image.Unpack makes each snapshot that is missing of the layer's blob, on the one before it.
  bool can_be_unpacked(BlobId manifest, const std::vector<StringId>& chain) const {
    const std::vector<BlobChild>& children = catalog_.blob(manifest).children;
    // To 1.6 all that follows the config is layers.
    const bool any_type = node_.profile->unpacks_any_layer_type;
    const std::size_t count =
        any_type ? children.size() - 1 : layer_count(catalog_, *node_.profile, manifest);
    // Nothing is unpacked whose config names more layers or fewer.
    if (count != chain.size()) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (store_.has(store_.snapshot(snapshotter_, chain[i]))) continue;
      const ObjectId below = i == 0 ? kNone<ObjectId> : store_.snapshot(snapshotter_, chain[i - 1]);
      if (store_.has(below) && !can_be_parent(below)) return false;
      const BlobId layer =
          any_type ? children[i + 1].blob : layer_of(catalog_, *node_.profile, manifest, i);
      const Blob& blob = catalog_.blob(layer);
      if (!holds(catalog_, node_.state, space_, layer) ||
          !can_be_applied(blob.media, catalog_.text(blob.media_type), *node_.profile)) {
        return false;
      }
    }
    return true;
  }

  const Catalog& catalog_;
  const Node& node_;
  const StringId space_;
  const StringId snapshotter_;
  const MetadataReader store_;
};

// More than a container's creation counts for any image: it depends on the number of its layers.
int mutation_count_max(const Catalog& catalog, BlobId target) {
  int count = 16;
  for (const BlobChild& child : catalog.blob(target).children) {
    count += 8 + 8 * static_cast<int>(catalog.blob(child.blob).children.size());
  }
  return count;
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
  const StringId digest =
      MetadataReader(world.catalog(), world.node(node), space).image_target(image);
  return digest == kNone<StringId> ? kNone<BlobId> : world.catalog().find_blob(digest);
}

ImageStatus check_image(const World& world, NodeId id, StringId space, StringId image,
                        StringId snapshotter) {
  const Catalog& catalog = world.catalog();
  const Node& node = world.node(id);
  ImageStatus status;
  const BlobId target = image_target(world, id, space, image);
  if (target == kNone<BlobId>) return status;
  status.kind = ImageStatus::Kind::kUnavailable;
  const StringId platform = platform_of(catalog, node);
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
    status.unpacked = holds_snapshot(catalog, node.state, space, overlayfs_or(snapshotter),
                                     catalog.blob(config).chain_ids.back());
  }
  return status;
}

bool is_exportable(const World& world, NodeId node, StringId space, StringId image,
                   bool all_platforms) {
  // An export that drops a missing target succeeds, and exports nothing: that doesn't count.
  return world.node(node).running && ExportRead(world, node, space, all_platforms).succeeds(image);
}

bool is_pushable(const World& world, NodeId node, StringId space, StringId image,
                 std::string_view to) {
  if (image_target(world, node, space, image) == kNone<BlobId>) return false;
  World copy = world;
  Request request = request_for("push", node, space, image);
  request.to = copy.catalog().intern(to);
  return perform_on_copy(std::move(copy), request).status == OperationStatus::kDone;
}

bool is_push_undecided(const World& world, NodeId node, StringId space, StringId image,
                       std::string_view to) {
  if (image_target(world, node, space, image) == kNone<BlobId>) return false;
  World copy = world;
  Request request = request_for("push", node, space, image);
  request.to = copy.catalog().intern(to);
  return perform_on_copy(std::move(copy), request).counter > 0;
}

bool is_runnable(const World& world, NodeId node, StringId space, StringId image,
                 StringId snapshotter) {
  const BlobId target = image_target(world, node, space, image);
  if (!world.node(node).running || target == kNone<BlobId>) return false;
  if (!would_collect(world.node(node), world.now, mutation_count_max(world.catalog(), target))) {
    return ContainerCreation(world, node, space, overlayfs_or(snapshotter)).succeeds(target);
  }
  // The scheduler may collect in the middle of it, and what that takes depends on each step.
  World copy = world;
  Request request = request_for("create-container", node, space, copy.catalog().intern("(probe)"));
  request.image = image;
  request.snapshotter = snapshotter;
  return perform_on_copy(std::move(copy), request).status == OperationStatus::kDone;
}

bool is_recoverable(const World& world, BlobId target, StringId platform) {
  const Catalog& catalog = world.catalog();
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
      served = RegistryReader(catalog, registry).serves(key.scope, key.key, platform);
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
                 is_exportable(world, node, key.space, key.key);
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
