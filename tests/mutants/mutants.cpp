// How strong are the properties? Switches one mutant of the model on after the other and searches,
// with all properties under all policies, until a property that is claimed to hold is refuted.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "properties/search/policy_case.hpp"
#include "properties/search/search.hpp"
#include "properties/search/shrink.hpp"
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

// The first refutation of a claim in one chunk of histories under one policy, and all properties
// that were refuted with it.
struct Found {
  const Property* property = nullptr;
  std::uint64_t number = 0;
  std::set<std::string_view> killers;
};

Found search_chunk(const PolicyCase& policy, std::uint64_t seed) {
  SearchOptions options;
  options.properties.assign(properties().begin(), properties().end());
  options.policies = {policy};
  options.seed = seed;
  options.history_count = kChunkSize;
  options.more_for_known = 0;
  Found found;
  for (const Cell& cell : search(options).cells) {
    if (cell.claim != Claim::kHolds || !cell.refuted_by) continue;
    found.killers.insert(cell.property->name);
    if (found.property && found.number <= *cell.refuted_by) continue;
    found.property = cell.property;
    found.number = *cell.refuted_by;
  }
  return found;
}

// The policies under which a mutant is tried: all, with its profiles if it changes those.
class Policies {
 public:
  explicit Policies(const MutantSpec& spec) : cases_(policy_cases()) {
    if (spec.edit == nullptr) return;
    for (PolicyCase& policy : cases_) {
      Profile& profile = profiles_.emplace_back(*policy.profile);
      spec.edit(profile);
      policy.profile = &profile;
    }
  }
  Policies(const Policies&) = delete;
  Policies& operator=(const Policies&) = delete;

  const std::vector<PolicyCase>& cases() const { return cases_; }

 private:
  std::deque<Profile> profiles_;
  std::vector<PolicyCase> cases_;
};

// One round: a chunk of histories under each policy, of a seed of its own, so that no two policies
// play the same.
void play_round(const Options& options, const std::vector<PolicyCase>& policies,
                std::uint64_t first_seed, Verdict& verdict) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Found> found(policies.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < policies.size(); i = next++) {
      found[i] = search_chunk(policies[i], first_seed + i);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  verdict.seconds += seconds_since(start);
  verdict.history_count += kChunkSize * policies.size();
  std::set<std::string_view> killers;
  std::size_t first = policies.size();
  for (std::size_t i = 0; i < policies.size(); ++i) {
    killers.insert(found[i].killers.begin(), found[i].killers.end());
    if (found[i].property && first == policies.size()) first = i;
  }
  if (first == policies.size()) return;
  for (const Property* property : properties()) {
    if (killers.contains(property->name)) verdict.properties.emplace_back(property->name);
  }
  const Property& property = *found[first].property;
  const Shrunk shrunk =
      shrink(draw_history(first_seed + first, found[first].number, {}), policies[first], property);
  verdict.length = shrunk.history.steps.size();
  verdict.policy = policies[first].name;
  verdict.history = fmt::format("{}: {}", property.name, shrunk.message);
}

Verdict try_mutant(const Options& options, const MutantSpec& spec) {
  active_mutant = spec.mutant;
  const Policies policies(spec);
  Verdict verdict;
  verdict.spec = &spec;
  for (std::uint64_t round = 0; !verdict.killed() && verdict.history_count < options.history_count;
       ++round) {
    play_round(options, policies.cases(), options.seed + round * policies.cases().size(), verdict);
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
  constexpr MutantSpec kAsItIs{Mutant::kNone, "none", "the model as it is", "", nullptr};
  Options one_round = options;
  one_round.history_count = 1;
  if (const Verdict verdict = try_mutant(one_round, kAsItIs); verdict.killed()) {
    std::cerr << "mutants: the model itself is refuted: " << verdict.history << '\n';
    return 1;
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
