#include "runner/cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "input/config/config_toml.hpp"
#include "model/assert.hpp"
#include "replay/library.hpp"
#include "reports/output/terminal.hpp"

namespace sweepcheck {

bool fail(std::ostream& err, const std::string& message) {
  err << "sweepcheck: " << message << '\n';
  return false;
}

bool read_seed(const CommandLine& command_line, std::uint64_t& seed, std::ostream& err) {
  const auto text = command_line.value("seed");
  if (!text) return true;
  if (*text == "random") {
    std::random_device device;
    seed = (std::uint64_t{device()} << 32) | device();
    return true;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seed);
  if (error == std::errc{} && end == text->data() + text->size()) return true;
  return fail(err, "--seed " + *text + ": must be an integer from 0 on, or \"random\"");
}

std::uint32_t thread_count_of(const CommandLine& command_line, std::uint32_t most) {
  if (const auto chosen = command_line.value("jobs")) {
    const unsigned long count = std::stoul(*chosen);
    SWEEPCHECK_BELIEVE(count >= 1 && count <= most, "the table of flags has the same range");
    return static_cast<std::uint32_t>(count);
  }
  return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

bool wants_colour(int file_descriptor, const CommandLine& command_line) {
  const char* no_colour = std::getenv("NO_COLOR");
  return !command_line.has("no-color") && (no_colour == nullptr || *no_colour == '\0') &&
         is_terminal(file_descriptor);
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
  for (const std::string& name : asked) {
    if (std::find(profiles.begin(), profiles.end(), name) == profiles.end()) {
      profiles.push_back(name);
    }
  }
  std::stable_sort(profiles.begin(), profiles.end(), [](const auto& a, const auto& b) {
    return find_profile(a)->version < find_profile(b)->version;
  });
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
