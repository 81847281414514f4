// Copying, hashing and comparing a node's state, and its size in memory beyond the shared catalog.
#include <benchmark/benchmark.h>

#include "tests/bench/synthetic.hpp"

namespace sweepcheck::bench {
namespace {

void copy_state(benchmark::State& run) {
  const Store store = make_store(static_cast<std::uint32_t>(run.range(0)), Order::kCreation);
  State copy;
  for (auto _ : run) {
    copy = store.state;
    benchmark::DoNotOptimize(copy.objects.words().data());
  }
  if (copy != store.state) run.SkipWithError("a copy differs from its original");
  run.counters["state_bytes"] = static_cast<double>(bytes_of(store.state));
}

void hash_state(benchmark::State& run) {
  const Store store = make_store(static_cast<std::uint32_t>(run.range(0)), Order::kCreation);
  for (auto _ : run) benchmark::DoNotOptimize(store.state.hash());
  State other = store.state;
  other.objects.reset(1);
  if (other.hash() == store.state.hash()) run.SkipWithError("different states hash alike");
}

void compare_states(benchmark::State& run) {
  const Store store = make_store(static_cast<std::uint32_t>(run.range(0)), Order::kCreation);
  const State copy = store.state;
  bool same = true;
  for (auto _ : run) benchmark::DoNotOptimize(same = same && copy == store.state);
  if (!same) run.SkipWithError("a copy differs from its original");
}

BENCHMARK(copy_state)->Arg(50)->Arg(500)->Arg(5000);
BENCHMARK(hash_state)->Arg(50)->Arg(500)->Arg(5000);
BENCHMARK(compare_states)->Arg(50)->Arg(500)->Arg(5000);

}  // namespace
}  // namespace sweepcheck::bench
