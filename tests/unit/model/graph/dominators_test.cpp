// What dominators say a root alone keeps is what goes without it: by brute force, on random states.
#include "model/graph/dominators.hpp"

#include <gtest/gtest.h>

#include <set>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/graph/live_graph.hpp"
#include "model/inspect.hpp"
#include "tests/unit/model/graph/random_states.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

// Vertices that can be reached if one is missing, or if the edge from the root above all to it is.
std::vector<bool> reached_without(const LiveGraph& graph, LiveVertex missing, bool only_as_root) {
  std::vector<bool> reached(graph.vertex_count());
  std::vector<LiveVertex> todo{graph.root()};
  reached[graph.root()] = true;
  while (!todo.empty()) {
    const LiveVertex from = todo.back();
    todo.pop_back();
    for (const LiveEdge& edge : graph.out_edges(from)) {
      if (edge.to == missing && (!only_as_root || from == graph.root())) continue;
      if (reached[edge.to]) continue;
      reached[edge.to] = true;
      todo.push_back(edge.to);
    }
  }
  return reached;
}

bool keeps(const LiveGraph& graph, const std::vector<bool>& reached, ObjectId object) {
  return reached[graph.full(object)] || reached[graph.flat(object)];
}

// Bytes on disk once all that isn't kept is swept, and all files without a record are removed.
std::int64_t bytes_left(const LiveGraph& graph, const std::vector<bool>& reached) {
  const Catalog& catalog = graph.catalog();
  State left = graph.state();
  graph.state().objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    switch (catalog.kind(object)) {
      case ObjectKind::kImage:
      case ObjectKind::kContent:
      case ObjectKind::kIngest:
      case ObjectKind::kSnapshot:
        if (!keeps(graph, reached, object)) drop_object(catalog, left, object);
        break;
      default:
        break;
    }
  });
  CollectionScratch scratch;
  clean_content(catalog, left, scratch);
  std::set<StringId> snapshotters;
  catalog.of_kind(ObjectKind::kSnapshotDirectory).for_each([&](std::uint32_t index) {
    snapshotters.insert(catalog.key(static_cast<ObjectId>(index)).scope);
  });
  for (const StringId each : snapshotters) clean_snapshots(catalog, each, left, scratch);
  const DiskUsage usage = disk_usage(catalog, left);
  return usage.content_bytes + usage.ingest_bytes + usage.snapshot_bytes;
}

TEST(Dominators, ARootAloneKeepsWhatGoesWithoutIt) {
  std::uint32_t shared_count = 0;
  std::uint32_t root_count = 0;
  const auto judge = [&](const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
    const LiveGraph graph(catalog, profile, state, now);
    const auto all = reached_without(graph, kNone<LiveVertex>, false);
    const Retention found = retention(catalog, profile, state, now);
    for (const RootHold& hold : found.roots) {
      const auto left = reached_without(graph, graph.full(hold.root), true);
      RootHold expected{hold.root, 0, bytes_left(graph, all) - bytes_left(graph, left)};
      state.objects.for_each([&](std::uint32_t index) {
        const auto object = static_cast<ObjectId>(index);
        if (keeps(graph, all, object) && !keeps(graph, left, object)) ++expected.record_count;
      });
      ASSERT_EQ(hold, expected) << catalog.describe(hold.root) << ": " << hold.record_count << " "
                                << expected.record_count << ", " << hold.file_bytes << " "
                                << expected.file_bytes;
      ++root_count;
      shared_count += hold.record_count == 1 ? 1 : 0;
    }
  };
  test::for_each_random_state(25, 12, judge);
  EXPECT_GE(root_count, 300U);
  EXPECT_GE(root_count, shared_count + 100);
}

TEST(Dominators, AKeeperIsTheNearestThatAllPathsGoThrough) {
  std::uint32_t kept_count = 0;
  const auto judge = [&](const Catalog& catalog, const Profile& profile, const State& state,
                         Time now) {
    const LiveGraph graph(catalog, profile, state, now);
    const auto all = reached_without(graph, kNone<LiveVertex>, false);
    const Retention found = retention(catalog, profile, state, now);
    // By vertex: what is not reached without it.
    std::vector<std::vector<bool>> without(graph.vertex_count());
    for (LiveVertex vertex = 0; vertex < graph.root(); ++vertex) {
      if (all[vertex]) without[vertex] = reached_without(graph, vertex, false);
    }
    state.objects.for_each([&](std::uint32_t index) {
      const auto object = static_cast<ObjectId>(index);
      if (!keeps(graph, all, object)) return;
      std::vector<LiveVertex> needed;
      for (LiveVertex vertex = 0; vertex < graph.root(); ++vertex) {
        if (!all[vertex] || graph.object_of(vertex) == object) continue;
        if (!keeps(graph, without[vertex], object)) needed.push_back(vertex);
      }
      // The nearest is needed last: without any of the others it isn't reached itself.
      ObjectId nearest = kNone<ObjectId>;
      for (const LiveVertex vertex : needed) {
        const bool last = std::all_of(needed.begin(), needed.end(), [&](LiveVertex other) {
          return other == vertex || !without[other][vertex];
        });
        if (last) nearest = graph.object_of(vertex);
      }
      ASSERT_EQ(found.keeper[index], nearest) << catalog.describe(object);
      kept_count += nearest == kNone<ObjectId> ? 0 : 1;
    });
  };
  test::for_each_random_state(3, 10, judge);
  EXPECT_GE(kept_count, 50U);
}

class DominatorsOfStore : public StoreTest {};

// One file, two namespaces: neither frees it alone.
TEST_F(DominatorsOfStore, AFileCountsWithAllItsRecords) {
  write("sha256:a");
  Opened opened = Opened::kNew;
  Metadata other = metadata("", "other");
  ASSERT_FALSE(other.open_writer(id("sha256:a"), id("sha256:a"), opened));
  ASSERT_FALSE(other.commit(id("sha256:a"), id("sha256:a")));
  ASSERT_FALSE(metadata().create_image(id("app"), id("sha256:a")));
  ASSERT_FALSE(other.create_image(id("app"), id("sha256:a")));
  const auto hold = [&] {
    return retention(catalog, *node().profile, node().state, world.now).roots.front();
  };
  EXPECT_EQ(hold(), (RootHold{image("app"), 2, 0}));
  ASSERT_FALSE(other.delete_image(id("app")));
  EXPECT_EQ(hold(), (RootHold{image("app"), 2, 100}));
}

}  // namespace
}  // namespace sweepcheck
