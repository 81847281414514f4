#include "model/world.hpp"

#include <algorithm>

#include "model/collector.hpp"
#include "model/mutant.hpp"
#include "model/scheduler.hpp"

namespace sweepcheck {

Archive make_archive(const Catalog& catalog, StringId name, std::vector<BlobId> members) {
  const auto digest = [&](BlobId blob) -> const std::string& {
    return catalog.text(catalog.blob(blob).digest);
  };
  std::sort(members.begin(), members.end(),
            [&](BlobId a, BlobId b) { return digest(a) < digest(b); });
  members.erase(std::unique(members.begin(), members.end()), members.end());
  Archive archive;
  archive.name = name;
  archive.size_bytes = 1;
  for (const BlobId member : members) archive.size_bytes += catalog.blob(member).size_bytes;
  archive.members = std::move(members);
  return archive;
}

Registry* World::find_registry(StringId host) {
  for (Registry& registry : registries) {
    if (registry.host == host) return &registry;
  }
  return nullptr;
}

const Registry* World::find_registry(StringId host) const {
  return const_cast<World*>(this)->find_registry(host);
}

Archive* World::find_archive(StringId name) {
  for (Archive& archive : archives) {
    if (archive.name == name) return &archive;
  }
  return nullptr;
}

void World::start_daemon(NodeId id) {
  Node& node = this->node(id);
  node.running = true;
  if (is_on(Mutant::kRestartLosesLeases)) {
    for (const ObjectId candidate : catalog_->root_candidates()) {
      if (catalog_->kind(candidate) == ObjectKind::kLease) {
        drop_object(*catalog_, node.state, candidate);
      }
    }
  }
  node.dirty = 0;
  node.content_flagged = false;
  node.snapshotters_flagged.clear();
  node.scheduler = SchedulerState{};
  if (node.policy->scheduler.runs) schedule_start(node, now);
}

void World::collect_metadata(NodeId id) {
  Node& node = this->node(id);
  thread_local Marking marking;
  thread_local std::vector<ObjectId> swept;
  swept.clear();
  mark(*catalog_, *node.profile, node.state, now, marking);
  if (records_collections) collections.push_back({id, now, node.state, {}});
  if (observer.get()) observer.last_sweep().before = node.state;
  sweep(*catalog_, *node.profile, marking, node.state, swept);
  if (records_collections) collections.back().swept = swept;
  for (const ObjectId object : swept) {
    const ObjectKey& key = catalog_->key(object);
    if (key.kind == ObjectKind::kContent || key.kind == ObjectKind::kIngest) {
      node.content_flagged = !is_on(Mutant::kSweepFlagsNoContent);
    } else if (key.kind == ObjectKind::kSnapshot && !is_on(Mutant::kSweepFlagsNoSnapshots)) {
      auto& flagged = node.snapshotters_flagged;
      if (std::find(flagged.begin(), flagged.end(), key.scope) == flagged.end()) {
        flagged.push_back(key.scope);
      }
    }
  }
  node.dirty = 0;
  ++collection_count;
  removal_count += swept.empty() ? 0 : 1;
  if (CollectionObserver* watcher = observer.get()) {
    ObserverSlot::Sweep& shown = observer.last_sweep();
    shown.node = id;
    shown.swept = swept;
    watcher->collected(*this, id, shown.before, shown.swept, false);
  }
}

void World::clean_backend(NodeId id) {
  Node& node = this->node(id);
  thread_local std::vector<ObjectId> removed;
  removed.clear();
  if (node.content_flagged) clean_content(*catalog_, node.state, removed);
  for (const StringId snapshotter : node.snapshotters_flagged) {
    clean_snapshots(*catalog_, snapshotter, node.state, removed);
  }
  removal_count += removed.empty() ? 0 : 1;
  node.content_flagged = false;
  node.snapshotters_flagged.clear();
  CollectionObserver* watcher = observer.get();
  if (!watcher || observer.last_sweep().node != id) return;
  watcher->collected(*this, id, observer.last_sweep().before, observer.last_sweep().swept, true);
  observer.last_sweep().node = kNone<NodeId>;
}

void World::collect(NodeId id) {
  collect_metadata(id);
  clean_backend(id);
  collection_ended(node(id), now, collection_duration);
}

void World::let_scheduler_see(NodeId id) {
  Node& node = this->node(id);
  if (!node.running) return;
  consider(node, now);
  // A collection that is due at once starts at once.
  if (node.scheduler.next >= 0 && node.scheduler.next <= now && due(node)) collect(id);
}

void World::advance(Duration duration) {
  const Time end = later(now, duration);
  for (;;) {
    std::size_t first = nodes.size();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      if (!node.running || !node.policy->scheduler.runs || node.scheduler.next < 0) continue;
      if (node.scheduler.next > end) continue;
      if (first == nodes.size() || node.scheduler.next < nodes[first].scheduler.next) first = i;
    }
    if (first == nodes.size()) break;
    Node& node = nodes[first];
    now = node.scheduler.next > now ? node.scheduler.next : now;
    if (due(node)) {
      collect(static_cast<NodeId>(first));
    } else {
      // Nothing happens on this node before the end, so all its ticks until then are alike.
      const Duration interval = node.scheduler.interval;
      node.scheduler.next = now + interval * ((end - now) / interval + 1);
    }
  }
  now = end;
}

StringId host_name(Catalog& catalog, StringId host) {
  return catalog.derived(Derived::kHostName, index_of(host), 0, [&] {
    const std::string& text = catalog.text(host);
    return text.substr(0, text.find(':'));
  });
}

}  // namespace sweepcheck
