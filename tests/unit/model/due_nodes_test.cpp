// Aim: the index of due nodes gives what asking each node gives. Method: random changes against a
// plain table; and random schedules of many nodes, which the index serves, held against a
// plain loop that asks each node at each event, and against each node in a world of its own.
#include "model/due_nodes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/scheduler.hpp"
#include "model/simulation.hpp"
#include "model/time.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

TEST(DueNodes, FirstIsTheEarliestAndOfThoseTheLowest) {
  std::mt19937_64 random(1);
  constexpr std::size_t kCount = 40;
  DueNodes due;
  due.reset(kCount);
  std::vector<Time> plain(kCount, -1);
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t node = random() % kCount;
    // Few times, so that many are alike.
    const Time time = random() % 3 == 0 ? Time{-1} : static_cast<Time>(random() % 25);
    due.set(static_cast<NodeId>(node), time);
    plain[node] = time;
    std::size_t first = kCount;
    for (std::size_t n = 0; n < kCount; ++n) {
      if (plain[n] >= 0 && (first == kCount || plain[n] < plain[first])) first = n;
    }
    ASSERT_EQ(due.empty(), first == kCount);
    if (first == kCount) continue;
    ASSERT_EQ(due.first(), static_cast<NodeId>(first));
    ASSERT_EQ(due.first_time(), plain[first]);
  }
}

// Writes down who collects, and when.
class Diary final : public CollectionObserver {
 public:
  void collected(const World& world, NodeId node, const State&, std::span<const ObjectId>,
                 bool cleaned) override {
    if (!cleaned) entries.emplace_back(world.now, index_of(node));
  }
  std::vector<std::pair<Time, std::uint32_t>> entries;
};

// Many nodes with schedules of their own, and what is done to them. `asked`: time passes by a plain
// loop that asks each node at each event.
struct Fleet {
  static constexpr std::size_t kNodes = 3 * World::kAskedNodesMax;

  explicit Fleet(bool asked) : asked_(asked), simulation(catalog) {
    std::mt19937_64 random(2);
    for (std::size_t i = 0; i < kNodes; ++i) {
      Policy policy;
      policy.scheduler.runs = random() % 8 != 0;
      policy.scheduler.startup_delay = static_cast<Duration>(random() % 3) * kSecond;
      policy.scheduler.deletion_threshold = static_cast<std::int64_t>(random() % 3);
      policy.scheduler.mutation_threshold = static_cast<std::int64_t>(random() % 4);
      policy.scheduler.schedule_delay = static_cast<Duration>(random() % 2) * kMillisecond;
      simulation.add_node("node" + std::to_string(i), *find_profile("containerd-2.1"), policy);
    }
    simulation.world().observer.set(&diary);
  }

  void step(std::mt19937_64& random) {
    const auto node = static_cast<NodeId>(random() % kNodes);
    World& world = simulation.world();
    switch (random() % 8) {
      case 0:
        simulation.perform({.kind = ActionKind::kRestart, .node = node});
        break;
      case 1:
        simulation.perform({.kind = ActionKind::kKillDaemon, .node = node});
        break;
      case 2:
        simulation.perform({.kind = ActionKind::kCollect, .node = node});
        break;
      case 3:
      case 4: {
        Request request{.node = node, .space = catalog.intern("default")};
        request.type = find_operation_type(random() % 2 == 0 ? "create-lease" : "delete-lease");
        request.name = catalog.intern("lease" + std::to_string(random() % 3));
        simulation.perform({.kind = ActionKind::kOperation, .request = &request});
        break;
      }
      default:
        advance(world, static_cast<Duration>(random() % 2000) * kMillisecond);
    }
  }

  void advance(World& world, Duration duration) {
    if (!asked_) return world.advance(duration);
    const Time end = later(world.now, duration);
    for (;;) {
      Node* first = nullptr;
      for (Node& node : world.nodes) {
        if (!node.running || !node.policy->scheduler.runs || node.scheduler.next < 0) continue;
        if (node.scheduler.next > end) continue;
        if (!first || node.scheduler.next < first->scheduler.next) first = &node;
      }
      if (!first) break;
      world.now = std::max(world.now, first->scheduler.next);
      if (due(*first)) {
        world.collect(static_cast<NodeId>(first - world.nodes.data()));
      } else {
        const Duration interval = first->scheduler.interval;
        first->scheduler.next = world.now + interval * ((end - world.now) / interval + 1);
      }
    }
    world.now = end;
  }

  bool asked_;
  Catalog catalog;
  Diary diary;
  Simulation simulation;
};

TEST(DueNodes, SchedulesOfManyNodesAreAsIfEachWereAsked) {
  Fleet indexed(false);
  Fleet asked(true);
  std::mt19937_64 random(3), same(3);
  for (int i = 0; i < 4000; ++i) {
    indexed.step(random);
    asked.step(same);
    ASSERT_EQ(indexed.diary.entries, asked.diary.entries) << "step " << i;
    ASSERT_EQ(indexed.simulation.world().now, asked.simulation.world().now);
  }
  EXPECT_GT(indexed.diary.entries.size(), 500U);
}

// One node at a time, in a world of its own: the loop that asks, against the index.
TEST(DueNodes, EachNodeCollectsWhenItWouldAlone) {
  constexpr std::size_t kNodes = 50;
  const auto policy_of = [](std::size_t i) {
    Policy policy;
    policy.scheduler.runs = true;
    policy.scheduler.startup_delay = static_cast<Duration>(1 + i % 7) * kSecond;
    policy.scheduler.pause_threshold = 0.01 * static_cast<double>(1 + i % 5);
    return policy;
  };
  Catalog catalog;
  Simulation all(catalog);
  Diary diary;
  std::vector<std::pair<Time, std::uint32_t>> expected;
  for (std::size_t i = 0; i < kNodes; ++i) {
    all.add_node("node", *find_profile("containerd-2.1"), policy_of(i));
    Simulation alone(catalog);
    Diary own;
    alone.add_node("node", *find_profile("containerd-2.1"), policy_of(i));
    alone.world().observer.set(&own);
    alone.world().advance(kHour);
    for (const auto& [time, node] : own.entries) {
      expected.emplace_back(time, static_cast<std::uint32_t>(i));
    }
  }
  all.world().observer.set(&diary);
  all.world().advance(kHour);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(diary.entries, expected);
  EXPECT_GE(expected.size(), kNodes);
}

}  // namespace
}  // namespace sweepcheck
