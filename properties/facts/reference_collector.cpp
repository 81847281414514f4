#include "properties/facts/reference_collector.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/pending/queue.hpp>
#include <utility>
#include <vector>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"

namespace sweepcheck {
namespace {

using Graph = boost::compressed_sparse_row_graph<boost::directedS>;

// Which of the references that the profile follows: of what a flat lease names, only parents of
// snapshots and targets of images.
enum class Followed : std::uint8_t { kAll, kFlat };

// The references that exist in one state. Absent objects are vertices, too: a back reference may
// start at one.
Graph live_graph(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                 Followed followed) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t object = 0; object < catalog.object_count(); ++object) {
    catalog.for_each_reference(static_cast<ObjectId>(object), [&](FactId fact, ObjectId target) {
      if (!is_followed(catalog, profile, state, now, fact)) return;
      const Meaning meaning = catalog.meaning(fact);
      const bool flat = meaning == Meaning::kParent || meaning == Meaning::kTarget;
      if (flat || followed == Followed::kAll) edges.emplace_back(object, index_of(target));
    });
  }
  return {boost::edges_are_sorted, edges.begin(), edges.end(), catalog.object_count()};
}

class Discover : public boost::default_bfs_visitor {
 public:
  explicit Discover(Bits& reached) : reached_(&reached) {}
  template <typename Vertex, typename AnyGraph>
  void discover_vertex(Vertex vertex, const AnyGraph&) {
    reached_->set(static_cast<std::uint32_t>(vertex));
  }

 private:
  Bits* reached_;
};

void search(const Graph& graph, const std::vector<std::uint32_t>& roots, Bits& reached) {
  std::vector<boost::default_color_type> colours(boost::num_vertices(graph));
  boost::queue<std::size_t> queue;
  boost::breadth_first_visit(
      graph, roots.begin(), roots.end(), queue, Discover(reached),
      boost::make_iterator_property_map(colours.begin(), boost::get(boost::vertex_index, graph)));
}

bool is_flat(const Catalog& catalog, const State& state, ObjectId lease) {
  bool flat = false;
  for_each_true(catalog, state, lease,
                [&](FactId fact) { flat = flat || catalog.meaning(fact) == Meaning::kFlat; });
  return flat;
}

}  // namespace

Bits reference_reachable(const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
  std::vector<std::uint32_t> roots;
  std::vector<std::uint32_t> flat_roots;
  Bits reached;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (!is_root(catalog, profile, state, now, object)) return;
    if (catalog.kind(object) != ObjectKind::kLease || !is_flat(catalog, state, object)) {
      roots.push_back(index);
      return;
    }
    reached.set(index);
    for_each_true(catalog, state, object, [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kLeaseResource) return;
      const ObjectId member = catalog.target(fact);
      const bool ingest = catalog.kind(member) == ObjectKind::kIngest;
      (ingest ? roots : flat_roots).push_back(index_of(member));
    });
  });
  search(live_graph(catalog, profile, state, now, Followed::kAll), roots, reached);
  if (!flat_roots.empty()) {
    search(live_graph(catalog, profile, state, now, Followed::kFlat), flat_roots, reached);
  }
  return reached;
}

}  // namespace sweepcheck
