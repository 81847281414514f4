// The program's commands, one function each. They write their result to `out`, diagnostics to
// `err`, and return the exit status.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "model/world.hpp"
#include "runner/cli/command_line.hpp"

namespace sweepcheck {

inline constexpr std::string_view kVersion = "0.1.0";

int run_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int conform_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int check_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int try_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int validate_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int list_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);
int dump_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

/// Dispatches to one of the above, or prints help, version, schema, completions or the manual page.
int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

/// The scenario files below these paths, sorted; a file stands for itself. Folders named "images"
/// hold archives and configurations, not scenarios. Unreadable paths go to `diagnostics`.
std::vector<std::string> find_scenarios(const std::vector<std::string>& paths,
                                        Diagnostics& diagnostics);

/// Where the scenario library is: $SWEEPCHECK_SCENARIOS, ./scenarios, or beside the program.
std::string library_path();

/// The canonical state of a world, as JSON text: objects in the order of their names, digests by
/// their aliases.
std::string dump_json(const World& world);

/// Policy and images that the command line puts in the place of a scenario's.
struct CommonOptions {
  ScenarioOverrides overrides;
  std::optional<Policy> policy;
  /// The config version of the file that the policy is from; 0: from none.
  std::int64_t config_version = 0;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// Reads --config, --set and --image; false if one of them is wrong, with the reason on `err`.
bool read_common_options(const CommandLine& command_line, CommonOptions& options,
                         std::ostream& err);

/// Leaves those profiles that --profile asks for, and whose daemons read the version of the
/// --config. What is left out for its version is named on `err`; false if that was asked for, or
/// nothing is left.
bool take_profiles(const CommandLine& command_line, const CommonOptions& options,
                   std::vector<std::string>& profiles, std::ostream& err);

/// Reads the scenarios that the arguments (default: the library) and --filter choose; false if one
/// of them is bad, with the diagnostics on `err`.
bool read_scenarios(const CommandLine& command_line, const ScenarioOverrides& overrides,
                    std::vector<Scenario>& scenarios, std::ostream& err);

/// The files that these scenarios and the flags that change them were read from.
std::vector<std::string> input_files(const CommandLine& command_line,
                                     const std::vector<Scenario>& scenarios);

/// Prints diagnostics, a line each. What is wrong with a file that many scenarios read is said
/// once.
void print_diagnostics(const Diagnostics& diagnostics, std::ostream& err);

}  // namespace sweepcheck
