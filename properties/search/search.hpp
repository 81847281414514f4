// Searching for histories that break properties: many histories, under many policies, on several
// threads, with a result that depends on none of that but the options.
//
// Histories come in chunks of 64 that share a world, and policies in groups that go through each
// history side by side. The work is the list of all (group, chunk) pairs; threads take the next. A
// property that is refuted is not asked again in later chunks, and of several refutations the one
// with the lowest number counts: so the result is that of one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "properties/property.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/history.hpp"
#include "properties/search/policy_case.hpp"
#include "properties/search/stage.hpp"

namespace sweepcheck {

inline constexpr std::uint64_t kChunkSize = 64;

struct SearchOptions {
  std::vector<const Property*> properties;
  std::vector<PolicyCase> policies;
  std::uint64_t seed = 1;
  /// Histories for each policy.
  std::uint64_t history_count = 500;
  /// A known refutation that is not among them is looked for in so many more, with nothing else
  /// judged: some need a collection at one step of forty.
  std::uint64_t more_for_known = 60'000;
  GeneratorOptions generator;
  /// Threads; at least one.
  unsigned jobs = 1;
  /// Asked between chunks; true ends the search before its count (a budget of time). May be called
  /// from any of the threads.
  std::function<bool()> is_over;
  /// Told of finished chunks out of all; from any of the threads.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

/// What was found of one property under one policy.
struct Cell {
  const Property* property = nullptr;
  std::size_t policy = 0;
  Claim claim = Claim::kHolds;
  /// The number of the first history that breaks it, if one does.
  std::optional<std::uint64_t> refuted_by;
  std::string message;

  /// Claimed and broken, or known to be broken and not found to be.
  bool is_surprise() const {
    return (claim == Claim::kHolds && refuted_by) || (claim == Claim::kRefuted && !refuted_by);
  }
};

struct SearchResult {
  /// By policy, then property.
  std::vector<Cell> cells;
  /// By policy.
  std::vector<PlayStats> stats;
};

SearchResult search(const SearchOptions& options);

/// One history of a search, drawn anew.
History draw_history(std::uint64_t seed, std::uint64_t number, const GeneratorOptions& options);

/// What a property says of one history under one policy; empty if it holds.
std::string judge_history(const History& history, const PolicyCase& policy_case,
                          const Property& property);

}  // namespace sweepcheck
