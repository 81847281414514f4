// Everything that a scenario simulates: nodes, registries and archives over one catalog, and the
// simulated clock. A world is a value; copies share the catalog, which only grows.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/failure.hpp"
#include "model/metadata.hpp"
#include "model/node.hpp"
#include "model/registry.hpp"

namespace sweepcheck {

enum class ArchiveFormat : std::uint8_t { kOci, kDocker };

/// A tar archive that an export wrote or a scenario provides.
struct Archive {
  StringId name = kNone<StringId>;
  ArchiveFormat format = ArchiveFormat::kOci;
  /// Blobs in the order of the tar: by digest.
  std::vector<BlobId> members;
  /// What index.json (or manifest.json) lists: the image's name, or kNone, and its target.
  std::vector<std::pair<StringId, BlobId>> images;
  /// False: cut off before its end, as a failed export leaves it.
  bool complete = true;
  /// Of one that is cut off: the member whose header is its last; kNone: it is empty.
  BlobId last_header = kNone<BlobId>;
  /// Written by an export, whose documents are worded otherwise than those of other tools.
  bool exported = false;
  std::int64_t size_bytes = 0;

  bool operator==(const Archive&) const = default;
};

/// An archive of these blobs, which it brings into the order of the tar, each once.
Archive make_archive(const Catalog& catalog, StringId name, std::vector<BlobId> members);

/// One metadata collection, for those who judge or explain it.
struct CollectionRecord {
  NodeId node = kNone<NodeId>;
  Time at = 0;
  State before;
  std::vector<ObjectId> swept;
};

class DueNodes;
class World;
struct CollectionScratch;

/// Is told of each collection: first with `cleaned` false, right after the sweep, then with true,
/// right after the backend's clean-up. `before` is the node's state as the mark saw it; the world
/// has what came of it.
class CollectionObserver {
 public:
  virtual ~CollectionObserver() = default;
  virtual void collected(const World& world, NodeId node, const State& before,
                         std::span<const ObjectId> swept, bool cleaned) = 0;
};

/// Who observes a world, and what the last sweep showed, until the clean-up that follows it. Nobody
/// observes a world's copies: what is tried on them has not happened.
class ObserverSlot {
 public:
  /// What an observer is shown.
  struct Sweep {
    NodeId node = kNone<NodeId>;
    State before;
    std::vector<ObjectId> swept;
  };

  ObserverSlot() = default;
  ObserverSlot(const ObserverSlot&) {}
  // Keeps its own observer, so there is nothing to assign.
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment)
  ObserverSlot& operator=(const ObserverSlot&) { return *this; }
  void set(CollectionObserver* observer) {
    observer_ = observer;
    last_sweep_.node = kNone<NodeId>;
  }
  CollectionObserver* get() const { return observer_; }
  Sweep& last_sweep() { return last_sweep_; }

 private:
  CollectionObserver* observer_ = nullptr;
  Sweep last_sweep_;
};

/// What a world works with and can work out again: memory for collections, and when which node is
/// due. Each world has its own; a copy begins without any.
class WorkingMemory {
 public:
  WorkingMemory();
  WorkingMemory(const WorkingMemory&);
  WorkingMemory(WorkingMemory&&) noexcept;
  WorkingMemory& operator=(const WorkingMemory&);
  WorkingMemory& operator=(WorkingMemory&&) noexcept;
  ~WorkingMemory();

  CollectionScratch& collection();
  /// Null: nobody has asked yet, or the nodes have changed since.
  DueNodes* due();
  DueNodes& make_due();
  void forget_due();

 private:
  struct Parts;
  Parts& parts();
  std::unique_ptr<Parts> parts_;
};

class World {
 public:
  explicit World(Catalog& catalog) : catalog_(&catalog) {}

  Catalog& catalog() { return *catalog_; }
  /// Whoever can only look at a world can only look things up.
  const Catalog& catalog() const { return *catalog_; }
  Time now = kEpoch;
  std::vector<Node> nodes;
  std::vector<StringId> node_names;
  std::vector<Registry> registries;
  std::vector<Archive> archives;

  Node& node(NodeId id) { return nodes[index_of(id)]; }
  const Node& node(NodeId id) const { return nodes[index_of(id)]; }
  Registry* find_registry(StringId host);
  const Registry* find_registry(StringId host) const;
  Archive* find_archive(StringId name);
  const Archive* find_archive(StringId name) const;

  bool operator==(const World& other) const {
    return now == other.now && nodes == other.nodes && registries == other.registries &&
           archives == other.archives;
  }

  /// Starts a node's daemon: the collection at start-up is due after the startup delay.
  void start_daemon(NodeId id);
  /// Collects a node's garbage: mark and sweep, then the backend's clean-up.
  void collect(NodeId id);
  /// The metadata phase alone: what a crash before the clean-up leaves.
  void collect_metadata(NodeId id);
  void clean_backend(NodeId id);
  /// After each step: lets the scheduler of a node see what was counted.
  void notice(NodeId id) {
    if (node(id).policy->scheduler.runs) let_scheduler_see(id);
  }
  /// Moves the clock; scheduled collections happen when they are due, in order of time, and of
  /// nodes that are due together in order of their ids.
  void advance(Duration duration);
  /// Of more nodes than this, those that are due are found by an index, which is made once. It
  /// follows what World and Simulation do to nodes; whoever changes a scheduler's state, a policy
  /// or `running` himself says so by reschedule().
  static constexpr std::size_t kAskedNodesMax = 16;
  void reschedule(NodeId id);

  /// If `records_collections`, each collection appends its record; whoever reads them clears them.
  bool records_collections = false;
  std::vector<CollectionRecord> collections;
  ObserverSlot observer;
  std::uint64_t collection_count = 0;
  /// Sweeps and clean-ups that removed something.
  std::uint64_t removal_count = 0;
  /// How long a collection takes in simulated time, for the scheduler's average.
  Duration collection_duration = 2 * kMillisecond;

 private:
  void let_scheduler_see(NodeId id);
  NodeId next_due(Time end);
  NodeId ask_each_node(Time end) const;

  Catalog* catalog_;
  WorkingMemory memory_;
};

inline ReferenceParts split_reference(Catalog& catalog, StringId reference) {
  return catalog.reference(reference);
}

/// The host without its port, as it stands in distribution.source labels.
StringId host_name(Catalog& catalog, StringId host);

}  // namespace sweepcheck
