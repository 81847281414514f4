// What `sweepcheck check` says: the matrix of properties and policies for people, and the same
// cells as results for the other reporters.
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

  std::size_t surprise_count() const;
  /// Nothing was drawn under the cell's policy before time was up: nobody knows whether it holds.
  bool is_unanswered(const Cell& cell) const;
  std::size_t unanswered_count() const;
};

/// The matrix, totals, and each finding with its steps.
std::string check_text(const CheckOptions& options, const CheckOutcome& outcome, bool colour);

/// Each cell as a result, for JSON, JUnit, SARIF, GitHub and Markdown.
std::vector<ScenarioResult> check_results(const CheckOptions& options, const CheckOutcome& outcome);

/// "sweepcheck check --seed 1 --property P --policy C": the line that finds it again.
std::string reproduce_line(const CheckOptions& options, const Cell& cell);

}  // namespace sweepcheck
