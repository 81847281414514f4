#include "runner/validate/validate_command.hpp"

#include <nlohmann/json.hpp>

#include "replay/library.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

int validate_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  Diagnostics diagnostics;
  const std::vector<std::string> files = find_scenarios(command_line.arguments, diagnostics);
  for (const std::string& file : files) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
  }
  if (command_line.has("json")) {
    Json rows = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) {
      rows.push_back({{"file", diagnostic.file},
                      {"line", diagnostic.line},
                      {"column", diagnostic.column},
                      {"pointer", diagnostic.pointer},
                      {"rule", diagnostic.rule},
                      {"message", diagnostic.message},
                      {"hint", diagnostic.hint},
                      {"warning", diagnostic.warning}});
    }
    out << Json{{"schema_version", 1}, {"file_count", files.size()}, {"diagnostics", rows}}.dump(2)
        << '\n';
  } else {
    print_diagnostics(diagnostics, err);
    if (!has_errors(diagnostics) && !files.empty()) {
      out << files.size() << (files.size() == 1 ? " scenario is" : " scenarios are") << " valid\n";
    }
  }
  if (has_errors(diagnostics)) return exit_status::kBadUse;
  if (files.empty()) {
    err << "sweepcheck: no scenario files there\n";
    return exit_status::kNothingRan;
  }
  return exit_status::kHeld;
}

}  // namespace sweepcheck
