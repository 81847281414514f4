#include "model/world.hpp"

#include <algorithm>

#include "model/collector.hpp"
#include "model/due_nodes.hpp"
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

namespace {

template <typename Hosts>
auto* registry_at(Hosts& registries, StringId host) {
  const auto found = std::find_if(registries.begin(), registries.end(),
                                  [&](const Registry& registry) { return registry.host == host; });
  return found == registries.end() ? nullptr : &*found;
}

template <typename Archives>
auto* archive_named(Archives& archives, StringId name) {
  const auto found = std::find_if(archives.begin(), archives.end(),
                                  [&](const Archive& archive) { return archive.name == name; });
  return found == archives.end() ? nullptr : &*found;
}

// When a node's scheduler does something by itself; negative: never.
Time due_time(const Node& node) {
  return node.running && node.policy->scheduler.runs ? node.scheduler.next : -1;
}

}  // namespace

struct WorkingMemory::Parts {
  CollectionScratch collection;
  DueNodes due;
  bool due_is_known = false;
};

WorkingMemory::WorkingMemory() = default;
WorkingMemory::WorkingMemory(const WorkingMemory&) {}
WorkingMemory::WorkingMemory(WorkingMemory&&) noexcept = default;
WorkingMemory& WorkingMemory::operator=(const WorkingMemory& other) {
  // The memory is still good; what is due is the other world's now.
  if (this != &other) forget_due();
  return *this;
}
WorkingMemory& WorkingMemory::operator=(WorkingMemory&&) noexcept = default;
WorkingMemory::~WorkingMemory() = default;

WorkingMemory::Parts& WorkingMemory::parts() {
  if (!parts_) parts_ = std::make_unique<Parts>();
  return *parts_;
}

CollectionScratch& WorkingMemory::collection() { return parts().collection; }
DueNodes* WorkingMemory::due() { return parts_ && parts_->due_is_known ? &parts_->due : nullptr; }
DueNodes& WorkingMemory::make_due() {
  parts().due_is_known = true;
  return parts().due;
}
void WorkingMemory::forget_due() {
  if (parts_) parts_->due_is_known = false;
}

Registry* World::find_registry(StringId host) { return registry_at(registries, host); }
const Registry* World::find_registry(StringId host) const { return registry_at(registries, host); }
Archive* World::find_archive(StringId name) { return archive_named(archives, name); }
const Archive* World::find_archive(StringId name) const { return archive_named(archives, name); }

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
  reschedule(id);
}

void World::reschedule(NodeId id) {
  if (DueNodes* const due = memory_.due()) due->set(id, due_time(node(id)));
}

void World::collect_metadata(NodeId id) {
  Node& node = this->node(id);
  Marking& marking = memory_.collection().marking;
  std::vector<ObjectId>& swept = memory_.collection().swept;
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
  CollectionScratch& scratch = memory_.collection();
  scratch.removed.clear();
  if (node.content_flagged) clean_content(*catalog_, node.state, scratch);
  for (const StringId snapshotter : node.snapshotters_flagged) {
    clean_snapshots(*catalog_, snapshotter, node.state, scratch);
  }
  removal_count += scratch.removed.empty() ? 0 : 1;
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
  reschedule(id);
}

void World::let_scheduler_see(NodeId id) {
  Node& node = this->node(id);
  if (!node.running) return;
  const Time planned = node.scheduler.next;
  consider(node, now);
  // A collection that is due at once starts at once.
  if (node.scheduler.next >= 0 && node.scheduler.next <= now && due(node)) {
    collect(id);
  } else if (node.scheduler.next != planned) {
    reschedule(id);
  }
}

// The node that is due first, up to a time; kNone: none is.
NodeId World::ask_each_node(Time end) const {
  NodeId first = kNone<NodeId>;
  Time first_time = end;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Time time = due_time(nodes[i]);
    if (time < 0 || time > first_time || (first != kNone<NodeId> && time == first_time)) continue;
    first = static_cast<NodeId>(i);
    first_time = time;
  }
  return first;
}

NodeId World::next_due(Time end) {
  if (nodes.size() <= kAskedNodesMax) return ask_each_node(end);
  DueNodes* due = memory_.due();
  if (!due || due->node_count() != nodes.size()) {
    due = &memory_.make_due();
    due->reset(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      due->set(static_cast<NodeId>(i), due_time(nodes[i]));
    }
  }
  while (!due->empty() && due->first_time() <= end) {
    const NodeId first = due->first();
    const Time time = due_time(node(first));
    if (time == due->first_time()) return first;
    due->set(first, time);
  }
  return kNone<NodeId>;
}

void World::advance(Duration duration) {
  const Time end = later(now, duration);
  for (NodeId id = next_due(end); id != kNone<NodeId>; id = next_due(end)) {
    Node& node = this->node(id);
    now = node.scheduler.next > now ? node.scheduler.next : now;
    if (due(node)) {
      collect(id);
    } else {
      // Nothing happens on this node before the end, so all its ticks until then are alike.
      const Duration interval = node.scheduler.interval;
      node.scheduler.next = now + interval * ((end - now) / interval + 1);
      reschedule(id);
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
