// A result in words, and the sums by folder.
#include "reports/lines.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/escape.hpp"

namespace sweepcheck {
namespace {

void append_findings(std::vector<ReportLine>& lines, const ScenarioResult& result,
                     const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    lines.push_back({LineRole::kFinding, 1, finding_line(result, finding)});
  }
}

void append_outcome(std::vector<ReportLine>& lines, const StepResult& step) {
  const bool failed = !step.error_class.empty() || !step.error_text.empty();
  lines.push_back({failed ? LineRole::kError : LineRole::kSuccess, 1, outcome(step)});
}

void append_final_findings(std::vector<ReportLine>& lines, const ScenarioResult& result) {
  if (result.findings.empty()) return;
  lines.push_back({LineRole::kStep, 0, "at the end"});
  append_findings(lines, result, result.findings);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string outcome(const StepResult& step) {
  if (step.error_class.empty() && step.error_text.empty()) return "succeeds";
  if (step.error_text.empty()) return "fails " + printable(step.error_class);
  if (step.error_class.empty()) return "fails: " + printable(step.error_text);
  return fmt::format("fails {}: {}", printable(step.error_class), printable(step.error_text));
}

std::string finding_message(const Finding& finding) {
  if (finding.kind != Finding::Kind::kProperty) return printable(finding.message);
  return fmt::format("property {}: {}", printable(finding.property), printable(finding.message));
}

std::string finding_line(const ScenarioResult& result, const Finding& finding) {
  std::string line = printable(result.file);
  if (finding.line > 0) line += fmt::format(":{}", finding.line);
  line += ": " + finding_message(finding);
  if (!finding.pointer.empty()) line += fmt::format(" ({})", printable(finding.pointer));
  return line;
}

std::string replay_name(const ScenarioResult& result) {
  std::string_view stem = result.file;
  stem.remove_prefix(stem.rfind('/') + 1);  // npos + 1 is 0: no folder
  if (stem.ends_with(".json")) stem.remove_suffix(5);
  return fmt::format("{} [{}]", stem, result.profile);
}

std::vector<ReportLine> failure_lines(const ScenarioResult& result) {
  std::vector<ReportLine> lines;
  for (const StepResult& step : result.steps) {
    if (step.findings.empty()) continue;
    lines.push_back(
        {LineRole::kStep, 0, fmt::format("step {}: {}", step.number, printable(step.text))});
    append_outcome(lines, step);
    append_findings(lines, result, step.findings);
  }
  append_final_findings(lines, result);
  return lines;
}

std::vector<ReportLine> trace_lines(const ScenarioResult& result) {
  std::vector<ReportLine> lines;
  for (const StepResult& step : result.steps) {
    lines.push_back({LineRole::kStep, 0, fmt::format("{}. {}", step.number, printable(step.text))});
    append_outcome(lines, step);
    for (const std::string& change : step.changes) {
      lines.push_back({LineRole::kChange, 2, printable(change)});
    }
    append_findings(lines, result, step.findings);
  }
  append_final_findings(lines, result);
  return lines;
}

std::string joined(const std::vector<ReportLine>& lines) {
  std::string text;
  for (const ReportLine& line : lines) {
    text.append(static_cast<std::size_t>(line.depth) * 2, ' ');
    text += line.text;
    text += '\n';
  }
  return text;
}

void FolderSummary::add(const ScenarioResult& result) {
  auto place = std::find_if(folders_.begin(), folders_.end(), [&](const FolderTotals& totals) {
    return totals.folder == result.folder;
  });
  if (place == folders_.end()) {
    folders_.push_back({.folder = result.folder});
    place = folders_.end() - 1;
  }
  if (place->scenario_count == 0 || result.file != last_file_) ++place->scenario_count;
  last_file_ = result.file;
  ++place->replay_count;
  switch (result.verdict) {
    case Verdict::kHeld:
      ++place->held_count;
      break;
    case Verdict::kFailed:
      ++place->failed_count;
      break;
    case Verdict::kSkipped:
      ++place->skipped_count;
      break;
  }
}

std::vector<FolderTotals> FolderSummary::folders() const {
  std::vector<FolderTotals> sorted = folders_;
  std::sort(sorted.begin(), sorted.end(), [](const FolderTotals& left, const FolderTotals& right) {
    return left.folder < right.folder;
  });
  return sorted;
}

FolderTotals FolderSummary::total() const {
  FolderTotals total{.folder = "total"};
  for (const FolderTotals& totals : folders_) {
    total.scenario_count += totals.scenario_count;
    total.replay_count += totals.replay_count;
    total.held_count += totals.held_count;
    total.failed_count += totals.failed_count;
    total.skipped_count += totals.skipped_count;
  }
  return total;
}

std::string counterexample_heading(const CounterexampleEvent& counterexample) {
  std::string_view verdict = "REFUTED ";
  if (counterexample.verdict == CellVerdict::kKnown) verdict = "refuted, as is known: ";
  if (counterexample.verdict == CellVerdict::kNotClaimed) verdict = "refuted, nothing is claimed: ";
  return fmt::format("{}{}: {}", verdict, printable(counterexample.property),
                     printable(counterexample.statement));
}

std::string counterexample_name(const CounterexampleEvent& counterexample) {
  std::string name = printable(counterexample.property);
  if (counterexample.policies.empty()) return name;
  name += " under " + printable(counterexample.policies.front());
  const std::size_t more = counterexample.policies.size() - 1;
  return more == 0 ? name : fmt::format("{} and {} more", name, more);
}

std::vector<ReportLine> counterexample_lines(const CounterexampleEvent& counterexample) {
  const std::string name = counterexample_name(counterexample);
  std::vector<ReportLine> lines{
      {LineRole::kPlain, 0,
       fmt::format("{}: {}", name.substr(printable(counterexample.property).size() + 1),
                   printable(counterexample.message))}};
  for (const StepResult& step : counterexample.steps) {
    const bool failed = !step.error_class.empty() || !step.error_text.empty();
    lines.push_back({LineRole::kPlain, 0,
                     fmt::format("{}. {}{}", step.number, printable(step.text),
                                 failed ? "  (fails: " + printable(step.error_text) + ")" : "")});
  }
  if (!counterexample.file.empty()) {
    lines.push_back({LineRole::kPlain, 0, "saved: " + printable(counterexample.file)});
  }
  return lines;
}

std::string cell_message(const CellEvent& cell) {
  const std::string message = printable(cell.message);
  switch (cell.verdict) {
    case CellVerdict::kHeld:
      return "holds";
    case CellVerdict::kRefuted:
    case CellVerdict::kNotFound:
      return message;
    case CellVerdict::kKnown:
      return "refuted, as is known: " + message;
    case CellVerdict::kNotClaimed:
      return message.empty() ? "nothing is claimed, and nothing refutes it"
                             : "nothing is claimed; refuted: " + message;
    case CellVerdict::kUnanswered:
      return "no answer: " + message;
  }
  return message;
}

std::string averages_text(const DistributionEvent& distribution) {
  std::string out;
  for (const Quantity& average : distribution.averages) {
    out +=
        fmt::format("{}{:.1f} {}", out.empty() ? "" : ", ", average.value, printable(average.name));
  }
  return out;
}

std::string matrix_sentence(const MatrixSummary& matrix, std::uint64_t saved_count) {
  const std::uint64_t failed_count = matrix.failed_count + saved_count;
  std::string also;
  if (matrix.not_claimed_count > 0) {
    also += fmt::format("{} refuted where nothing is claimed, ", matrix.not_claimed_count);
  }
  if (matrix.unanswered_count > 0) {
    also += fmt::format("{} without an answer, ", matrix.unanswered_count);
  }
  return fmt::format(
      "{} {} under {} {}: {} hold, {} refuted as known, {}{}; {} histories, {} operations",
      matrix.property_count, matrix.property_count == 1 ? "property" : "properties",
      matrix.policy_count, matrix.policy_count == 1 ? "policy" : "policies", matrix.held_count,
      matrix.known_count, also,
      failed_count == 0 ? "as claimed" : fmt::format("{} NOT AS CLAIMED", failed_count),
      matrix.history_count, matrix.operation_count);
}

std::string summary_sentence(const RunSummary& summary) {
  if (summary.replay_count == 0) return "nothing ran";
  return fmt::format(
      "{} of {}: {} held, {} failed, {} skipped; {}, {}", counted(summary.replay_count, "replay"),
      counted(summary.scenario_count, "scenario"), summary.held_count, summary.failed_count,
      summary.skipped_count, counted(summary.step_count, "step"),
      counted(summary.expectation_count, "expectation"));
}

}  // namespace sweepcheck
