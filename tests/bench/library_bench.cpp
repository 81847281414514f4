// The whole scenario library, read and replayed under every profile on one thread.
#include <benchmark/benchmark.h>

#include "replay/library.hpp"
#include "replay/replay.hpp"
#include "tests/places.hpp"

namespace sweepcheck::bench {
namespace {

void replay_library(benchmark::State& run) {
  std::uint64_t replay_count = 0;
  for (auto _ : run) {
    replay_count = 0;
    Diagnostics diagnostics;
    for (const std::string& file :
         find_scenarios({std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios"}, diagnostics)) {
      const ScenarioResultOrDiagnostics read = read_scenario(file);
      if (!read.scenario) {
        run.SkipWithError("a scenario of the library can't be read");
        return;
      }
      for (const std::string& profile : read.scenario->profiles) {
        Replay replay(*read.scenario, {.profile = find_profile(profile)});
        if (replay.run().verdict != Verdict::kHeld) {
          run.SkipWithError("a scenario of the library does not hold");
          return;
        }
        ++replay_count;
      }
    }
  }
  run.counters["replays"] = static_cast<double>(replay_count);
}
BENCHMARK(replay_library)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sweepcheck::bench
