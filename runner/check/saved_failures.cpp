#include "runner/check/saved_failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "input/json_document.hpp"
#include "replay/counterexample.hpp"
#include "replay/library.hpp"
#include "replay/replay.hpp"
#include "reports/escape.hpp"
#include "reports/version.hpp"
#include "runner/check/check_options.hpp"
#include "runner/cli/options.hpp"
#include "runner/cli/report_sinks.hpp"

namespace sweepcheck {
namespace {

const PolicyCase* find_policy(const std::vector<PolicyCase>& cases, const std::string& name) {
  const auto found = std::find_if(cases.begin(), cases.end(),
                                  [&](const PolicyCase& each) { return each.name == name; });
  return found == cases.end() ? nullptr : &*found;
}

// Of one line, with the mend after "; ".
Diagnostic diagnostic_of(std::string rule, const std::string& error) {
  const std::size_t end = error.rfind("; ");
  return {.pointer = "",
          .rule = std::move(rule),
          .message = error.substr(0, end),
          .hint = end == std::string::npos ? "" : error.substr(end + 2)};
}

Diagnostic wrong_policy(const std::string& name, const std::string& example) {
  const std::string error = selection_error(name);
  if (error.empty()) {
    return {.pointer = "",
            .rule = "incomplete-policy",
            .message = fmt::format("policy \"{}\" is no column of the matrix", name),
            .hint = fmt::format("name all its settings, as {} does", example)};
  }
  return diagnostic_of("unknown-policy", fmt::format("policy \"{}\": {}", name, error));
}

/// What is wrong with a saved failure, and the key of the file that says so.
struct Complaint {
  std::string key;
  Diagnostic diagnostic;
};

std::optional<Complaint> complaint_of(const Scenario& scenario,
                                      const std::optional<SavedFailure>& saved) {
  const std::vector<PolicyCase> cases = policy_cases();
  if (!saved) {
    return Complaint{"source",
                     {.pointer = "",
                      .rule = "not-saved",
                      .message = "is no counterexample that check has saved",
                      .hint = "move it to your scenarios, out of the folder of failures"}};
  }
  if (saved->version != kVersion) {
    return Complaint{"source",
                     {.pointer = "",
                      .rule = "other-version",
                      .message = fmt::format("was saved by version {}, and this is {}",
                                             saved->version, kVersion),
                      .hint = "delete it, or move it to your scenarios"}};
  }
  if (!find_property(saved->property)) {
    return Complaint{"source",
                     diagnostic_of("unknown-property", unknown_property(saved->property))};
  }
  const PolicyCase* policy = find_policy(cases, saved->policy);
  if (!policy) return Complaint{"source", wrong_policy(saved->policy, cases.front().name)};
  const std::string profile(policy->profile->name);
  if (scenario.profiles == std::vector{profile}) return std::nullopt;
  return Complaint{
      "profiles",
      {.pointer = "",
       .rule = "other-profile",
       .message = fmt::format(
           "must be for one profile, {}, under which its source says it was found", profile),
       .hint = fmt::format("\"profiles\": [\"{}\"]", profile)}};
}

// Where the key's value stands: of the sources that of check, if there is one.
void place_at(const std::string& file, const std::string& key, Diagnostic& diagnostic) {
  std::ifstream in(file, std::ios::binary);
  const std::string text = std::move(std::ostringstream() << in.rdbuf()).str();
  const JsonDocument document(text, file);
  diagnostic.file = file;
  if (!document.root()) return;
  const JsonValue* value = document.root()->find(key);
  const JsonValue* place = value ? value : document.root();
  if (value && key == "source") {
    for (const JsonValue* each : value->children) {
      if (is_of_check(each->text)) place = each;
    }
  }
  diagnostic.line = place->line;
  diagnostic.column = place->column;
  diagnostic.pointer = place->pointer();
}

ScenarioResult replay_one(const std::string& file, const Scenario& scenario,
                          const SavedFailure& saved) {
  const Property* property = find_property(saved.property);
  Replay replay(scenario,
                {.profile = find_profile(scenario.profiles.front()), .properties = {&property, 1}});
  ScenarioResult result = replay.run();
  result.file = file;
  result.folder = "saved";
  result.profile = saved.policy;
  result.reproduce = "sweepcheck run --trace " + shell_word(file);
  const bool refuted = replay.refutation_count() > 0;
  result.verdict = refuted ? Verdict::kFailed : Verdict::kHeld;
  result.reason = refuted ? "still refuted" : "no longer refuted";
  return result;
}

}  // namespace

bool replay_saved(const std::string& folder, std::vector<ScenarioResult>& results,
                  std::ostream& err) {
  Diagnostics diagnostics;
  for (const std::string& file : find_scenarios({folder}, diagnostics)) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
    if (!read.scenario) continue;
    const auto saved = read_saved_failure(*read.scenario);
    if (auto complaint = complaint_of(*read.scenario, saved)) {
      place_at(file, complaint->key, complaint->diagnostic);
      diagnostics.push_back(std::move(complaint->diagnostic));
      continue;
    }
    if (!has_errors(diagnostics)) results.push_back(replay_one(file, *read.scenario, *saved));
  }
  print_diagnostics(diagnostics, err);
  return !has_errors(diagnostics);
}

}  // namespace sweepcheck
