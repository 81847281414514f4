// Time that passes on 10,000 nodes whose schedulers run: what finding the next due node costs. An
// item is one node that is due. `a_second_passes` lets each be due once an advance, `a_tick_passes`
// advances from one due node to the next, as a driver does that has events of its own in between.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "model/simulation.hpp"

namespace sweepcheck::bench {
namespace {

constexpr std::size_t kNodes = 10'000;

struct Fleet {
  Fleet() : simulation(catalog) {
    Policy policy;
    policy.scheduler.runs = true;
    for (std::size_t i = 0; i < kNodes; ++i) {
      // One policy for each of a hundred startup delays.
      policy.scheduler.startup_delay = static_cast<Duration>(1 + i * 37 % 100) * kMillisecond;
      simulation.add_node("node" + std::to_string(i), *find_profile("containerd-2.1"), policy);
    }
    // Each node's first tick collects; later ones find nothing.
    simulation.world().advance(kSecond);
  }

  bool is_right() const {
    const World& world = simulation.world();
    return world.collection_count == kNodes &&
           std::all_of(world.nodes.begin(), world.nodes.end(),
                       [&](const Node& node) { return node.scheduler.next > world.now; });
  }

  Catalog catalog;
  Simulation simulation;
};

void a_second_passes(benchmark::State& run) {
  Fleet fleet;
  for (auto _ : run) fleet.simulation.world().advance(kSecond);
  if (!fleet.is_right()) run.SkipWithError("a node was passed over");
  run.SetItemsProcessed(run.iterations() * static_cast<std::int64_t>(kNodes));
}
BENCHMARK(a_second_passes);

void a_tick_passes(benchmark::State& run) {
  Fleet fleet;
  for (auto _ : run) fleet.simulation.world().advance(kMillisecond / 10);
  if (!fleet.is_right()) run.SkipWithError("a node was passed over");
  run.SetItemsProcessed(run.iterations());
}
BENCHMARK(a_tick_passes);

}  // namespace
}  // namespace sweepcheck::bench
