#include "properties/facts/reference_collector.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/two_bit_color_map.hpp>
#include <boost/pending/queue.hpp>

#include "model/graph/live_graph_bgl.hpp"

namespace sweepcheck {
namespace {

class Discover : public boost::default_bfs_visitor {
 public:
  explicit Discover(Bits& reached) : reached_(&reached) {}
  void discover_vertex(LiveVertex vertex, const LiveGraph& graph) const {
    if (vertex != graph.root()) reached_->set(index_of(graph.object_of(vertex)));
  }

 private:
  Bits* reached_;
};

}  // namespace

Bits reference_reachable(const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
  const LiveGraph graph(catalog, profile, state, now);
  Bits reached;
  boost::queue<LiveVertex> queue;
  boost::breadth_first_visit(
      graph, graph.root(), queue, Discover(reached),
      boost::make_two_bit_color_map(graph.vertex_count(), get(boost::vertex_index, graph)));
  return reached;
}

}  // namespace sweepcheck
