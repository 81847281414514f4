#include "properties/reference_collector.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/pending/queue.hpp>
#include <vector>

#include "model/collector.hpp"

namespace sweepcheck {
namespace {

struct Reference {
  FactId fact = kNone<FactId>;
};
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                    Reference>;
using EdgeId = boost::graph_traits<Graph>::edge_descriptor;

// The references that exist in one state, as the profile follows them.
struct IsLive {
  const Graph* graph = nullptr;
  const Catalog* catalog = nullptr;
  const Profile* profile = nullptr;
  const State* state = nullptr;
  Time now = 0;
  // Flat: only parents of snapshots and targets of images.
  bool flat = false;

  bool operator()(const EdgeId& edge) const {
    const FactId fact = (*graph)[edge].fact;
    if (!is_followed(*catalog, *profile, *state, now, fact)) return false;
    if (!flat) return true;
    const Meaning meaning = catalog->meaning(fact);
    return meaning == Meaning::kParent || meaning == Meaning::kTarget;
  }
};

Graph whole_graph(const Catalog& catalog) {
  Graph graph(catalog.object_count());
  for (std::uint32_t object = 0; object < catalog.object_count(); ++object) {
    catalog.for_each_reference(static_cast<ObjectId>(object), [&](FactId fact, ObjectId target) {
      boost::add_edge(object, index_of(target), Reference{fact}, graph);
    });
  }
  return graph;
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

void search(const Graph& graph, const IsLive& is_live, const std::vector<std::uint32_t>& roots,
            Bits& reached) {
  const boost::filtered_graph<Graph, IsLive> live(graph, is_live);
  std::vector<boost::default_color_type> colours(boost::num_vertices(graph));
  boost::queue<std::size_t> queue;
  boost::breadth_first_visit(
      live, roots.begin(), roots.end(), queue, Discover(reached),
      boost::make_iterator_property_map(colours.begin(), boost::get(boost::vertex_index, live)));
}

bool is_flat(const Catalog& catalog, const State& state, ObjectId lease) {
  bool flat = false;
  catalog.for_each_owned(lease, [&](FactId fact) {
    if (state.has(fact) && catalog.meaning(fact) == Meaning::kFlat) flat = true;
  });
  return flat;
}

}  // namespace

Bits reference_reachable(const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
  const Graph graph = whole_graph(catalog);
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
    catalog.for_each_owned(object, [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kLeaseResource || !state.has(fact)) return;
      const ObjectId member = catalog.target(fact);
      const bool ingest = catalog.kind(member) == ObjectKind::kIngest;
      (ingest ? roots : flat_roots).push_back(index_of(member));
    });
  });
  search(graph, {&graph, &catalog, &profile, &state, now, false}, roots, reached);
  search(graph, {&graph, &catalog, &profile, &state, now, true}, flat_roots, reached);
  return reached;
}

}  // namespace sweepcheck
