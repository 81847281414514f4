// LiveGraph as Boost.Graph's concepts have it: a VertexListGraph, an IncidenceGraph and an
// EdgeListGraph, with its vertices as their own index. For source files: this header includes
// Boost.Graph. The catalog has no lists of what refers to an object, so in_edges are not to be had.
#pragma once

#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/property_map/property_map.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "model/graph/live_graph.hpp"

namespace sweepcheck {

/// Goes over all edges, by the vertices at which they start.
class LiveEdgeIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = LiveEdge;
  using difference_type = std::ptrdiff_t;
  using pointer = const LiveEdge*;
  using reference = LiveEdge;

  LiveEdgeIterator() = default;
  LiveEdgeIterator(const LiveGraph& graph, LiveVertex from) : graph_(&graph), from_(from) {
    if (from_ != graph.vertex_count()) enter();
  }
  LiveEdge operator*() const { return *edges_.first; }
  LiveEdgeIterator& operator++() {
    ++edges_.first;
    skip();
    return *this;
  }
  LiveEdgeIterator operator++(int) {
    const LiveEdgeIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LiveEdgeIterator& other) const {
    return from_ == other.from_ &&
           (from_ == graph_->vertex_count() || edges_.first == other.edges_.first);
  }

 private:
  void enter() {
    edges_ = graph_->out_edges(from_);
    skip();
  }
  void skip() {
    while (edges_.first == edges_.last) {
      if (++from_ == graph_->vertex_count()) return;
      edges_ = graph_->out_edges(from_);
    }
  }

  const LiveGraph* graph_ = nullptr;
  LiveVertex from_ = 0;
  LiveGraph::OutEdges edges_;
};

inline LiveVertex source(const LiveEdge& edge, const LiveGraph&) { return edge.from; }
inline LiveVertex target(const LiveEdge& edge, const LiveGraph&) { return edge.to; }
inline LiveVertex num_vertices(const LiveGraph& graph) { return graph.vertex_count(); }
inline std::pair<boost::counting_iterator<LiveVertex>, boost::counting_iterator<LiveVertex>>
vertices(const LiveGraph& graph) {
  return {boost::counting_iterator<LiveVertex>(0),
          boost::counting_iterator<LiveVertex>(graph.vertex_count())};
}
inline std::pair<LiveGraph::OutEdgeIterator, LiveGraph::OutEdgeIterator> out_edges(
    LiveVertex from, const LiveGraph& graph) {
  const LiveGraph::OutEdges range = graph.out_edges(from);
  return {range.first, range.last};
}
inline std::uint32_t out_degree(LiveVertex from, const LiveGraph& graph) {
  const LiveGraph::OutEdges range = graph.out_edges(from);
  return static_cast<std::uint32_t>(std::distance(range.first, range.last));
}
inline std::pair<LiveEdgeIterator, LiveEdgeIterator> edges(const LiveGraph& graph) {
  return {LiveEdgeIterator(graph, 0), LiveEdgeIterator(graph, graph.vertex_count())};
}
inline std::size_t num_edges(const LiveGraph& graph) {
  const auto [first, last] = edges(graph);
  return static_cast<std::size_t>(std::distance(first, last));
}
inline boost::typed_identity_property_map<LiveVertex> get(boost::vertex_index_t, const LiveGraph&) {
  return {};
}
inline LiveVertex get(boost::vertex_index_t, const LiveGraph&, LiveVertex vertex) { return vertex; }

}  // namespace sweepcheck

namespace boost {

template <>
struct graph_traits<sweepcheck::LiveGraph> {
  using vertex_descriptor = sweepcheck::LiveVertex;
  using edge_descriptor = sweepcheck::LiveEdge;
  using directed_category = directed_tag;
  using edge_parallel_category = allow_parallel_edge_tag;
  struct traversal_category : incidence_graph_tag, vertex_list_graph_tag, edge_list_graph_tag {};
  using vertex_iterator = counting_iterator<sweepcheck::LiveVertex>;
  using out_edge_iterator = sweepcheck::LiveGraph::OutEdgeIterator;
  using edge_iterator = sweepcheck::LiveEdgeIterator;
  using in_edge_iterator = void;
  using adjacency_iterator = void;
  using vertices_size_type = sweepcheck::LiveVertex;
  using edges_size_type = std::size_t;
  using degree_size_type = std::uint32_t;
  static vertex_descriptor null_vertex() { return 0xffffffffU; }
};

template <>
struct property_map<sweepcheck::LiveGraph, vertex_index_t> {
  using type = typed_identity_property_map<sweepcheck::LiveVertex>;
  using const_type = type;
};

}  // namespace boost
