// What stands between a run and its reporters: one scenario as several events, and one event for
// several reporters.
#include "reports/reporter.hpp"

#include <sstream>

namespace sweepcheck {
namespace {

void report_findings(const ScenarioResult& result, const StepResult* step,
                     const std::vector<Finding>& findings, Reporter& reporter) {
  for (const Finding& finding : findings) {
    const FindingEvent event{&result, step, &finding};
    switch (finding.kind) {
      case Finding::Kind::kExpectation:
      case Finding::Kind::kProperty:
        reporter.finding(event);
        break;
      case Finding::Kind::kDifference:
        reporter.difference(event);
        break;
      case Finding::Kind::kFault:
        break;  // the fault's own event says more
    }
  }
}

}  // namespace

void report_scenario(const ScenarioResult& result, Reporter& reporter) {
  reporter.scenario(result);
  for (const StepResult& step : result.steps) {
    report_findings(result, &step, step.findings, reporter);
  }
  report_findings(result, nullptr, result.findings, reporter);
  if (result.fault.empty()) return;
  FaultEvent fault{&result, {}};
  std::istringstream lines(result.fault);
  for (std::string line; std::getline(lines, line);) fault.lines.push_back(line);
  reporter.fault(fault);
}

void ReporterGroup::begin(const RunInfo& info) {
  for (Reporter* reporter : reporters_) reporter->begin(info);
}

void ReporterGroup::property(const PropertyEvent& property) {
  for (Reporter* reporter : reporters_) reporter->property(property);
}

void ReporterGroup::scenario(const ScenarioResult& result) {
  for (Reporter* reporter : reporters_) reporter->scenario(result);
}

void ReporterGroup::finding(const FindingEvent& finding) {
  for (Reporter* reporter : reporters_) reporter->finding(finding);
}

void ReporterGroup::difference(const FindingEvent& difference) {
  for (Reporter* reporter : reporters_) reporter->difference(difference);
}

void ReporterGroup::fault(const FaultEvent& fault) {
  for (Reporter* reporter : reporters_) reporter->fault(fault);
}

void ReporterGroup::matrix(const MatrixEvent& matrix) {
  for (Reporter* reporter : reporters_) reporter->matrix(matrix);
}

void ReporterGroup::cell(const CellEvent& cell) {
  for (Reporter* reporter : reporters_) reporter->cell(cell);
}

void ReporterGroup::counterexample(const CounterexampleEvent& counterexample) {
  for (Reporter* reporter : reporters_) reporter->counterexample(counterexample);
}

void ReporterGroup::distribution(const DistributionEvent& distribution) {
  for (Reporter* reporter : reporters_) reporter->distribution(distribution);
}

void ReporterGroup::series(const SeriesEvent& series) {
  for (Reporter* reporter : reporters_) reporter->series(series);
}

void ReporterGroup::table(const TableEvent& table) {
  for (Reporter* reporter : reporters_) reporter->table(table);
}

void ReporterGroup::graph(const GraphEvent& graph) {
  for (Reporter* reporter : reporters_) reporter->graph(graph);
}

void ReporterGroup::end(const RunSummary& summary) {
  for (Reporter* reporter : reporters_) reporter->end(summary);
}

}  // namespace sweepcheck
