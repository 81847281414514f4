#include "model/graph/graphviz.hpp"

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/graph/two_bit_color_map.hpp>
#include <boost/pending/queue.hpp>
#include <sstream>

#include "model/collector.hpp"
#include "model/graph/live_graph_bgl.hpp"

namespace sweepcheck {
namespace {

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

// What the collector looks at: not namespaces, and not files.
bool is_record(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kImage:
    case ObjectKind::kContent:
    case ObjectKind::kIngest:
    case ObjectKind::kSnapshot:
    case ObjectKind::kLease:
    case ObjectKind::kContainer:
    case ObjectKind::kSandbox:
      return true;
    default:
      return false;
  }
}

class Reach : public boost::default_bfs_visitor {
 public:
  explicit Reach(Bits& reached) : reached_(&reached) {}
  void discover_vertex(LiveVertex vertex, const LiveGraph&) const { reached_->set(vertex); }

 private:
  Bits* reached_;
};

// Which vertices the picture shows: each record once, in the colour in which it is reached, or
// twice, if it is in both; and whatever those name.
struct Shown {
  Bits reached;
  Bits vertices;

  explicit Shown(const LiveGraph& graph) {
    boost::queue<LiveVertex> queue;
    boost::breadth_first_visit(
        graph, graph.root(), queue, Reach(reached),
        boost::make_two_bit_color_map(graph.vertex_count(), get(boost::vertex_index, graph)));
    graph.state().objects.for_each([&](std::uint32_t index) {
      const auto object = static_cast<ObjectId>(index);
      if (!is_record(graph.catalog().kind(object))) return;
      const bool flat = reached.test(graph.flat(object));
      if (flat) vertices.set(graph.flat(object));
      if (!flat || reached.test(graph.full(object))) vertices.set(graph.full(object));
    });
    const Bits records = vertices;
    records.for_each([&](std::uint32_t vertex) {
      for (const LiveEdge& edge : graph.out_edges(vertex)) {
        if (!graph.state().has(graph.object_of(edge.to))) vertices.set(edge.to);
      }
    });
  }
};

// Predicates of boost::filtered_graph, which wants them to have a default.
struct VertexShown {
  const Shown* shown = nullptr;
  bool operator()(LiveVertex vertex) const { return shown->vertices.test(vertex); }
};

class Writer {
 public:
  Writer(const LiveGraph& graph, const Shown& shown, const Profile& profile, Time now)
      : graph_(graph), shown_(shown), profile_(profile), now_(now) {}

  void write_vertex(std::ostream& out, LiveVertex vertex) const {
    const Catalog& catalog = graph_.catalog();
    const ObjectId object = graph_.object_of(vertex);
    std::string label = catalog.describe(object);
    label[kind_name(catalog.kind(object)).size()] = '\n';
    out << "[label=" << dot_text(label);
    if (!graph_.state().has(object)) {
      out << ", style=dotted";
    } else if (graph_.is_flat(vertex)) {
      out << ", style=dashed";
    }
    if (!graph_.is_flat(vertex) && is_root(catalog, profile_, graph_.state(), now_, object)) {
      out << ", peripheries=2";
    }
    out << grey(vertex) << "]";
  }

  void write_edge(std::ostream& out, const LiveEdge& edge) const {
    constexpr std::string_view kCommon = "containerd.io/";
    const Catalog& catalog = graph_.catalog();
    std::string label;
    if (catalog.is_label(edge.fact)) {
      label = catalog.display(catalog.label_key(edge.fact));
      if (label.starts_with(kCommon)) label.erase(0, kCommon.size());
    } else {
      label = catalog.describe(edge.fact);
      label.resize(label.find(' '));
    }
    out << "[label=" << dot_text(label) << grey(edge.from) << "]";
  }

 private:
  std::string_view grey(LiveVertex vertex) const {
    return shown_.reached.test(vertex) ? "" : ", color=grey, fontcolor=grey";
  }

  const LiveGraph& graph_;
  const Shown& shown_;
  const Profile& profile_;
  const Time now_;
};

}  // namespace

std::string live_graph_dot(const Catalog& catalog, const Profile& profile, const State& state,
                           Time now, std::string_view title) {
  const LiveGraph graph(catalog, profile, state, now);
  const Shown shown(graph);
  const Writer writer(graph, shown, profile, now);
  const boost::filtered_graph<LiveGraph, boost::keep_all, VertexShown> picture(
      graph, boost::keep_all{}, VertexShown{&shown});
  std::ostringstream out;
  boost::write_graphviz(
      out, picture, [&](std::ostream& to, LiveVertex vertex) { writer.write_vertex(to, vertex); },
      [&](std::ostream& to, const LiveEdge& edge) { writer.write_edge(to, edge); },
      [&](std::ostream& to) {
        to << "label=" << dot_text(title) << ";\nrankdir=LR;\nnode[shape=box];\n";
      },
      boost::typed_identity_property_map<LiveVertex>{});
  return out.str();
}

}  // namespace sweepcheck
