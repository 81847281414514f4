// The interface between a run and its reports. A run hands its events (reports/events.hpp) over as
// they come; a writer turns those that it can show into text, JSON, JUnit XML and so on, and
// answers all others with nothing. So a new event changes no writer, and a new writer no command.
#pragma once

#include <memory>
#include <ostream>
#include <span>
#include <string_view>
#include <vector>

#include "reports/events.hpp"

namespace sweepcheck {

/// Receives the events of one run, in an order that doesn't depend on the number of threads: begin,
/// then the properties that findings can name, then everything else, then end.
/// - A scenario comes by file and profile, and each of its findings after it: a finding of the
///   model's, a difference or a fault.
/// - A matrix comes before its cells, which come by property, then policy; then come its
///   counterexamples.
/// An event's data is only valid during the call.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin(const RunInfo& /*info*/) {}
  virtual void property(const PropertyEvent& /*property*/) {}
  virtual void scenario(const ScenarioResult& /*result*/) {}
  /// An expectation that is not met, or a property that does not hold, in a scenario.
  virtual void finding(const FindingEvent& /*finding*/) {}
  /// A finding of the kind kDifference: a real daemon does something else than the model.
  virtual void difference(const FindingEvent& /*difference*/) {}
  /// A scenario ended with a daemon that died, hung or did not start.
  virtual void fault(const FaultEvent& /*fault*/) {}
  virtual void matrix(const MatrixEvent& /*matrix*/) {}
  virtual void cell(const CellEvent& /*cell*/) {}
  virtual void counterexample(const CounterexampleEvent& /*counterexample*/) {}
  virtual void distribution(const DistributionEvent& /*distribution*/) {}
  virtual void series(const SeriesEvent& /*series*/) {}
  virtual void table(const TableEvent& /*table*/) {}
  virtual void graph(const GraphEvent& /*graph*/) {}
  virtual void end(const RunSummary& /*summary*/) {}
};

/// Hands a scenario over, then each of its findings as the event of its kind, then its fault.
void report_scenario(const ScenarioResult& result, Reporter& reporter);

/// Hands every event on to several reporters, each in its turn. They must outlive it.
class ReporterGroup final : public Reporter {
 public:
  void add(Reporter& reporter) { reporters_.push_back(&reporter); }

  void begin(const RunInfo& info) override;
  void property(const PropertyEvent& property) override;
  void scenario(const ScenarioResult& result) override;
  void finding(const FindingEvent& finding) override;
  void difference(const FindingEvent& difference) override;
  void fault(const FaultEvent& fault) override;
  void matrix(const MatrixEvent& matrix) override;
  void cell(const CellEvent& cell) override;
  void counterexample(const CounterexampleEvent& counterexample) override;
  void distribution(const DistributionEvent& distribution) override;
  void series(const SeriesEvent& series) override;
  void table(const TableEvent& table) override;
  void graph(const GraphEvent& graph) override;
  void end(const RunSummary& summary) override;

 private:
  std::vector<Reporter*> reporters_;
};

/// How a writer may look when it writes to a terminal.
struct ReportStyle {
  bool colour = false;
};

/// A kind of report that `--report KIND:out=FILE` can ask for.
struct ReportKind {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<Reporter> (*make)(std::ostream& out, ReportStyle style);
};

/// All kinds, by name.
std::span<const ReportKind> report_kinds();

/// The kind of that name, or nullptr.
const ReportKind* find_report_kind(std::string_view name);

}  // namespace sweepcheck
