// The live graph is the one that the collector walks: its reachable vertices are what a mark
// reaches, in either colour, and paths over it are shortest.
#include "model/graph/live_graph.hpp"

#include <gtest/gtest.h>

#include "model/collector.hpp"
#include "model/explain.hpp"
#include "model/graph/graphviz.hpp"
#include "tests/unit/model/graph/random_states.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint32_t kFar = 0xffffffffU;

// Steps from the root above all, by vertex, found by going over all edges until nothing changes.
std::vector<std::uint32_t> distances(const LiveGraph& graph) {
  std::vector<std::uint32_t> far(graph.vertex_count(), kFar);
  far[graph.root()] = 0;
  for (bool nearer = true; nearer;) {
    nearer = false;
    for (LiveVertex from = 0; from < graph.vertex_count(); ++from) {
      if (far[from] == kFar) continue;
      for (const LiveEdge& edge : graph.out_edges(from)) {
        if (far[edge.to] <= far[from] + 1) continue;
        far[edge.to] = far[from] + 1;
        nearer = true;
      }
    }
  }
  return far;
}

class LiveGraphOfStore : public StoreTest {
 protected:
  LiveGraph graph() { return {catalog, *node().profile, node().state, world.now}; }
  std::vector<ObjectId> next(LiveVertex from) {
    std::vector<ObjectId> out;
    const LiveGraph live = graph();
    for (const LiveEdge& edge : live.out_edges(from)) out.push_back(live.object_of(edge.to));
    return out;
  }
};

TEST_F(LiveGraphOfStore, FlatLeasesHoldFlatVertices) {
  write("sha256:a");
  write("sha256:b");
  label(content("sha256:a"), "containerd.io/gc.ref.content", "sha256:b");
  commit("low");
  commit("high", "low");
  create_lease("flat");
  label(lease("flat"), "containerd.io/gc.flat", "true");
  hold("flat", content("sha256:a"));
  hold("flat", snapshot("high"));
  hold("flat", metadata().ingest(id("i")));
  const LiveGraph live = graph();
  EXPECT_EQ(next(live.root()), std::vector{lease("flat")});
  std::vector<LiveVertex> held;
  for (const LiveEdge& edge : live.out_edges(live.full(lease("flat")))) held.push_back(edge.to);
  EXPECT_EQ(held, (std::vector{live.full(metadata().ingest(id("i"))), live.flat(snapshot("high")),
                               live.flat(content("sha256:a"))}));
  EXPECT_EQ(next(live.flat(content("sha256:a"))), std::vector<ObjectId>{});
  EXPECT_EQ(next(live.full(content("sha256:a"))), std::vector{content("sha256:b")});
  EXPECT_EQ(next(live.flat(snapshot("high"))), std::vector{snapshot("low")});
}

TEST(LiveGraph, ReachesWhatAMarkReaches) {
  std::uint32_t flat_count = 0;
  std::uint32_t state_count = 0;
  const auto judge = [&](const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
    ++state_count;
    const LiveGraph graph(catalog, profile, state, now);
    const std::vector<std::uint32_t> far = distances(graph);
    Marking marking;
    mark(catalog, profile, state, now, marking);
    for (std::uint32_t index = 0; index < catalog.object_count(); ++index) {
      const auto object = static_cast<ObjectId>(index);
      ASSERT_EQ(far[graph.full(object)] != kFar, marking.reached.test(index))
          << catalog.describe(object);
      ASSERT_EQ(far[graph.flat(object)] != kFar, marking.reached_flat.test(index))
          << catalog.describe(object);
      flat_count += marking.reached_flat.test(index) ? 1 : 0;
    }
  };
  test::for_each_random_state(25, 12, judge);
  EXPECT_GE(state_count, 200U);
  EXPECT_GE(flat_count, 20U) << "the histories have too few flat leases";
}

TEST(LiveGraph, PathsAreShortestAndLive) {
  std::uint32_t path_count = 0;
  const auto judge = [&](const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
    const LiveGraph graph(catalog, profile, state, now);
    const std::vector<std::uint32_t> far = distances(graph);
    for (std::uint32_t index = 0; index < catalog.object_count(); ++index) {
      const auto object = static_cast<ObjectId>(index);
      const std::vector<Link> path = path_from_root(catalog, profile, state, now, object);
      const bool full = far[graph.full(object)] != kFar;
      const std::uint32_t steps = far[full ? graph.full(object) : graph.flat(object)];
      ASSERT_EQ(path.size(), steps == kFar ? 0U : steps) << catalog.describe(object);
      if (path.empty()) continue;
      ++path_count;
      ASSERT_TRUE(is_root(catalog, profile, state, now, path.front().object));
      ASSERT_EQ(path.back().object, object);
      ASSERT_EQ(path.back().fact, kNone<FactId>);
      for (const Link& link : path) {
        if (link.fact == kNone<FactId>) continue;
        ASSERT_TRUE(is_followed(catalog, profile, state, now, link.fact));
      }
    }
  };
  test::for_each_random_state(5, 12, judge);
  EXPECT_GE(path_count, 100U);
}

TEST_F(LiveGraphOfStore, WhatNothingReachesHasNoPath) {
  write("sha256:a");
  ASSERT_EQ(index_of(content("sha256:a")), 0U) << "the first object is the one to test";
  const auto path = [&] {
    return path_from_root(catalog, *node().profile, node().state, world.now, content("sha256:a"));
  };
  EXPECT_TRUE(path().empty());
  ASSERT_FALSE(metadata().create_image(id("app"), id("sha256:a")));
  EXPECT_EQ(path_text(catalog, path()), "image default app -> content default sha256:a");
}

// A picture shows roots, what they keep, garbage, and names of what is absent.
TEST_F(LiveGraphOfStore, IsDrawn) {
  write("sha256:a");
  write("sha256:b");
  catalog.set_alias(id("sha256:a"), "manifest:\"a\"");
  label(content("sha256:a"), "containerd.io/gc.ref.content.l.0", "sha256:gone");
  ASSERT_FALSE(metadata().create_image(id("app"), id("sha256:a")));
  const std::string drawn =
      live_graph_dot(catalog, *node().profile, node().state, world.now, "node");
  const auto number = [](ObjectId object) { return std::to_string(index_of(object)); };
  const std::string image_id = number(image("app"));
  const std::string a = number(content("sha256:a"));
  const std::string gone = number(content("sha256:gone"));
  std::vector<std::string> lines;
  std::istringstream in(drawn);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const auto has = [&](const std::string& line) {
    EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line << "\n" << drawn;
  };
  has("digraph G {");
  has("label=\"node\";");
  has(image_id + "[label=\"image\\ndefault app\", peripheries=2];");
  has(a + "[label=\"content\\ndefault manifest:\\\"a\\\"\"];");
  has(number(content("sha256:b")) +
      "[label=\"content\\ndefault sha256:b\", color=grey, fontcolor=grey];");
  has(gone + "[label=\"content\\ndefault sha256:gone\", style=dotted];");
  has(image_id + "->" + a + " [label=\"target\"];");
  has(a + "->" + gone + " [label=\"gc.ref.content.l.0\"];");
  EXPECT_EQ(drawn.find("blob file"), std::string::npos);
}

}  // namespace
}  // namespace sweepcheck
