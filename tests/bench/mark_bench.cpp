// Mark and sweep, by size and by the order of ids. `per_object` is the figure to compare: the
// whole collection's time over the objects of the store.
#include <benchmark/benchmark.h>

#include "model/collector.hpp"
#include "tests/bench/synthetic.hpp"

namespace sweepcheck::bench {
namespace {

void mark_and_sweep(benchmark::State& run, Order order) {
  const auto object_count = static_cast<std::uint32_t>(run.range(0));
  const Store store = make_store(object_count, order);
  const Profile& profile = *find_profile("containerd-2.1");
  Marking marking;
  std::vector<ObjectId> swept;
  State state = store.state;
  for (auto _ : run) {
    run.PauseTiming();
    state = store.state;
    swept.clear();
    run.ResumeTiming();
    mark(*store.catalog, profile, state, kEpoch, marking);
    sweep(*store.catalog, profile, marking, state, swept);
    if (swept.size() != store.garbage_count) {
      run.SkipWithError("the collection did not sweep exactly the garbage");
      break;
    }
  }
  run.counters["per_object"] = benchmark::Counter(
      static_cast<double>(object_count),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void mark_only(benchmark::State& run, Order order) {
  const auto object_count = static_cast<std::uint32_t>(run.range(0));
  const Store store = make_store(object_count, order);
  const Profile& profile = *find_profile("containerd-2.1");
  Marking marking;
  for (auto _ : run) {
    mark(*store.catalog, profile, store.state, kEpoch, marking);
    benchmark::DoNotOptimize(marking.reached.words().data());
  }
  run.counters["per_object"] = benchmark::Counter(
      static_cast<double>(object_count),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(mark_and_sweep, creation, Order::kCreation)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(mark_and_sweep, shuffled, Order::kShuffled)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(mark_only, creation, Order::kCreation)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(mark_only, shuffled, Order::kShuffled)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepcheck::bench
