#include "properties/facts/image_facts.hpp"

#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/image_graph.hpp"

namespace sweepcheck {
namespace {

bool has(const Catalog& catalog, const State& state, const ObjectKey& key) {
  const ObjectId object = catalog.find_object(key);
  return object != kNone<ObjectId> && state.has(object);
}

bool is_wanted(const Catalog& catalog, const BlobChild& child, StringId platform) {
  return platform == kNone<StringId> || platform_rank(catalog, child.platform, platform, true) >= 0;
}

// True if the blob is stored, and so is all that it needs; what several need is looked at for each.
bool all_stored(const Catalog& catalog, const State& state, StringId space, BlobId id,
                StringId platform, bool& manifest) {
  if (!is_stored(catalog, state, space, id)) return false;
  const Blob& blob = catalog.blob(id);
  manifest = manifest || blob.media == MediaClass::kManifest;
  return std::all_of(blob.children.begin(), blob.children.end(), [&](const BlobChild& child) {
    return (blob.media == MediaClass::kIndex && !is_wanted(catalog, child, platform)) ||
           all_stored(catalog, state, space, child.blob, platform, manifest);
  });
}

}  // namespace

bool repository_serves(const Catalog& catalog, StringId host, StringId repository,
                       const State& registry, BlobId id, StringId platform) {
  const Blob& blob = catalog.blob(id);
  const auto linked = [&](ObjectKind kind, StringId digest) {
    return has(catalog, registry, {kind, host, repository, digest}) &&
           has(catalog, registry, {ObjectKind::kRegistryBlob, host, kNone<StringId>, digest});
  };
  if (!linked(ObjectKind::kRepositoryManifest, blob.digest)) return false;
  bool any = blob.media != MediaClass::kIndex;
  for (const BlobChild& child : blob.children) {
    const Blob& part = catalog.blob(child.blob);
    if (part.media == MediaClass::kForeignLayer) continue;
    if (!has_children(part.media)) {
      if (!linked(ObjectKind::kRepositoryLayer, part.digest)) return false;
    } else if (is_wanted(catalog, child, platform)) {
      if (!repository_serves(catalog, host, repository, registry, child.blob, platform)) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

void needed_blobs(const Catalog& catalog, BlobId target, StringId platform,
                  std::vector<BlobId>& needed) {
  if (std::find(needed.begin(), needed.end(), target) != needed.end()) return;
  needed.push_back(target);
  const Blob& blob = catalog.blob(target);
  for (const BlobChild& child : blob.children) {
    if (blob.media == MediaClass::kIndex && !is_wanted(catalog, child, platform)) continue;
    needed_blobs(catalog, child.blob, platform, needed);
  }
}

bool needs_file(const Catalog& catalog, const State& state, StringId digest) {
  bool needed = false;
  for_each_in(catalog.of_kind(ObjectKind::kContent), state.objects, [&](std::uint32_t index) {
    needed = needed || catalog.key(static_cast<ObjectId>(index)).key == digest;
  });
  for_each_true(catalog, state, Meaning::kIngestExpected, [&](FactId fact) {
    needed = needed || catalog.key(catalog.target(fact)).key == digest;
  });
  return needed;
}

bool is_stored(const Catalog& catalog, const State& state, StringId space, BlobId blob) {
  const StringId digest = catalog.blob(blob).digest;
  return has(catalog, state, {ObjectKind::kContent, space, kNone<StringId>, digest}) &&
         has(catalog, state, {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest});
}

bool is_whole(const Catalog& catalog, const State& state, StringId space, BlobId target,
              StringId platform) {
  bool manifest = false;
  return all_stored(catalog, state, space, target, platform, manifest) && manifest;
}

const std::vector<StringId>& chain_of(const Catalog& catalog, BlobId target, StringId platform) {
  static const std::vector<StringId> kNothing;
  const Blob* blob = &catalog.blob(target);
  if (blob->media == MediaClass::kIndex) {
    const auto chosen =
        std::find_if(blob->children.begin(), blob->children.end(),
                     [&](const BlobChild& child) { return is_wanted(catalog, child, platform); });
    if (chosen == blob->children.end()) return kNothing;
    blob = &catalog.blob(chosen->blob);
  }
  if (blob->media != MediaClass::kManifest || blob->children.empty()) return kNothing;
  return catalog.blob(blob->children.front().blob).chain_ids;
}

bool is_unpacked(const Catalog& catalog, const State& state, StringId space, StringId snapshotter,
                 BlobId target, StringId platform) {
  for (const StringId chain : chain_of(catalog, target, platform)) {
    if (!has(catalog, state, {ObjectKind::kSnapshot, space, snapshotter, chain})) return false;
  }
  return true;
}

bool is_served(const Catalog& catalog, StringId host, const State& registry, BlobId target,
               StringId platform) {
  const StringId digest = catalog.blob(target).digest;
  bool served = false;
  const Bits& manifests = catalog.of_kind(ObjectKind::kRepositoryManifest);
  for_each_in(manifests, registry.objects, [&](std::uint32_t index) {
    const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
    served = served || (key.key == digest &&
                        repository_serves(catalog, host, key.scope, registry, target, platform));
  });
  return served;
}

bool is_on_node(const Catalog& catalog, const State& node, BlobId target, StringId platform) {
  bool found = false;
  for_each_in(catalog.of_kind(ObjectKind::kImage), node.objects, [&](std::uint32_t index) {
    const auto record = static_cast<ObjectId>(index);
    found = found || (target_of(catalog, node, record) == target &&
                      is_whole(catalog, node, catalog.key(record).space, target, platform));
  });
  return found;
}

StringId platform_of(const Catalog& catalog, const Node& node) {
  return catalog.find(node.policy->platform);
}

ObjectId record_of(const Catalog& catalog, const State& state, StringId space, StringId name) {
  const ObjectId record = catalog.find_object({ObjectKind::kImage, space, kNone<StringId>, name});
  return record != kNone<ObjectId> && state.has(record) ? record : kNone<ObjectId>;
}

BlobId target_of(const Catalog& catalog, const State& state, ObjectId record) {
  BlobId target = kNone<BlobId>;
  if (record == kNone<ObjectId>) return target;
  for_each_true(catalog, state, record, [&](FactId fact) {
    if (catalog.meaning(fact) == Meaning::kTarget) {
      target = catalog.find_blob(catalog.key(catalog.target(fact)).key);
    }
  });
  return target;
}

void sweep_state(const Catalog& catalog, const Profile& profile, Time now, State& state,
                 CollectionScratch& scratch) {
  scratch.swept.clear();
  mark(catalog, profile, state, now, scratch.marking);
  sweep(catalog, profile, scratch.marking, state, scratch.swept);
}

void collect_state(const Catalog& catalog, const Profile& profile, Time now, State& state,
                   CollectionScratch& scratch) {
  sweep_state(catalog, profile, now, state, scratch);
  scratch.removed.clear();
  std::vector<StringId> snapshotters;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (catalog.kind(object) != ObjectKind::kSnapshotDirectory) return;
    const StringId scope = catalog.key(object).scope;
    if (std::find(snapshotters.begin(), snapshotters.end(), scope) == snapshotters.end()) {
      snapshotters.push_back(scope);
    }
  });
  for (const StringId snapshotter : snapshotters) {
    clean_snapshots(catalog, snapshotter, state, scratch);
  }
  clean_content(catalog, state, scratch);
}

}  // namespace sweepcheck
