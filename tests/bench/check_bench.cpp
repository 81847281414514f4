// The search beside RapidCheck's own path: histories of 30 steps over 2 nodes and 6 images, in
// operations a second, where whatever a step does counts as one. `search` draws, plays and judges
// by all properties; `play` draws and plays only; `draw` only draws. RapidCheck draws by the
// generators of properties/search/rapidcheck.hpp.
#include <benchmark/benchmark.h>

#include "properties/search/rapidcheck.hpp"
#include "properties/search/search.hpp"

namespace sweepcheck::bench {
namespace {

PolicyCase policy_of(std::string_view selection) {
  for (PolicyCase& policy : policy_cases()) {
    if (matches_policy(policy, selection)) return std::move(policy);
  }
  return {};
}

// What `check` does by default: histories for each policy of the matrix.
void search_with(benchmark::State& run, std::vector<PolicyCase> policies, bool judged) {
  SearchOptions options;
  if (judged) options.properties.assign(properties().begin(), properties().end());
  options.policies = std::move(policies);
  options.history_count = kChunkSize * (options.policies.size() > 1 ? 8 : 16);
  options.more_for_known = 0;
  options.jobs = static_cast<unsigned>(run.range(0));
  std::int64_t performed = 0;
  for (auto _ : run) {
    ++options.seed;
    const SearchResult result = search(options);
    for (const PlayStats& stats : result.stats) {
      performed += static_cast<std::int64_t>(stats.performed_count);
    }
    for (const Cell& cell : result.cells) {
      if (cell.claim == Claim::kHolds && cell.refuted_by) run.SkipWithError("a property fails");
    }
  }
  run.SetItemsProcessed(performed);
}

void search_all_properties(benchmark::State& run) { search_with(run, policy_cases(), true); }
BENCHMARK(search_all_properties)->Arg(1)->Arg(2)->UseRealTime();

void search_one_policy(benchmark::State& run) {
  search_with(run, {policy_of("containerd-2.1+discard+called+shared")}, true);
}
BENCHMARK(search_one_policy)->Arg(1)->UseRealTime();

void play_unjudged(benchmark::State& run) { search_with(run, policy_cases(), false); }
BENCHMARK(play_unjudged)->Arg(1)->UseRealTime();

void draw_only(benchmark::State& run) {
  const GeneratorOptions options;
  const Declaration world = draw_declaration(Random(1, 1), options);
  std::vector<HistoryStep> steps;
  std::uint64_t number = 0;
  for (auto _ : run) {
    draw_steps(Random(1, ++number), world, options, steps);
    if (steps.size() != options.length) run.SkipWithError("a history is too short");
  }
  run.SetItemsProcessed(run.iterations() * options.length);
}
BENCHMARK(draw_only);

void rapidcheck_all_properties(benchmark::State& run) {
  const PolicyCase policy = policy_of("containerd-2.1+discard+called+shared");
  const rc::Gen<History> gen = history_gen();
  std::int64_t performed = 0;
  std::uint64_t seed = 0;
  for (auto _ : run) {
    const History history = gen(rc::Random(++seed), 30).value();
    Stage stage(history.declaration, policy);
    Judge judge(properties());
    stage.play(history.steps, &judge);
    performed += static_cast<std::int64_t>(stage.stats().performed_count);
  }
  if (performed == 0) run.SkipWithError("nothing was drawn");
  run.SetItemsProcessed(performed);
}
BENCHMARK(rapidcheck_all_properties);

}  // namespace
}  // namespace sweepcheck::bench
