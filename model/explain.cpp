#include "model/explain.hpp"

#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/two_bit_color_map.hpp>
#include <queue>

#include "model/collector.hpp"
#include "model/graph/live_graph_bgl.hpp"

namespace sweepcheck {

namespace {

// Notes the edge by which each vertex was found, and when the goal was.
class Trail : public boost::default_bfs_visitor {
 public:
  Trail(LiveVertex goal, std::vector<LiveEdge>& came_by, bool& found)
      : goal_(goal), came_by_(&came_by), found_(&found) {}
  void tree_edge(const LiveEdge& edge, const LiveGraph&) const { (*came_by_)[edge.to] = edge; }
  void discover_vertex(LiveVertex vertex, const LiveGraph&) const {
    if (vertex == goal_) *found_ = true;
  }

 private:
  LiveVertex goal_;
  std::vector<LiveEdge>* came_by_;
  bool* found_;
};

// Is empty as soon as the goal is found, which ends the search.
class UntilFound {
 public:
  explicit UntilFound(const bool& found) : found_(&found) {}
  void push(LiveVertex vertex) { queue_.push(vertex); }
  void pop() { queue_.pop(); }
  LiveVertex& top() { return queue_.front(); }
  bool empty() const { return *found_ || queue_.empty(); }

 private:
  const bool* found_;
  std::queue<LiveVertex> queue_;
};

}  // namespace

std::vector<Link> path_from_root(const Catalog& catalog, const Profile& profile, const State& state,
                                 Time now, ObjectId object) {
  const LiveGraph graph(catalog, profile, state, now);
  constexpr auto kNowhere = kNone<LiveVertex>;
  std::vector<LiveEdge> came_by(graph.vertex_count(), {kNowhere, kNowhere, kNone<FactId>});
  bool found = false;
  UntilFound queue(found);
  boost::breadth_first_visit(
      graph, graph.root(), queue, Trail(graph.full(object), came_by, found),
      boost::make_two_bit_color_map(graph.vertex_count(), get(boost::vertex_index, graph)));
  // What is kept in full is explained so, even if a flat lease is nearer.
  LiveVertex at = found ? graph.full(object) : graph.flat(object);
  std::vector<Link> path;
  if (came_by[at].from == kNowhere) return path;
  path.push_back({object, kNone<FactId>});
  for (; came_by[at].from != graph.root(); at = came_by[at].from) {
    path.push_back({graph.object_of(came_by[at].from), came_by[at].fact});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::string lost_link(const Catalog& catalog, const Profile& profile, const State& before,
                      Time before_now, const State& after, Time after_now, ObjectId object) {
  const std::vector<Link> path = path_from_root(catalog, profile, before, before_now, object);
  if (path.empty()) return {};
  const ObjectId root = path.front().object;
  if (!after.has(root)) return catalog.describe(root) + " is gone";
  if (!is_root(catalog, profile, after, after_now, root)) {
    return catalog.describe(root) + " is no longer a root";
  }
  for (const Link& link : path) {
    if (link.fact == kNone<FactId>) break;
    if (is_followed(catalog, profile, after, after_now, link.fact)) continue;
    return catalog.describe(link.fact) + " of " + catalog.describe(catalog.owner(link.fact)) +
           " is gone";
  }
  return "its path from " + catalog.describe(root) + " is gone";
}

std::string path_text(const Catalog& catalog, const std::vector<Link>& path) {
  std::string out;
  for (const Link& link : path) {
    if (!out.empty()) out += " -> ";
    out += catalog.describe(link.object);
  }
  return out;
}

}  // namespace sweepcheck
