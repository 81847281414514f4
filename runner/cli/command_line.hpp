// The command line as data: one table of commands and flags from which come parsing, help, shell
// completions and the man page, so that none of them can say something else than the others.
//
// To add a flag, add one line to runner/cli/command_table.cpp; everything else follows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweepcheck {

/// What the program's exit status says. Nothing else is ever returned.
namespace exit_status {
inline constexpr int kHeld = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadUse = 2;
inline constexpr int kNothingRan = 4;
inline constexpr int kOutOfBudget = 5;
inline constexpr int kDiffers = 6;
inline constexpr int kInternal = 70;
}  // namespace exit_status

struct ExitStatusSpec {
  int status;
  std::string_view help;
};

/// What a value looks like; parsing checks it, and completions offer what fits.
enum class ValueShape : std::uint8_t {
  kNone,            ///< a switch: there is no value
  kText,            ///< anything
  kName,            ///< one of the choices, and nothing else
  kProfile,         ///< one of the choices, or a release that find_profile() knows
  kFile,            ///< a file or folder
  kCount,           ///< an integer, 1 or more
  kAssignment,      ///< KEY=VALUE
  kFileAssignment,  ///< NAME=FILE
  kReport,          ///< KIND or KIND:out=FILE, KIND being one of the choices
};

/// The names that a value may take, looked up when they are needed.
using ChoicesProvider = std::vector<std::string> (*)();

struct FlagSpec {
  /// Without the dashes.
  std::string_view name;
  /// 0 if there is none.
  char short_name = 0;
  /// As help shows it: "NAME"; empty for a switch.
  std::string_view value_name = {};
  std::string_view help;
  bool repeatable = false;
  ValueShape shape = ValueShape::kNone;
  ChoicesProvider choices = nullptr;
  /// Of a count; 0: as many as fit into 32 bits. The help says it, and more is refused.
  std::uint32_t count_max = 0;
};

struct ArgumentSpec {
  /// As help shows it: "PATH".
  std::string_view name;
  std::string_view help;
  bool required = false;
  bool repeatable = false;
  ValueShape shape = ValueShape::kText;
  ChoicesProvider choices = nullptr;
};

struct ExampleSpec {
  std::string_view command;
  std::string_view help;
};

struct CommandSpec {
  std::string_view name;
  /// Half a line, as the list of commands shows it.
  std::string_view summary;
  /// One or more paragraphs, separated by an empty line.
  std::string_view description;
  std::span<const ArgumentSpec> arguments;
  std::span<const FlagSpec> flags;
  std::span<const ExampleSpec> examples;
};

/// All commands, in the order in which help shows them.
std::span<const CommandSpec> commands();

/// The command of that name, or nullptr.
const CommandSpec* find_command(std::string_view name);

/// Flags that every command has: --help and --version.
std::span<const FlagSpec> global_flags();

/// The names of all profiles, oldest first.
std::vector<std::string> profile_names();

/// What each exit status means.
std::span<const ExitStatusSpec> exit_statuses();

/// One paragraph on what the program is for.
std::string_view program_description();

/// "--set KEY=VALUE", "-j, --jobs N".
std::string flag_usage(const FlagSpec& flag);

/// "sweepcheck run [flags] [PATH...]".
std::string command_usage(const CommandSpec& command);

/// What was asked for. `--help` and `--version` arrive as the commands "help" and "version",
/// whatever stands beside them; so does an empty command line, as "help".
struct CommandLine {
  std::string command = {};
  std::vector<std::string> arguments = {};
  /// By the flag's name without dashes; a switch that is set has one empty value.
  std::map<std::string, std::vector<std::string>> flags = {};

  /// True if the flag was given.
  bool has(const std::string& flag) const;

  /// The flag's value, or nothing.
  std::optional<std::string> value(const std::string& flag) const;

  /// All values of a repeatable flag, in the order given; empty if there are none.
  std::vector<std::string> values(const std::string& flag) const;

  bool operator==(const CommandLine&) const = default;
};

struct ParsedCommandLine {
  CommandLine command_line = {};
  /// One line, with the nearest known name where there is one; empty if all is well. The program
  /// then exits with exit_status::kBadUse.
  std::string error = {};
};

/// Parses the program's arguments, without the program's own name.
ParsedCommandLine parse_command_line(std::span<const std::string> arguments);

/// A --report value: the kind, and the file or "" for standard output.
struct ReportRequest {
  std::string kind;
  std::string file;

  bool operator==(const ReportRequest&) const = default;
};

/// Splits "junit:out=f.xml"; nothing if it has another form. The kind is not looked up.
std::optional<ReportRequest> parse_report_request(std::string_view value);

/// KEY=VALUE at its first '='.
struct Assignment {
  std::string key;
  std::string value;

  bool operator==(const Assignment&) const = default;
};

/// Splits "key=value"; nothing if there is no '=' or no key.
std::optional<Assignment> parse_assignment(std::string_view value);

/// What `sweepcheck --help` prints.
std::string program_help();

/// What `sweepcheck COMMAND --help` prints.
std::string command_help(const CommandSpec& command);

/// The shells that there are completions for.
std::vector<std::string> completion_shells();

/// The completion script for a shell; empty for a shell that is not in completion_shells().
std::string completions(std::string_view shell);

/// The manual page, as troff for man(7).
std::string man_page(std::string_view version);

}  // namespace sweepcheck
