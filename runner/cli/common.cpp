// What several commands share: finding scenarios, and the options that change them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "input/config/config_toml.hpp"
#include "runner/commands.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

bool is_scenario_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.extension() == ".json" && !name.ends_with(".schema.json");
}

void find_below(const fs::path& folder, std::vector<std::string>& files, std::error_code& error) {
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;  // of a link that leads nowhere, or to itself
    if (entry->is_directory(unreadable) && entry->path().filename() == "images") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(unreadable) && is_scenario_file(entry->path())) {
      files.push_back(entry->path().generic_string());
    }
  }
}

}  // namespace

std::vector<std::string> find_scenarios(const std::vector<std::string>& paths,
                                        Diagnostics& diagnostics) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      find_below(path, files, error);
    } else if (fs::exists(path, error)) {
      files.push_back(path);
    } else {
      error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    if (error) {
      diagnostics.push_back({.file = path,
                             .pointer = "",
                             .rule = "unreadable",
                             .message = "can't be read: " + error.message(),
                             .hint = ""});
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

std::string library_path() {
  if (const char* chosen = std::getenv("SWEEPCHECK_SCENARIOS")) return chosen;
  std::error_code error;
  if (fs::is_directory("scenarios", error)) return "scenarios";
  error.clear();
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !error && folder != folder.root_path();
       folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_directory(folder / "scenarios", ignored)) return (folder / "scenarios").string();
    if (fs::is_directory(folder / "share/sweepcheck/scenarios", ignored)) {
      return (folder / "share/sweepcheck/scenarios").string();
    }
  }
  return "scenarios";
}

bool read_common_options(const CommandLine& command_line, CommonOptions& options,
                         std::ostream& err) {
  for (const std::string& value : command_line.values("image")) {
    const auto assignment = parse_assignment(value);
    if (assignment) options.overrides.images.emplace_back(assignment->key, assignment->value);
  }
  if (const auto file = command_line.value("config")) {
    ConfigResult config = read_config_toml(*file, nullptr);
    print_diagnostics(config.diagnostics, err);
    if (!config.policy) return false;
    options.policy = std::move(config.policy);
    options.config_version = config.version;
  }
  Policy scratch;
  for (const std::string& value : command_line.values("set")) {
    const auto assignment = parse_assignment(value);
    if (!assignment) continue;
    const std::string error = set_policy_key(scratch, assignment->key, assignment->value);
    if (!error.empty()) {
      err << "sweepcheck: --set " << value << ": " << error << '\n';
      return false;
    }
    options.settings.emplace_back(assignment->key, assignment->value);
  }
  return true;
}

std::vector<std::string> input_files(const CommandLine& command_line,
                                     const std::vector<Scenario>& scenarios) {
  std::vector<std::string> files = command_line.values("config");
  for (const std::string& value : command_line.values("image")) {
    if (const auto assignment = parse_assignment(value)) files.push_back(assignment->value);
  }
  for (const Scenario& scenario : scenarios) files.push_back(scenario.file);
  return files;
}

void print_diagnostics(const Diagnostics& diagnostics, std::ostream& err) {
  std::set<std::string> said;
  for (const Diagnostic& diagnostic : diagnostics) {
    const std::string line = to_line(diagnostic);
    if (said.insert(line).second) err << line << '\n';
  }
}

bool take_profiles(const CommandLine& command_line, const CommonOptions& options,
                   std::vector<std::string>& profiles, std::ostream& err) {
  const std::vector<std::string> asked = command_line.values("profile");
  std::vector<std::string> left_out;
  std::erase_if(profiles, [&](const std::string& name) {
    if (!asked.empty() && std::find(asked.begin(), asked.end(), name) == asked.end()) return true;
    if (find_profile(name)->highest_config_version >= options.config_version) return false;
    left_out.push_back(name);
    return true;
  });
  if (left_out.empty()) return true;
  const bool refused = !asked.empty() || profiles.empty();
  err << fmt::format("{}: {}: config version {} is not read by {}{}\n",
                     command_line.value("config").value_or(""), refused ? "error" : "warning",
                     options.config_version, fmt::join(left_out, " and "),
                     refused ? "" : "; left out");
  return !refused;
}

bool read_scenarios(const CommandLine& command_line, const ScenarioOverrides& overrides,
                    std::vector<Scenario>& scenarios, std::ostream& err) {
  std::vector<std::string> paths = command_line.arguments;
  if (paths.empty()) paths.push_back(library_path());
  Diagnostics diagnostics;
  std::vector<std::string> files = find_scenarios(paths, diagnostics);
  if (const auto filter = command_line.value("filter")) {
    std::erase_if(files, [&](const std::string& file) {
      return !matches_pattern(file, "*" + *filter + "*");
    });
  }
  for (const std::string& file : files) {
    ScenarioResultOrDiagnostics read = read_scenario(file, overrides);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
    if (read.scenario) scenarios.push_back(std::move(*read.scenario));
  }
  print_diagnostics(diagnostics, err);
  return !has_errors(diagnostics);
}

}  // namespace sweepcheck
