// What `sweepcheck check` found, told to its reporters: saved counterexamples, the matrix of
// properties and policies, what refutes them, and what was drawn.
#pragma once

#include <string>
#include <vector>

#include "replay/counterexample.hpp"
#include "reports/reporter.hpp"
#include "runner/check/check_options.hpp"

namespace sweepcheck {

/// A refuted property with the smallest history that refutes it, and the policies under which that
/// one was found. One defect under many policies is one of these.
struct CheckFinding {
  const Property* property = nullptr;
  /// Cells of the result that it stands for; the first is the one that it was made under.
  std::vector<std::size_t> cells;
  Counterexample counterexample;
  std::string message;
  /// Where it was saved; empty: nowhere.
  std::string file;
};

struct CheckOutcome {
  SearchResult result;
  std::vector<CheckFinding> findings;
  /// Results of saved counterexamples that were replayed first.
  std::vector<ScenarioResult> saved;
  /// The smallest history was not refuted when replayed from its file.
  bool inconsistent = false;

  /// Cells that are not as claimed, and saved counterexamples that still refute.
  std::size_t surprise_count() const;
  /// Nothing was drawn under the cell's policy before time was up: nobody knows whether it holds.
  bool is_unanswered(const Cell& cell) const;
  std::size_t unanswered_count() const;
};

/// Hands all events between the run's begin and its end over, and returns its sums.
RunSummary report_check(const CheckOptions& options, const CheckOutcome& outcome,
                        Reporter& reporter);

/// "sweepcheck check --seed 1 --property P --policy C": the line that finds it again.
std::string reproduce_line(const CheckOptions& options, const Cell& cell);

}  // namespace sweepcheck
