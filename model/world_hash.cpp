// Hashes of worlds: everything that World's equality compares, and no address.
#include "model/world.hpp"

namespace sweepcheck {
namespace {

class Hash {
 public:
  void mix(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0xff51afd7ed558ccdULL;
    hash_ ^= hash_ >> 29;
  }
  void mix_signed(std::int64_t value) { mix(static_cast<std::uint64_t>(value)); }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0x5eed;
};

void mix_scheduler(const SchedulerState& scheduler, Hash& hash) {
  hash.mix_signed(scheduler.next);
  hash.mix_signed(scheduler.last);
  hash.mix_signed(scheduler.interval);
  hash.mix_signed(scheduler.deletions);
  hash.mix_signed(scheduler.mutations);
  hash.mix(scheduler.triggered ? 1 : 0);
  hash.mix_signed(scheduler.total_duration);
  hash.mix_signed(scheduler.collection_count);
}

void mix_node(const Node& node, const Catalog& catalog, Hash& hash) {
  for (const char c : node.profile->name) hash.mix(static_cast<unsigned char>(c));
  hash.mix(catalog.policy_index(node.policy));
  hash.mix(node.state.hash());
  hash.mix((node.running ? 1U : 0U) + (node.content_flagged ? 2U : 0U));
  hash.mix_signed(node.dirty);
  for (const StringId snapshotter : node.snapshotters_flagged) hash.mix(index_of(snapshotter));
  mix_scheduler(node.scheduler, hash);
}

void mix_archive(const Archive& archive, Hash& hash) {
  hash.mix(index_of(archive.name));
  hash.mix(static_cast<std::uint64_t>(archive.format) * 4 + (archive.complete ? 2U : 0U) +
           (archive.exported ? 1U : 0U));
  for (const BlobId member : archive.members) hash.mix(index_of(member));
  for (const auto& [name, target] : archive.images) {
    hash.mix(index_of(name));
    hash.mix(index_of(target));
  }
  hash.mix(index_of(archive.last_header));
  hash.mix_signed(archive.size_bytes);
}

}  // namespace

std::uint64_t hash_of(const World& world) {
  Hash hash;
  hash.mix_signed(world.now);
  for (const Node& node : world.nodes) mix_node(node, world.catalog(), hash);
  for (const Registry& registry : world.registries) {
    hash.mix(index_of(registry.host));
    hash.mix(registry.state.hash());
    hash.mix(registry.cached.hash(registry.available ? 1 : 0));
  }
  for (const Archive& archive : world.archives) mix_archive(archive, hash);
  return hash.value();
}

}  // namespace sweepcheck
