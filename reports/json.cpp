// The report for programs: one JSON document with every scenario, one a line, written as results
// come so that a large run is never held in memory. Keys keep the order in which they are written;
// schema_version rises when a key changes its meaning or goes away, not when one is added.
#include <nlohmann/json.hpp>
#include <string>

#include "reports/kinds.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

/// Bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json finding_json(const Finding& finding) {
  const char* kind = finding.kind == Finding::Kind::kProperty     ? "property"
                     : finding.kind == Finding::Kind::kDifference ? "difference"
                     : finding.kind == Finding::Kind::kFault      ? "fault"
                                                                  : "expectation";
  Json json{{"kind", kind}};
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

class JsonReporter final : public Reporter {
 public:
  explicit JsonReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override {
    trace_ = info.trace;
    out_ << "{\"schema_version\":" << kSchemaVersion << ",\n\"version\":" << dumped(info.version)
         << ",\n\"command\":" << dumped(info.command) << ",\n\"scenarios\":[";
  }

  void scenario(const ScenarioResult& result) override {
    Json json{{"file", result.file},
              {"folder", result.folder},
              {"about", result.about},
              {"profile", result.profile},
              {"verdict", verdict_name(result.verdict)}};
    if (result.verdict == Verdict::kSkipped) json["reason"] = result.reason;
    Json steps = Json::array();
    for (const StepResult& step : result.steps) steps.push_back(step_json(step, trace_));
    json["steps"] = std::move(steps);
    json["findings"] = findings_json(result.findings);
    json["reproduce"] = result.reproduce;
    out_ << (first_ ? "\n" : ",\n") << dumped(json);
    first_ = false;
  }

  void end(const RunSummary& summary) override {
    const Json json{{"scenario_count", summary.scenario_count},
                    {"replay_count", summary.replay_count},
                    {"held_count", summary.held_count},
                    {"failed_count", summary.failed_count},
                    {"skipped_count", summary.skipped_count},
                    {"step_count", summary.step_count},
                    {"expectation_count", summary.expectation_count}};
    out_ << "\n],\n\"summary\":" << dumped(json) << "}\n";
  }

 private:
  std::ostream& out_;
  bool trace_ = false;
  bool first_ = true;
};

}  // namespace

constinit const ReportKind kJsonReport{
    "json", "every scenario, step and finding, for programs",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<JsonReporter>(out);
    }};

}  // namespace sweepcheck
