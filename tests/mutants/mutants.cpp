// How strong are the properties? Switches one mutant of the model on after the other and searches,
// with all properties under all policies, until a property that is claimed to hold is refuted.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "properties/policy_case.hpp"
#include "properties/search.hpp"
#include "properties/shrink.hpp"
#include "tests/mutants/mutant_table.hpp"

namespace sweepcheck {
namespace {

struct Options {
  std::vector<std::string> names;
  std::uint64_t history_count = 20'000;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::uint64_t seed = 1;
  bool json = false;
  bool expect_kills = false;
};

struct Verdict {
  const MutantSpec* spec = nullptr;
  /// In the order of the registry; those of the first round that killed it.
  std::vector<std::string> properties;
  /// Histories until then, in whole rounds, and the time they took.
  std::uint64_t history_count = 0;
  double seconds = 0;
  /// Steps of the smallest history, and how it reads.
  std::size_t length = 0;
  std::string policy;
  std::string history;

  bool killed() const { return !properties.empty(); }
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One round: a chunk of histories under each policy, of a seed of its own.
void play_round(const Options& options, std::uint64_t seed, Verdict& verdict) {
  const auto start = std::chrono::steady_clock::now();
  SearchOptions search_options;
  search_options.properties.assign(properties().begin(), properties().end());
  search_options.policies = policy_cases();
  search_options.seed = seed;
  search_options.history_count = kChunkSize;
  search_options.more_for_known = 0;
  search_options.jobs = options.jobs;
  const SearchResult result = search(search_options);
  verdict.seconds += seconds_since(start);
  verdict.history_count += kChunkSize * search_options.policies.size();
  const Cell* first = nullptr;
  std::set<std::string_view> killers;
  for (const Cell& cell : result.cells) {
    if (cell.claim != Claim::kHolds || !cell.refuted_by) continue;
    killers.insert(cell.property->name);
    if (!first || *cell.refuted_by < *first->refuted_by) first = &cell;
  }
  if (!first) return;
  for (const Property* property : properties()) {
    if (killers.contains(property->name)) verdict.properties.emplace_back(property->name);
  }
  const PolicyCase& policy = search_options.policies[first->policy];
  const Shrunk shrunk = shrink(draw_history(seed, *first->refuted_by, search_options.generator),
                               policy, *first->property);
  verdict.length = shrunk.history.steps.size();
  verdict.policy = policy.name;
  verdict.history = fmt::format("{}: {}", first->property->name, shrunk.message);
}

Verdict try_mutant(const Options& options, const MutantSpec& spec) {
  active_mutant = spec.mutant;
  Verdict verdict;
  verdict.spec = &spec;
  for (std::uint64_t round = 0; !verdict.killed() && verdict.history_count < options.history_count;
       ++round) {
    play_round(options, options.seed + round, verdict);
  }
  active_mutant = Mutant::kNone;
  return verdict;
}

void print_row(const Verdict& verdict) {
  std::string by;
  for (const std::string& property : verdict.properties) {
    by += fmt::format("{}`{}`", by.empty() ? "" : ", ", property);
  }
  const MutantSpec& spec = *verdict.spec;
  std::cout << fmt::format("| `{}` | {}{}{} | {} | {} | {:.1f} | {} | {} |\n", spec.name, spec.rule,
                           spec.source.empty() ? "" : "; ", spec.source,
                           verdict.killed() ? "killed" : "**survived**", verdict.history_count,
                           verdict.seconds, verdict.killed() ? std::to_string(verdict.length) : "",
                           by);
}

nlohmann::json json_of(const Verdict& verdict) {
  return {{"mutant", verdict.spec->name},       {"rule", verdict.spec->rule},
          {"source", verdict.spec->source},     {"killed", verdict.killed()},
          {"histories", verdict.history_count}, {"seconds", verdict.seconds},
          {"length", verdict.length},           {"policy", verdict.policy},
          {"properties", verdict.properties},   {"counterexample", verdict.history}};
}

int run(const Options& options) {
  std::vector<const MutantSpec*> chosen;
  for (const MutantSpec& spec : mutants()) {
    const auto& names = options.names;
    if (names.empty() || std::find(names.begin(), names.end(), spec.name) != names.end()) {
      chosen.push_back(&spec);
    }
  }
  constexpr MutantSpec kAsItIs{Mutant::kNone, "none", "the model as it is", ""};
  Options one_round = options;
  one_round.history_count = 1;
  if (const Verdict verdict = try_mutant(one_round, kAsItIs); verdict.killed()) {
    std::cerr << "mutants: the model itself is refuted: " << verdict.history << '\n';
    return 2;
  }
  if (!options.json) {
    std::cout << "| mutant | rule | | histories | s | steps | killed by |\n"
                 "|---|---|---|---:|---:|---:|---|\n";
  }
  nlohmann::json report = nlohmann::json::array();
  std::size_t survivors = 0;
  const bool draws = isatty(STDERR_FILENO) != 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (draws) std::cerr << fmt::format("\r{}/{} {}\x1b[K", i + 1, chosen.size(), chosen[i]->name);
    const Verdict verdict = try_mutant(options, *chosen[i]);
    if (draws) std::cerr << "\r\x1b[K";
    if (!verdict.killed()) ++survivors;
    if (options.json) {
      report.push_back(json_of(verdict));
    } else {
      print_row(verdict);
      std::cout << std::flush;
    }
  }
  if (options.json) std::cout << report.dump(2) << '\n';
  std::cerr << fmt::format("{} mutants, {} killed, {} survived; seed {}\n", chosen.size(),
                           chosen.size() - survivors, survivors, options.seed);
  return options.expect_kills && survivors > 0 ? 1 : 0;
}

}  // namespace
}  // namespace sweepcheck

int main(int argc, char** argv) {
  sweepcheck::Options options;
  CLI::App app{"Which property notices which changed rule of the model?"};
  std::vector<std::string> known;
  for (const sweepcheck::MutantSpec& spec : sweepcheck::mutants()) known.emplace_back(spec.name);
  app.add_option("mutant", options.names, "these alone; default: all")->check(CLI::IsMember(known));
  app.add_option("--histories", options.history_count, "at most so many for each (20000)");
  app.add_option("--seed", options.seed, "of the first round (1)");
  app.add_option("--jobs,-j", options.jobs, "threads")->check(CLI::PositiveNumber);
  app.add_flag("--json", options.json, "JSON instead of a Markdown table");
  app.add_flag("--expect-kills", options.expect_kills, "status 1 if one survives");
  CLI11_PARSE(app, argc, argv);
  return sweepcheck::run(options);
}
