// The report for code scanning: SARIF 2.1.0. Each finding is a result at its line, and the steps
// that led to it are a code flow over the scenario file's lines.
#include <map>
#include <nlohmann/json.hpp>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

Json location(const ScenarioResult& result, int line, const std::string& text) {
  Json out{{"physicalLocation",
            {{"artifactLocation", {{"uri", printable(result.file)}}},
             {"region", {{"startLine", line > 0 ? line : 1}}}}}};
  if (!text.empty()) out["message"] = {{"text", printable(text)}};
  return out;
}

class SarifReporter final : public Reporter {
 public:
  explicit SarifReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override { info_ = info; }

  void scenario(const ScenarioResult& result) override {
    for (const StepResult& step : result.steps) {
      for (const Finding& finding : step.findings) add(result, finding, step.number);
    }
    for (const Finding& finding : result.findings) add(result, finding, 0);
  }

  void end(const RunSummary&) override {
    Json rules = Json::array();
    for (const auto& [id, about] : rules_) {
      rules.push_back({{"id", id}, {"shortDescription", {{"text", about}}}});
    }
    const Json driver{
        {"name", "sweepcheck"}, {"version", info_.version}, {"rules", std::move(rules)}};
    const Json run{{"tool", {{"driver", driver}}},
                   {"columnKind", "unicodeCodePoints"},
                   {"results", std::move(results_)}};
    out_ << Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({run})}}
                .dump(2)
         << '\n';
  }

 private:
  // The steps up to the one that shows it; 0: all.
  static Json code_flow(const ScenarioResult& result, int last) {
    Json locations = Json::array();
    for (const StepResult& step : result.steps) {
      if (last > 0 && step.number > last) break;
      locations.push_back(
          {{"location", location(result, step.line, step.text + ": " + outcome(step))}});
    }
    return Json{{"threadFlows", Json::array({Json{{"locations", std::move(locations)}}})}};
  }

  void add(const ScenarioResult& result, const Finding& finding, int step) {
    const bool property = finding.kind == Finding::Kind::kProperty;
    const std::string rule = property ? finding.property : "expectation";
    rules_.try_emplace(rule,
                       property ? printable(result.about) : "A scenario's expectation is not met.");
    Json json{
        {"ruleId", rule},
        {"level", "error"},
        {"message",
         {{"text", printable(finding_message(finding)) + " [" + printable(result.profile) + "]"}}},
        {"locations", Json::array({location(result, finding.line, "")})}};
    if (!result.steps.empty()) json["codeFlows"] = Json::array({code_flow(result, step)});
    results_.push_back(std::move(json));
  }

  std::ostream& out_;
  RunInfo info_;
  std::map<std::string, std::string> rules_;
  Json results_ = Json::array();
};

}  // namespace

constinit const ReportKind kSarifReport{
    "sarif", "SARIF 2.1.0: each finding with its steps as a code flow, for code scanning",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<SarifReporter>(out);
    }};

}  // namespace sweepcheck
