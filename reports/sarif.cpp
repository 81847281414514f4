// The report for code scanning: SARIF 2.1.0. Each finding is a result at its line, and the steps
// that led to it are a code flow over the scenario file's lines.
//
// - A rule is a property, with its statement, why it matters and where it is known from; or one of
//   three of this tool: "expectation", "model-differs" (a real daemon does something else than the
//   model) and "daemon-fault" (one died, hung or did not start).
// - Files are relative to %SRCROOT%, the folder that sweepcheck ran in. A counterexample that was
//   saved nowhere is an artifact with its text inside.
// - A fingerprint is of the rule, the version of containerd and the steps, so that it is the same
//   after a line was added above, or under another policy of that version.
// - What is refuted where that is known is a note, and suppressed: an accepted fact.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"
#include "reports/version.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRoot = "%SRCROOT%";
constexpr const char* kFingerprint = "sweepcheckSteps/v1";

Json text_json(const std::string& text) { return Json{{"text", text}}; }

/// What describes a rule, all of it printable.
struct Rule {
  std::string id;
  std::string family;
  std::string statement;
  std::string why;
  std::string source;
  std::string claimed;
};

Rule own_rule(const std::string& id) {
  if (id == "model-differs") {
    return {.id = id,
            .family = "conformance",
            .statement = "A real containerd and the model do the same.",
            .why =
                "where they differ, what the model says of a policy does not hold for that "
                "daemon",
            .source = "docs/conformance.md",
            .claimed = "for the profile that is nearest to the daemon's version"};
  }
  if (id == "daemon-fault") {
    return {.id = id,
            .family = "conformance",
            .statement = "A real containerd stays alive and answers.",
            .why = "a daemon that died, hung or did not start can't be compared with the model",
            .source = "docs/conformance.md",
            .claimed = "everywhere"};
  }
  return {.id = id,
          .family = "scenarios",
          .statement = "What a scenario expects is so.",
          .why =
              "an expectation that is not met is a change of containerd's rules, of the "
              "model's, or a mistake in the scenario",
          .source = "docs/scenario-reference.md",
          .claimed = "under the scenario's profiles"};
}

Json rule_json(const Rule& rule) {
  std::string text = rule.statement;
  std::string markdown = markdown_escaped(rule.statement);
  const auto add = [&](const char* what, const std::string& value) {
    if (value.empty()) return;
    text += fmt::format("\n{}: {}", what, value);
    markdown += fmt::format("\n\n**{}:** {}", what, markdown_escaped(value));
  };
  add("Why it matters", rule.why);
  add("Known from", rule.source);
  const std::string full = text;
  add("Claimed", rule.claimed);
  return Json{{"id", rule.id},
              {"name", rule.id},
              {"shortDescription", text_json(rule.statement)},
              {"fullDescription", text_json(full)},
              {"help", {{"text", text}, {"markdown", markdown}}},
              {"helpUri", kInformationUri},
              {"defaultConfiguration", {{"level", "error"}}},
              {"properties", {{"tags", Json::array({rule.family})}}}};
}

/// FNV-1a of 64 bits: enough to tell the findings of one project apart, and the same everywhere.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char character : text) add_byte(static_cast<unsigned char>(character));
    add_byte(0);
  }
  std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  void add_byte(unsigned char byte) {
    value_ ^= byte;
    value_ *= 0x100000001B3U;
  }

  std::uint64_t value_ = 0xCBF29CE484222325U;
};

// "containerd-2.1" of "containerd-2.1+keep+called+shared" and of "containerd-2.1 (2.1.9)".
std::string generation_of(const std::string& profile) {
  return profile.substr(0, profile.find_first_of("+ "));
}

/// One result, before it has the place of its rule.
struct Found {
  std::string rule;
  std::string level = "error";
  std::string message;
  std::string profile;
  /// Of what is not a property: what tells it from others after the same steps.
  std::string detail;
  Json artifact;
  int line = 0;
  const std::vector<StepResult>* steps = nullptr;
  /// The number of the step that shows it; 0: all were needed.
  int last_step = 0;
};

class SarifReporter final : public Reporter {
 public:
  explicit SarifReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override { info_ = info; }

  void property(const PropertyEvent& property) override {
    add_rule({.id = printable(property.name),
              .family = printable(property.family),
              .statement = printable(property.statement),
              .why = printable(property.why),
              .source = printable(property.source),
              .claimed = printable(property.claimed)});
  }

  void finding(const FindingEvent& event) override {
    const bool property = event.finding->kind == Finding::Kind::kProperty;
    add(event, property ? printable(event.finding->property) : "expectation",
        property ? "" : event.finding->message);
  }

  void difference(const FindingEvent& event) override {
    add(event, "model-differs", event.finding->message);
  }

  void fault(const FaultEvent& event) override {
    const ScenarioResult& scenario = *event.scenario;
    std::string message;
    for (const std::string& line : event.lines) message += printable(line) + "\n";
    faulty_ = true;
    const int line = scenario.steps.empty() ? 0 : scenario.steps.back().line;
    // The log's lines have times in them: the steps alone say which fault it is.
    add({.rule = "daemon-fault",
         .message = message + in_brackets(scenario.profile),
         .profile = scenario.profile,
         .detail = {},
         .artifact = place_of(scenario.file),
         .line = line,
         .steps = &scenario.steps});
  }

  void cell(const CellEvent& cell) override {
    unanswered_ = unanswered_ || cell.verdict == CellVerdict::kUnanswered;
    if (cell.verdict != CellVerdict::kNotFound) return;
    const std::string name = printable(cell.property);
    add({.rule = name,
         .message = printable(cell.message) + in_brackets(cell.policy),
         .profile = cell.policy,
         .detail = "not found",
         .artifact = embedded("properties/" + cell.property + ".txt",
                              name + ": " + rules_[rule_index(name)].statement + "\n")});
  }

  void counterexample(const CounterexampleEvent& counterexample) override {
    Found found{.rule = printable(counterexample.property),
                .message = printable(counterexample.message),
                .profile = counterexample.profile,
                .detail = {},
                .artifact = counterexample_place(counterexample),
                .steps = &counterexample.steps};
    for (const StepResult& step : counterexample.steps) {
      if (step.findings.empty() && found.line > 0) continue;
      found.line = step.line;
    }
    found.message += fmt::format(" ({})", counterexample_name(counterexample));
    const bool known = !is_failure(counterexample.verdict);
    if (known) found.level = "note";
    Json& result = add(found);
    if (!known) return;
    const bool claimed = counterexample.verdict == CellVerdict::kKnown;
    result["suppressions"] = Json::array(
        {Json{{"kind", "external"},
              {"status", "accepted"},
              {"justification", claimed ? "refuted, as is known" : "nothing is claimed here"}}});
  }

  void end(const RunSummary&) override {
    Json rules = Json::array();
    for (const Rule& rule : rules_) rules.push_back(rule_json(rule));
    const Json driver{{"name", "sweepcheck"},
                      {"version", printable(info_.version)},
                      {"informationUri", kInformationUri},
                      {"rules", std::move(rules)}};
    Json run{
        {"tool", {{"driver", driver}}},
        {"automationDetails", {{"id", "sweepcheck/" + verb() + "/"}}},
        {"invocations", Json::array({Json{{"commandLine", "sweepcheck " + printable(info_.command)},
                                          {"executionSuccessful", !faulty_ && !unanswered_}}})},
        {"originalUriBaseIds",
         {{kRoot, {{"description", text_json("the folder that sweepcheck ran in")}}}}},
        {"columnKind", "unicodeCodePoints"}};
    if (!artifacts_.empty()) run["artifacts"] = std::move(artifacts_);
    run["results"] = std::move(results_);
    out_ << Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({std::move(run)})}}
                .dump(2, ' ', false, Json::error_handler_t::replace)
         << '\n';
  }

 private:
  static std::string in_brackets(const std::string& profile) {
    return " [" + printable(profile) + "]";
  }

  // "check" of "check --seed 1".
  std::string verb() const { return printable(info_.command.substr(0, info_.command.find(' '))); }

  void add_rule(const Rule& rule) {
    if (rule_places_.try_emplace(rule.id, rules_.size()).second) rules_.push_back(rule);
  }

  // A property that nobody described has its name only.
  std::size_t rule_index(const std::string& id) {
    const auto found = rule_places_.find(id);
    if (found != rule_places_.end()) return found->second;
    const bool own = id == "expectation" || id == "model-differs" || id == "daemon-fault";
    add_rule(own ? own_rule(id) : Rule{.id = id, .family = "own", .statement = id});
    return rules_.size() - 1;
  }

  // The file as an artifact location: relative to the root where it can be.
  Json place_of(const std::string& file) const {
    namespace fs = std::filesystem;
    if (file.empty()) return Json{{"uri", "."}, {"uriBaseId", kRoot}};
    fs::path path = fs::path(file).lexically_normal();
    const bool leaves = !path.empty() && *path.begin() == "..";
    if (!info_.folder.empty() && (path.is_absolute() || leaves)) {
      const fs::path whole = (fs::path(info_.folder) / path).lexically_normal();
      const fs::path inside = whole.lexically_relative(info_.folder);
      path = !inside.empty() && *inside.begin() != ".." ? inside : whole;
    }
    const std::string uri = uri_escaped(path.generic_string());
    if (path.is_absolute()) return Json{{"uri", "file://" + uri}};
    return Json{{"uri", uri}, {"uriBaseId", kRoot}};
  }

  // A text that is in no file, as an artifact of the report; the same name is the same text.
  Json embedded(const std::string& name, const std::string& text) {
    const std::string uri = uri_escaped(name);
    const auto [place, added] = artifact_places_.try_emplace(uri, artifacts_.size());
    if (added) {
      artifacts_.push_back({{"location", {{"uri", uri}}}, {"contents", {{"text", text}}}});
    }
    return Json{{"uri", uri}, {"index", place->second}};
  }

  Json counterexample_place(const CounterexampleEvent& counterexample) {
    if (!counterexample.file.empty()) return place_of(counterexample.file);
    const std::string policy =
        counterexample.policies.empty() ? counterexample.profile : counterexample.policies.front();
    return embedded("counterexamples/" + counterexample.property + "." + policy + ".json",
                    counterexample.text);
  }

  static Json location(const Json& artifact, int line, const std::string& text) {
    Json out{{"physicalLocation",
              {{"artifactLocation", artifact}, {"region", {{"startLine", line > 0 ? line : 1}}}}}};
    if (!text.empty()) out["message"] = text_json(printable(text));
    return out;
  }

  static Json code_flow(const Found& found) {
    Json locations = Json::array();
    for (const StepResult& step : *found.steps) {
      if (found.last_step > 0 && step.number > found.last_step) break;
      locations.push_back(
          {{"location", location(found.artifact, step.line, step.text + ": " + outcome(step))}});
    }
    return Json{{"threadFlows", Json::array({Json{{"locations", std::move(locations)}}})}};
  }

  static std::string fingerprint(const Found& found) {
    Hash hash;
    hash.add(found.rule);
    hash.add(generation_of(found.profile));
    for (std::size_t i = 0; found.steps && i < found.steps->size(); ++i) {
      const StepResult& step = (*found.steps)[i];
      if (found.last_step > 0 && step.number > found.last_step) break;
      hash.add(step.text);
    }
    hash.add(found.detail);
    return hash.text();
  }

  void add(const FindingEvent& event, const std::string& rule, const std::string& detail) {
    const ScenarioResult& scenario = *event.scenario;
    add({.rule = rule,
         .message = printable(finding_message(*event.finding)) + in_brackets(scenario.profile),
         .profile = scenario.profile,
         .detail = detail,
         .artifact = place_of(scenario.file),
         .line = event.finding->line,
         .steps = &scenario.steps,
         .last_step = event.step ? event.step->number : 0});
  }

  // The result, until the next is added.
  Json& add(const Found& found) {
    Json json{{"ruleId", found.rule},
              {"ruleIndex", rule_index(found.rule)},
              {"level", found.level},
              {"message", text_json(found.message)},
              {"locations", Json::array({location(found.artifact, found.line, "")})},
              {"partialFingerprints", {{kFingerprint, fingerprint(found)}}}};
    if (found.steps && !found.steps->empty()) {
      json["codeFlows"] = Json::array({code_flow(found)});
    }
    results_.push_back(std::move(json));
    return results_.back();
  }

  std::ostream& out_;
  RunInfo info_;
  std::vector<Rule> rules_;
  std::map<std::string, std::size_t> rule_places_;
  Json artifacts_ = Json::array();
  std::map<std::string, std::size_t> artifact_places_;
  Json results_ = Json::array();
  bool faulty_ = false;
  bool unanswered_ = false;
};

}  // namespace

constinit const ReportKind kSarifReport{
    "sarif", "SARIF 2.1.0: each finding with its steps as a code flow, for code scanning",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<SarifReporter>(out);
    }};

}  // namespace sweepcheck
