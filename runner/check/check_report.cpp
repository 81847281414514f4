#include "runner/check/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "replay/property_event.hpp"
#include "runner/cli/report_sinks.hpp"

namespace sweepcheck {
namespace {

CellVerdict verdict_of(const CheckOutcome& outcome, const Cell& cell) {
  if (cell.is_surprise()) {
    return cell.refuted_by ? CellVerdict::kRefuted : CellVerdict::kNotFound;
  }
  if (outcome.is_unanswered(cell)) return CellVerdict::kUnanswered;
  if (cell.claim == Claim::kSilent) return CellVerdict::kNotClaimed;
  return cell.refuted_by ? CellVerdict::kKnown : CellVerdict::kHeld;
}

// All that findings can name: what was searched, and what saved counterexamples refute.
std::vector<const Property*> named_properties(const CheckOptions& options,
                                              const CheckOutcome& outcome) {
  std::vector<const Property*> out = options.search.properties;
  const auto add = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      const Property* property = find_property(finding.property);
      const bool known = std::find(out.begin(), out.end(), property) != out.end();
      if (property && !known) out.push_back(property);
    }
  };
  for (const ScenarioResult& saved : outcome.saved) {
    for (const StepResult& step : saved.steps) add(step.findings);
    add(saved.findings);
  }
  return out;
}

// A cell's place in the result: those of one policy stand together.
std::size_t place_of(const CheckOptions& options, std::size_t row, std::size_t policy) {
  return policy * options.search.properties.size() + row;
}

std::string message_of(const Cell& cell, CellVerdict verdict) {
  if (verdict == CellVerdict::kNotFound) {
    return fmt::format("it is known to be false there ({}), and no history shows it",
                       cell.property->claimed);
  }
  if (verdict == CellVerdict::kUnanswered) {
    return "time was up before the first history under this policy";
  }
  return cell.refuted_by ? cell.message : "";
}

void report_matrix(const CheckOptions& options, Reporter& reporter) {
  MatrixEvent matrix;
  for (const Property* property : options.search.properties) {
    matrix.properties.emplace_back(property->name);
  }
  for (const PolicyCase& policy : options.search.policies) {
    const auto settings = settings_of(policy.name);
    matrix.policies.push_back({policy.name, {settings.begin(), settings.end()}});
  }
  matrix.dimensions = {"profile", "keep, discard", "called, scheduled", "shared, isolated"};
  reporter.matrix(matrix);
}

void count_cell(const CellEvent& cell, MatrixSummary& summary) {
  switch (cell.verdict) {
    case CellVerdict::kHeld:
      ++summary.held_count;
      break;
    case CellVerdict::kRefuted:
    case CellVerdict::kNotFound:
      ++summary.failed_count;
      break;
    case CellVerdict::kKnown:
      ++summary.known_count;
      break;
    case CellVerdict::kNotClaimed:
      ++(cell.message.empty() ? summary.held_count : summary.not_claimed_count);
      break;
    case CellVerdict::kUnanswered:
      ++summary.unanswered_count;
      break;
  }
}

MatrixSummary report_cells(const CheckOptions& options, const CheckOutcome& outcome,
                           Reporter& reporter) {
  MatrixSummary summary;
  summary.property_count = options.search.properties.size();
  summary.policy_count = options.search.policies.size();
  for (std::size_t row = 0; row < options.search.properties.size(); ++row) {
    for (std::size_t policy = 0; policy < options.search.policies.size(); ++policy) {
      const Cell& cell = outcome.result.cells[place_of(options, row, policy)];
      const CellVerdict verdict = verdict_of(outcome, cell);
      const CellEvent event{.property = std::string(cell.property->name),
                            .family = std::string(cell.property->family),
                            .row = row,
                            .column = policy,
                            .policy = options.search.policies[policy].name,
                            .verdict = verdict,
                            .message = message_of(cell, verdict),
                            .reproduce = reproduce_line(options, cell)};
      count_cell(event, summary);
      reporter.cell(event);
    }
  }
  return summary;
}

void report_finding(const CheckOptions& options, const CheckOutcome& outcome,
                    const CheckFinding& finding, Reporter& reporter) {
  const Cell& first = outcome.result.cells[finding.cells.front()];
  CounterexampleEvent event{
      .property = std::string(finding.property->name),
      .family = std::string(finding.property->family),
      .statement = std::string(finding.property->statement),
      .policies = {},
      .profile = std::string(options.search.policies[first.policy].profile->name),
      .verdict = verdict_of(outcome, first),
      .message = finding.message,
      .steps = finding.counterexample.replayed.steps,
      .text = finding.counterexample.text,
      .file = finding.file,
      .reproduce = reproduce_line(options, first)};
  for (const std::size_t cell : finding.cells) {
    event.policies.push_back(options.search.policies[outcome.result.cells[cell].policy].name);
  }
  reporter.counterexample(event);
}

// What was drawn: kinds of operations with their failures, how deep they went, what was there.
void report_distribution(const PlayStats& all, Reporter& reporter) {
  if (all.operation_count == 0) return;
  DistributionEvent event{.title = "drawn",
                          .count_name = "of all steps",
                          .part_name = "fail",
                          .rows = {},
                          .whole_count = all.performed_count,
                          .averages = {}};
  for (std::size_t i = 0; i < all.by_verb.size(); ++i) {
    if (all.by_verb[i] == 0) continue;
    event.rows.push_back({std::string(verb_name(static_cast<HistoryVerb>(i))), all.by_verb[i],
                          all.failed_by_verb[i]});
  }
  std::stable_sort(event.rows.begin(), event.rows.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  const auto add = [&](const char* name, std::uint64_t count, std::uint64_t among) {
    event.averages.push_back({name, static_cast<double>(count) / static_cast<double>(among)});
  };
  add("operations a history", all.operation_count, all.history_count);
  add("steps an operation", all.step_count, all.operation_count);
  add("operations stopped in between", all.interrupted_count, all.history_count);
  add("collections", all.collection_count, all.history_count);
  add("objects in the end", all.object_count, all.history_count);
  reporter.distribution(event);
}

}  // namespace

std::size_t CheckOutcome::surprise_count() const {
  const auto& cells = result.cells;
  const auto count = static_cast<std::size_t>(std::count_if(
      cells.begin(), cells.end(), [](const Cell& cell) { return cell.is_surprise(); }));
  const auto failed = static_cast<std::size_t>(
      std::count_if(saved.begin(), saved.end(),
                    [](const ScenarioResult& r) { return r.verdict == Verdict::kFailed; }));
  return count + failed;
}

bool CheckOutcome::is_unanswered(const Cell& cell) const {
  return !cell.refuted_by && !cell.is_surprise() && result.stats[cell.policy].history_count == 0;
}

std::size_t CheckOutcome::unanswered_count() const {
  return static_cast<std::size_t>(
      std::count_if(result.cells.begin(), result.cells.end(),
                    [this](const Cell& cell) { return is_unanswered(cell); }));
}

std::string reproduce_line(const CheckOptions& options, const Cell& cell) {
  std::string out =
      fmt::format("sweepcheck check --seed {} --property {} --policy {}", options.search.seed,
                  cell.property->name, options.search.policies[cell.policy].name);
  const std::uint64_t needed = cell.refuted_by.value_or(options.search.history_count - 1) + 1;
  if (options.time_limit == 0 || cell.refuted_by) out += fmt::format(" --histories {}", needed);
  const GeneratorOptions usual;
  if (options.search.generator.length != usual.length) {
    out += fmt::format(" --length {}", options.search.generator.length);
  }
  return out;
}

RunSummary report_check(const CheckOptions& options, const CheckOutcome& outcome,
                        Reporter& reporter) {
  RunSummary summary;
  report_properties(named_properties(options, outcome), reporter);
  summary.scenario_count = outcome.saved.size();
  for (const ScenarioResult& saved : outcome.saved) {
    count(saved, 0, summary);
    report_scenario(saved, reporter);
  }
  report_matrix(options, reporter);
  MatrixSummary matrix = report_cells(options, outcome, reporter);
  for (const CheckFinding& finding : outcome.findings) {
    report_finding(options, outcome, finding, reporter);
  }
  PlayStats all;
  for (const PlayStats& stats : outcome.result.stats) all.add(stats);
  report_distribution(all, reporter);
  matrix.history_count = all.history_count;
  matrix.operation_count = all.operation_count;
  summary.matrix = matrix;
  return summary;
}

}  // namespace sweepcheck
