// Flags that several commands share, read once for all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Says what is wrong, in one line on `err`; false, for the caller to return.
bool fail(std::ostream& err, const std::string& message);

/// Reads --seed: an integer, or "random", which makes one up; false, with the reason on `err`.
bool read_seed(const CommandLine& command_line, std::uint64_t& seed, std::ostream& err);

/// The most that --jobs may say of threads that work alone, and of those that each have a daemon.
inline constexpr std::uint32_t kThreadCountMax = 64;
inline constexpr std::uint32_t kDaemonCountMax = 16;

/// What --jobs says, which is `most` at most, or one for each processor so far as that allows.
std::uint32_t thread_count_of(const CommandLine& command_line, std::uint32_t most);

/// True if output to the file descriptor should be coloured: it is a terminal, NO_COLOR
/// (https://no-color.org) is not set or empty, and --no-color was not given.
bool wants_colour(int file_descriptor, const CommandLine& command_line);

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
