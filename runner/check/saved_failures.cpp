#include "runner/check/saved_failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "input/json_document.hpp"
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

/// What is wrong with a saved failure, and where the file says so: keys, from the root.
struct Complaint {
  std::vector<std::string> keys;
  Diagnostic diagnostic;
};

// A name that doesn't have all settings of a column selects several, and says nothing of any.
Diagnostic wrong_policy(const std::string& name, const std::string& example) {
  auto wrong = wrong_selection(name);
  if (!wrong) {
    return {.rule = "incomplete-policy",
            .message = fmt::format("policy \"{}\" is not a column of the matrix", name),
            .hint = fmt::format("name all its settings, as {} does", example)};
  }
  wrong->message = fmt::format("policy \"{}\": {}", name, wrong->message);
  return std::move(*wrong);
}

// Before there was "found_by", a line of "source" said the same.
bool is_old_line(const std::string& source) { return source.starts_with("sweepcheck check "); }

Complaint not_saved(const Scenario& scenario) {
  if (std::any_of(scenario.sources.begin(), scenario.sources.end(), is_old_line)) {
    return {
        {"source"},
        {.rule = "old-format",
         .message = "was saved when \"source\" said what it was found by",
         .hint = "delete it, and check will find it again; or write \"found_by\": "
                 "{\"version\": ..., \"property\": ..., \"policy\": ...} instead of that line"}};
  }
  return {{},
          {.rule = "not-saved",
           .message = "was not saved by check: it has no \"found_by\"",
           .hint = "move it to your scenarios, out of the folder of failures"}};
}

std::optional<Complaint> complaint_of(const Scenario& scenario) {
  if (!scenario.found_by) return not_saved(scenario);
  const FoundBy& found_by = *scenario.found_by;
  if (found_by.version != kVersion) {
    return Complaint{{"found_by", "version"},
                     {.rule = "other-version",
                      .message = fmt::format("was saved by version {}, and this is {}",
                                             found_by.version, kVersion),
                      .hint = "delete it, or move it to your scenarios"}};
  }
  if (!find_property(found_by.property)) {
    return Complaint{{"found_by", "property"}, unknown_property(found_by.property)};
  }
  const std::vector<PolicyCase> cases = policy_cases();
  const PolicyCase* policy = find_policy(cases, found_by.policy);
  if (!policy) {
    return Complaint{{"found_by", "policy"}, wrong_policy(found_by.policy, cases.front().name)};
  }
  const std::string profile(policy->profile->name);
  if (scenario.profiles == std::vector{profile}) return std::nullopt;
  return Complaint{
      {"profiles"},
      {.rule = "other-profile",
       .message = fmt::format("must be for one profile, {}, under which it was found", profile),
       .hint = fmt::format("\"profiles\": [\"{}\"]", profile)}};
}

// Where the value of these keys stands; of sources, the old line.
void place_at(const std::string& file, const std::vector<std::string>& keys,
              Diagnostic& diagnostic) {
  std::ifstream in(file, std::ios::binary);
  const std::string text = std::move(std::ostringstream() << in.rdbuf()).str();
  const JsonDocument document(text, file);
  diagnostic.file = file;
  const JsonValue* place = document.root();
  if (!place) return;
  for (const std::string& key : keys) {
    if (const JsonValue* value = place->find(key)) place = value;
  }
  for (const JsonValue* each : place->children) {
    if (place->key == "source" && is_old_line(each->text)) {
      place = each;
      break;
    }
  }
  diagnostic.line = place->line;
  diagnostic.column = place->column;
  diagnostic.pointer = place->pointer();
}

ScenarioResult replay_one(const std::string& file, const Scenario& scenario) {
  const Property* property = find_property(scenario.found_by->property);
  Replay replay(scenario,
                {.profile = find_profile(scenario.profiles.front()), .properties = {&property, 1}});
  ScenarioResult result = replay.run();
  result.file = file;
  result.folder = "saved";
  result.profile = scenario.found_by->policy;
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
    if (auto complaint = complaint_of(*read.scenario)) {
      place_at(file, complaint->keys, complaint->diagnostic);
      diagnostics.push_back(std::move(complaint->diagnostic));
      continue;
    }
    if (!has_errors(diagnostics)) results.push_back(replay_one(file, *read.scenario));
  }
  print_diagnostics(diagnostics, err);
  return !has_errors(diagnostics);
}

}  // namespace sweepcheck
