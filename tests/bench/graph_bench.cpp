// Boost.Graph's algorithms on the live graph of a store, of which half is garbage. `peak_bytes` is
// the most memory that the process had, catalog and state included: run one at a time.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "model/graph/dominators.hpp"
#include "tests/bench/synthetic.hpp"

namespace sweepcheck::bench {
namespace {

double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

void dominators(benchmark::State& run, Order order) {
  const auto object_count = static_cast<std::uint32_t>(run.range(0));
  const Store store = make_store(object_count, order);
  const Profile& profile = *find_profile("containerd-2.1");
  const double before = peak_bytes();
  for (auto _ : run) {
    const Retention found = retention(*store.catalog, profile, store.state, kEpoch);
    std::uint64_t kept = 0;
    for (const RootHold& hold : found.roots) kept += hold.record_count;
    if (kept + store.garbage_count != store.state.objects.count()) {
      run.SkipWithError("the roots do not keep exactly what is not garbage");
      break;
    }
  }
  run.counters["store_bytes"] = before;
  run.counters["peak_bytes"] = peak_bytes();
}

BENCHMARK_CAPTURE(dominators, creation, Order::kCreation)
    ->Arg(100'000)
    ->Arg(2'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dominators, shuffled, Order::kShuffled)
    ->Arg(2'000'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepcheck::bench
