// How a result reads to a person, as lines without colour or markup. The text report, JUnit's
// failure text and Markdown's sections all say the same thing, so they take it from here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/events.hpp"

namespace sweepcheck {

/// What a line says, for a writer that colours.
enum class LineRole : std::uint8_t { kStep, kSuccess, kError, kChange, kFinding, kPlain };

struct ReportLine {
  LineRole role;
  /// Levels of two spaces each.
  int depth = 0;
  /// Printable, without a line break.
  std::string text;
};

/// Every step that has a finding with its outcome and its findings, then the final findings.
std::vector<ReportLine> failure_lines(const ScenarioResult& result);

/// Every step, numbered, with its outcome, its changes and its findings, then the final findings.
std::vector<ReportLine> trace_lines(const ScenarioResult& result);

/// "fails not-found: content digest sha256:...: not found", or "succeeds".
std::string outcome(const StepResult& step);

/// "file:17: property complete-images: ... (/steps/2)".
std::string finding_line(const ScenarioResult& result, const Finding& finding);

/// The finding without its place.
std::string finding_message(const Finding& finding);

/// "two-copies [containerd-1.7]": the file's name without folders and ".json".
std::string replay_name(const ScenarioResult& result);

/// Joins lines, indented, each with a line feed.
std::string joined(const std::vector<ReportLine>& lines);

/// What a summary says of one folder.
struct FolderTotals {
  std::string folder;
  std::uint64_t scenario_count = 0;
  std::uint64_t replay_count = 0;
  std::uint64_t held_count = 0;
  std::uint64_t failed_count = 0;
  std::uint64_t skipped_count = 0;
};

/// Adds results, which come ordered by file, up by folder.
class FolderSummary {
 public:
  void add(const ScenarioResult& result);

  /// In the order of the folders' names.
  std::vector<FolderTotals> folders() const;

  /// All folders together.
  FolderTotals total() const;

 private:
  std::vector<FolderTotals> folders_;
  std::string last_file_;
};

/// "REFUTED " or "refuted, as is known: " with the property and its statement.
std::string counterexample_heading(const CounterexampleEvent& counterexample);

/// Under which policies it is refuted and how, then each step, and where it was saved.
std::vector<ReportLine> counterexample_lines(const CounterexampleEvent& counterexample);

/// "pulls-complete under containerd-2.1+keep and 3 more".
std::string counterexample_name(const CounterexampleEvent& counterexample);

/// "no answer: MESSAGE" and the like: the cell's verdict in words, with its message.
std::string cell_message(const CellEvent& cell);

/// "a history: 19.6 operations, 0.4 of them stopped": the averages in one line; may be empty.
std::string averages_text(const DistributionEvent& distribution);

/// "54 properties under 32 policies: 1500 hold, 228 refuted as known, as claimed; ...".
/// `saved_count` further failures are of scenarios.
std::string matrix_sentence(const MatrixSummary& matrix, std::uint64_t saved_count);

/// "9 replays of 4 scenarios: 6 held, 2 failed, 1 skipped; 31 steps, 40 expectations".
std::string summary_sentence(const RunSummary& summary);

}  // namespace sweepcheck
