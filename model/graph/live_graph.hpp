// A node's store as the graph that its collector walks, looked at where it lies: the catalog's
// lists are the adjacency lists, the state's bits say which edges are live, the profile which are
// followed. Only the roots are listed; nothing else is copied.
//
//   LiveGraph graph(catalog, *node.profile, node.state, world.now);
//   for (const LiveEdge& edge : graph.out_edges(graph.root())) ...   // to each root
//
// An object is two vertices, as it is two nodes to containerd: what is reached in full keeps all
// that it refers to; what only a flat lease holds keeps its parents and its target, as flat as
// itself. One more vertex, the root above all, has an edge to each root. Objects that are named but
// absent are vertices, too: a back reference may start at one.
//
// Whoever wants Boost.Graph's algorithms on it includes live_graph_bgl.hpp in a source file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"
#include "model/time.hpp"

namespace sweepcheck {

/// Dense: objects in full, then objects held flat, then the root above all.
using LiveVertex = std::uint32_t;

struct LiveEdge {
  LiveVertex from = 0;
  LiveVertex to = 0;
  /// What makes the edge; kNone for those from the root above all.
  FactId fact = kNone<FactId>;

  bool operator==(const LiveEdge&) const = default;
};

class LiveGraph {
 public:
  /// Goes over the edges that start at one vertex: roots in the order of their ids, those of flat
  /// leases last, and references in the catalog's order.
  class OutEdgeIterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = LiveEdge;
    using difference_type = std::ptrdiff_t;
    using pointer = const LiveEdge*;
    using reference = LiveEdge;

    OutEdgeIterator() = default;
    LiveEdge operator*() const { return graph_->edge(from_, place_, flat_lease_); }
    OutEdgeIterator& operator++() {
      place_ = graph_->next(from_, place_);
      return *this;
    }
    OutEdgeIterator operator++(int) {
      const OutEdgeIterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const OutEdgeIterator& other) const {
      return from_ == other.from_ && place_ == other.place_;
    }

   private:
    friend class LiveGraph;
    OutEdgeIterator(const LiveGraph& graph, LiveVertex from, std::uint32_t place, bool flat_lease)
        : graph_(&graph), from_(from), place_(place), flat_lease_(flat_lease) {}

    const LiveGraph* graph_ = nullptr;
    LiveVertex from_ = 0;
    /// A fact; of the root above all: a place in the list of roots.
    std::uint32_t place_ = kEnd;
    /// `from_` is a lease whose resources are held flat.
    bool flat_lease_ = false;
  };

  struct OutEdges {
    OutEdgeIterator first;
    OutEdgeIterator last;
    OutEdgeIterator begin() const { return first; }
    OutEdgeIterator end() const { return last; }
  };

  /// The graph of one state at one time. It refers to all of them: they must outlive it, and
  /// neither catalog nor state may change meanwhile.
  LiveGraph(const Catalog& catalog, const Profile& profile, const State& state, Time now);

  LiveVertex vertex_count() const { return 2 * object_count_ + 1; }
  /// The root above all.
  LiveVertex root() const { return 2 * object_count_; }
  LiveVertex full(ObjectId object) const { return index_of(object); }
  LiveVertex flat(ObjectId object) const { return object_count_ + index_of(object); }
  bool is_flat(LiveVertex vertex) const { return vertex >= object_count_ && vertex != root(); }
  /// The object that a vertex stands for; kNone for the root above all.
  ObjectId object_of(LiveVertex vertex) const {
    if (vertex == root()) return kNone<ObjectId>;
    return static_cast<ObjectId>(vertex < object_count_ ? vertex : vertex - object_count_);
  }

  OutEdges out_edges(LiveVertex from) const;

  const Catalog& catalog() const { return *catalog_; }
  const State& state() const { return *state_; }

 private:
  static constexpr std::uint32_t kEnd = index_of(kNone<FactId>);

  LiveEdge edge(LiveVertex from, std::uint32_t place, bool flat_lease) const;
  std::uint32_t next(LiveVertex from, std::uint32_t place) const;
  /// The first fact from this one on that is followed from the vertex.
  std::uint32_t followed(LiveVertex from, FactId fact) const;

  const Catalog* catalog_;
  const Profile* profile_;
  const State* state_;
  Time now_;
  std::uint32_t object_count_;
  std::vector<ObjectId> roots_;
};

}  // namespace sweepcheck
