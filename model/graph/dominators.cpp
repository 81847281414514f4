#include "model/graph/dominators.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/two_bit_color_map.hpp>
#include <boost/pending/queue.hpp>
#include <utility>

#include "model/catalog/facts.hpp"
#include "model/graph/live_graph_bgl.hpp"
#include "model/inspect.hpp"

// g++ 12 takes the vectors that the algorithm works on for freed at an offset, and is wrong.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wfree-nonheap-object"
#endif

namespace sweepcheck {
namespace {

using Place = std::uint32_t;
constexpr Place kNowhere = 0xffffffffU;

// A compact graph with lists of what leads to each vertex. It lacks a function that the concept of
// a BidirectionalGraph asks for, and finds it here by its last type.
struct OfThisFile {};
using Compact = boost::compressed_sparse_row_graph<boost::bidirectionalS, boost::no_property,
                                                   boost::no_property, OfThisFile, Place, Place>;
Place degree(Place place, const Compact& graph) {
  return static_cast<Place>(out_degree(place, graph) + in_degree(place, graph));
}

class Collect : public boost::default_bfs_visitor {
 public:
  explicit Collect(std::vector<LiveVertex>& order) : order_(&order) {}
  void discover_vertex(LiveVertex vertex, const LiveGraph&) const { order_->push_back(vertex); }

 private:
  std::vector<LiveVertex>* order_;
};

// The reached part of the live graph, numbered anew and with lists of what leads to each vertex,
// which the algorithm wants and the catalog hasn't. Places: the root above all; one for each root's
// being a root, before the root itself; what is reached; one for each object that is reached in
// both colours, after both; files, after all that name them.
class Reached {
 public:
  explicit Reached(const LiveGraph& live)
      : live_(live),
        place_(live.vertex_count(), kNowhere),
        file_place_(live.catalog().object_count(), kNowhere) {
    boost::queue<LiveVertex> queue;
    boost::breadth_first_visit(
        live, live.root(), queue, Collect(order_),
        boost::make_two_bit_color_map(live.vertex_count(), get(boost::vertex_index, live)));
    for (const LiveEdge& edge : live.out_edges(live.root())) {
      roots_.push_back(live.object_of(edge.to));
    }
    first_reached_ = 1 + static_cast<Place>(roots_.size());
    place_count_ = first_reached_;
    for (std::size_t i = 1; i < order_.size(); ++i) place_[order_[i]] = place_count_++;
    add_references();
    add_records();
    place_ = {};
  }

  Compact graph() const {
    return {boost::edges_are_unsorted_multi_pass, edges_.begin(), edges_.end(), place_count_};
  }
  const std::vector<ObjectId>& roots() const { return roots_; }
  Place place_of_root(std::size_t number) const { return 1 + static_cast<Place>(number); }
  /// The object that is reached at this place; kNone for a place of another sort.
  ObjectId reached_at(Place place) const {
    const bool reached = place >= first_reached_ && place - first_reached_ + 1 < order_.size();
    return reached ? live_.object_of(order_[place - first_reached_ + 1]) : kNone<ObjectId>;
  }

  /// Records that are reached, and the place where each is kept.
  const std::vector<std::pair<ObjectId, Place>>& records() const { return records_; }
  /// Files that they name.
  const std::vector<std::pair<ObjectId, Place>>& files() const { return files_; }
  Place place_count() const { return place_count_; }

 private:
  void add_references() {
    for (std::size_t i = 0; i < roots_.size(); ++i) {
      edges_.emplace_back(0, place_of_root(i));
      edges_.emplace_back(place_of_root(i), place_[live_.full(roots_[i])]);
    }
    for (std::size_t i = 1; i < order_.size(); ++i) {
      for (const LiveEdge& edge : live_.out_edges(order_[i])) {
        edges_.emplace_back(place_[order_[i]], place_[edge.to]);
      }
    }
  }

  void add_records() {
    for (std::size_t i = 1; i < order_.size(); ++i) {
      const ObjectId object = live_.object_of(order_[i]);
      if (!live_.state().has(object)) continue;
      Place kept = place_[live_.full(object)];
      const Place flat = place_[live_.flat(object)];
      if (kept != kNowhere && flat != kNowhere) {
        if (live_.is_flat(order_[i])) continue;
        edges_.emplace_back(kept, place_count_);
        edges_.emplace_back(flat, place_count_);
        kept = place_count_++;
      } else if (kept == kNowhere) {
        kept = flat;
      }
      records_.emplace_back(object, kept);
      add_files(object, kept);
    }
  }

  void add_files(ObjectId object, Place kept) {
    const Catalog& catalog = live_.catalog();
    const ObjectKey& key = catalog.key(object);
    const auto blob_file = [&](StringId digest) {
      add_file(kept, catalog.find_object(
                         {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, digest}));
    };
    switch (key.kind) {
      case ObjectKind::kContent:
        blob_file(key.key);
        break;
      case ObjectKind::kIngest:
        add_file(kept, catalog.find_object(
                           {ObjectKind::kIngestFile, key.space, kNone<StringId>, key.key}));
        for_each_true(catalog, live_.state(), object, [&](FactId fact) {
          if (catalog.meaning(fact) != Meaning::kIngestExpected) return;
          blob_file(catalog.key(catalog.target(fact)).key);
        });
        break;
      case ObjectKind::kSnapshot:
        for_each_true(catalog, live_.state(), object, [&](FactId fact) {
          if (catalog.meaning(fact) == Meaning::kDirectory) add_file(kept, catalog.target(fact));
        });
        break;
      default:
        break;
    }
  }

  void add_file(Place kept, ObjectId file) {
    if (file == kNone<ObjectId> || !live_.state().has(file)) return;
    Place& place = file_place_[index_of(file)];
    if (place == kNowhere) {
      place = place_count_++;
      files_.emplace_back(file, place);
    }
    edges_.emplace_back(kept, place);
  }

  const LiveGraph& live_;
  std::vector<LiveVertex> order_;
  std::vector<Place> place_;
  std::vector<Place> file_place_;
  std::vector<ObjectId> roots_;
  std::vector<std::pair<Place, Place>> edges_;
  std::vector<std::pair<ObjectId, Place>> records_;
  std::vector<std::pair<ObjectId, Place>> files_;
  Place first_reached_ = 0;
  Place place_count_ = 0;
};

// The dominator tree: of each place the next towards the root, which comes before it in `order`.
struct Tree {
  std::vector<Place> parent;
  std::vector<Place> order;
  /// What the algorithm itself needs.
  std::vector<Place> number;
  std::vector<Place> found_from;

  // Inlined, g++ 12 sees a vector deleted within its memory, which it isn't.
  [[gnu::noinline]] explicit Tree(const Reached& reached)
      : parent(reached.place_count(), kNowhere), order(parent), number(parent), found_from(parent) {
    const Compact graph = reached.graph();
    const auto index = get(boost::vertex_index, graph);
    const Place root = 0;
    boost::lengauer_tarjan_dominator_tree(
        graph, root, index, boost::make_iterator_property_map(number.begin(), index),
        boost::make_iterator_property_map(found_from.begin(), index), order,
        boost::make_iterator_property_map(parent.begin(), index));
  }
};

std::int64_t bytes_of(const Catalog& catalog, const State& state, ObjectId file) {
  switch (catalog.kind(file)) {
    case ObjectKind::kBlobFile: {
      const BlobId blob = catalog.blob_of(file);
      return blob == kNone<BlobId> ? 0 : catalog.blob(blob).size_bytes;
    }
    case ObjectKind::kIngestFile:
      return state.scalar(file, ScalarKind::kWritten).value_or(0);
    default:
      return directory_bytes(catalog, state, file);
  }
}

}  // namespace

Retention retention(const Catalog& catalog, const Profile& profile, const State& state, Time now) {
  const LiveGraph live(catalog, profile, state, now);
  const Reached reached(live);
  const Tree tree(reached);
  struct Sum {
    std::uint32_t record_count = 0;
    std::int64_t file_bytes = 0;
  };
  std::vector<Sum> sums(reached.place_count());
  Retention out;
  out.keeper.assign(catalog.object_count(), kNone<ObjectId>);
  for (const auto& [object, place] : reached.records()) {
    sums[place].record_count = 1;
    Place above = tree.parent[place];
    while (reached.reached_at(above) == object) above = tree.parent[above];
    out.keeper[index_of(object)] = reached.reached_at(above);
  }
  for (const auto& [file, place] : reached.files()) {
    sums[place].file_bytes = bytes_of(catalog, state, file);
  }
  for (std::size_t i = tree.order.size() - 1; i > 0; --i) {
    const Sum& sum = sums[tree.order[i]];
    Sum& above = sums[tree.parent[tree.order[i]]];
    above.record_count += sum.record_count;
    above.file_bytes += sum.file_bytes;
  }
  for (std::size_t i = 0; i < reached.roots().size(); ++i) {
    const Sum& sum = sums[reached.place_of_root(i)];
    out.roots.push_back({reached.roots()[i], sum.record_count, sum.file_bytes});
  }
  return out;
}

}  // namespace sweepcheck
