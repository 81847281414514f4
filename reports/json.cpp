// The report for programs: one JSON document with every event. Scenarios come one a line as they
// are told, so that a large run is never held in memory; other events are kept until the end, each
// kind a list of its own, empty if there was none. Keys keep the order in which they are written;
// schema_version rises when a key changes its meaning or goes away, not when one is added.
//
// Version 2: the cells of `check` are "cells" with a verdict of their own; they were "scenarios".
#include <nlohmann/json.hpp>
#include <string>

#include "reports/kinds.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 2;

/// Bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view kind_name(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kExpectation:
      return "expectation";
    case Finding::Kind::kProperty:
      return "property";
    case Finding::Kind::kDifference:
      return "difference";
    case Finding::Kind::kFault:
      return "fault";
  }
  return "";
}

Json finding_json(const Finding& finding) {
  Json json{{"kind", kind_name(finding.kind)}};
  if (finding.kind == Finding::Kind::kProperty) json["property"] = finding.property;
  json["message"] = finding.message;
  json["line"] = finding.line;
  json["pointer"] = finding.pointer;
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) json.push_back(finding_json(finding));
  return json;
}

Json step_json(const StepResult& step, bool trace) {
  Json json{{"number", step.number}, {"line", step.line}, {"text", step.text}};
  if (!step.error_class.empty() || !step.error_text.empty()) {
    json["error"] = Json{{"class", step.error_class}, {"text", step.error_text}};
  }
  if (trace) json["changes"] = step.changes;
  json["findings"] = findings_json(step.findings);
  return json;
}

Json steps_json(const std::vector<StepResult>& steps, bool trace) {
  Json json = Json::array();
  for (const StepResult& step : steps) json.push_back(step_json(step, trace));
  return json;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return "held";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "";
}

Json measure_json(const Measure& measure) {
  return Json{{"name", measure.name}, {"unit", measure.unit}};
}

/// The values of one kind of event, each on a line of its own.
class List {
 public:
  explicit List(std::string key) : key_(std::move(key)) {}

  void add(const Json& value) { text_ += (text_.empty() ? "\n" : ",\n") + dumped(value); }

  /// ",\n\"key\":[...]"
  std::string text() const {
    return ",\n\"" + key_ + "\":[" + text_ + (text_.empty() ? "]" : "\n]");
  }

 private:
  std::string key_;
  std::string text_;
};

class JsonReporter final : public Reporter {
 public:
  explicit JsonReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override {
    trace_ = info.trace;
    out_ << "{\"schema_version\":" << kSchemaVersion << ",\n\"version\":" << dumped(info.version)
         << ",\n\"command\":" << dumped(info.command);
    if (!info.date.empty()) out_ << ",\n\"date\":" << dumped(info.date);
    if (info.seed) out_ << ",\n\"seed\":" << *info.seed;
    out_ << ",\n\"scenarios\":[";
  }

  void property(const PropertyEvent& property) override {
    properties_.add({{"name", property.name},
                     {"family", property.family},
                     {"statement", property.statement},
                     {"why", property.why},
                     {"source", property.source},
                     {"claimed", property.claimed}});
  }

  void scenario(const ScenarioResult& result) override {
    Json json{{"file", result.file},
              {"folder", result.folder},
              {"about", result.about},
              {"profile", result.profile},
              {"verdict", verdict_name(result.verdict)}};
    if (!result.reason.empty()) json["reason"] = result.reason;
    json["steps"] = steps_json(result.steps, trace_);
    json["findings"] = findings_json(result.findings);
    json["reproduce"] = result.reproduce;
    out_ << (first_ ? "\n" : ",\n") << dumped(json);
    first_ = false;
  }

  void difference(const FindingEvent& difference) override {
    Json json{{"file", difference.scenario->file}, {"profile", difference.scenario->profile}};
    if (difference.step) json["step"] = difference.step->number;
    json["message"] = difference.finding->message;
    json["line"] = difference.finding->line;
    json["pointer"] = difference.finding->pointer;
    differences_.add(json);
  }

  void fault(const FaultEvent& fault) override {
    faults_.add({{"file", fault.scenario->file},
                 {"profile", fault.scenario->profile},
                 {"lines", fault.lines}});
  }

  void matrix(const MatrixEvent& matrix) override {
    Json policies = Json::array();
    for (const MatrixEvent::Policy& policy : matrix.policies) {
      policies.push_back({{"name", policy.name}, {"settings", policy.settings}});
    }
    matrices_.add({{"properties", matrix.properties},
                   {"dimensions", matrix.dimensions},
                   {"policies", std::move(policies)}});
  }

  void cell(const CellEvent& cell) override {
    cells_.add({{"property", cell.property},
                {"family", cell.family},
                {"policy", cell.policy},
                {"verdict", cell_verdict_name(cell.verdict)},
                {"message", cell.message},
                {"reproduce", cell.reproduce}});
  }

  void counterexample(const CounterexampleEvent& counterexample) override {
    counterexamples_.add({{"property", counterexample.property},
                          {"family", counterexample.family},
                          {"policies", counterexample.policies},
                          {"profile", counterexample.profile},
                          {"verdict", cell_verdict_name(counterexample.verdict)},
                          {"message", counterexample.message},
                          {"steps", steps_json(counterexample.steps, trace_)},
                          {"file", counterexample.file},
                          {"scenario", counterexample.text},
                          {"reproduce", counterexample.reproduce}});
  }

  void distribution(const DistributionEvent& distribution) override {
    Json rows = Json::array();
    for (const DistributionEvent::Row& row : distribution.rows) {
      rows.push_back({{"name", row.name}, {"count", row.count}, {"part_count", row.part_count}});
    }
    Json averages = Json::array();
    for (const Quantity& average : distribution.averages) {
      averages.push_back({{"name", average.name}, {"value", average.value}});
    }
    distributions_.add({{"title", distribution.title},
                        {"count_name", distribution.count_name},
                        {"part_name", distribution.part_name},
                        {"whole_count", distribution.whole_count},
                        {"rows", std::move(rows)},
                        {"averages", std::move(averages)}});
  }

  void series(const SeriesEvent& series) override {
    Json points = Json::array();
    for (const auto& [x, y] : series.points) points.push_back(Json::array({x, y}));
    series_.add({{"name", series.name},
                 {"x", measure_json(series.x)},
                 {"y", measure_json(series.y)},
                 {"points", std::move(points)}});
  }

  void table(const TableEvent& table) override {
    Json columns = Json::array();
    for (const Measure& column : table.columns) columns.push_back(measure_json(column));
    tables_.add({{"title", table.title}, {"columns", std::move(columns)}, {"rows", table.rows}});
  }

  void graph(const GraphEvent& graph) override {
    Json nodes = Json::array();
    for (const GraphEvent::Node& node : graph.nodes) {
      nodes.push_back({{"id", node.id}, {"label", node.label}});
    }
    Json edges = Json::array();
    for (const GraphEvent::Edge& edge : graph.edges) {
      edges.push_back({{"from", edge.from}, {"to", edge.to}, {"label", edge.label}});
    }
    graphs_.add({{"title", graph.title}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}});
  }

  void end(const RunSummary& summary) override {
    out_ << "\n]";
    for (const List* list : {&properties_, &differences_, &faults_, &matrices_, &cells_,
                             &counterexamples_, &distributions_, &series_, &tables_, &graphs_}) {
      out_ << list->text();
    }
    Json json{{"scenario_count", summary.scenario_count},
              {"replay_count", summary.replay_count},
              {"held_count", summary.held_count},
              {"failed_count", summary.failed_count},
              {"skipped_count", summary.skipped_count},
              {"step_count", summary.step_count},
              {"expectation_count", summary.expectation_count}};
    if (const auto& matrix = summary.matrix) {
      json["matrix"] = Json{{"property_count", matrix->property_count},
                            {"policy_count", matrix->policy_count},
                            {"held_count", matrix->held_count},
                            {"known_count", matrix->known_count},
                            {"not_claimed_count", matrix->not_claimed_count},
                            {"unanswered_count", matrix->unanswered_count},
                            {"failed_count", matrix->failed_count},
                            {"history_count", matrix->history_count},
                            {"operation_count", matrix->operation_count}};
    }
    out_ << ",\n\"summary\":" << dumped(json) << "}\n";
  }

 private:
  std::ostream& out_;
  bool trace_ = false;
  bool first_ = true;
  List properties_{"properties"};
  List differences_{"differences"};
  List faults_{"faults"};
  List matrices_{"matrices"};
  List cells_{"cells"};
  List counterexamples_{"counterexamples"};
  List distributions_{"distributions"};
  List series_{"series"};
  List tables_{"tables"};
  List graphs_{"graphs"};
};

}  // namespace

constinit const ReportKind kJsonReport{
    "json", "every event: scenarios, findings, cells, tables, for programs",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<JsonReporter>(out);
    }};

}  // namespace sweepcheck
