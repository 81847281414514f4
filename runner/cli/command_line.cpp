// From arguments to a CommandLine. CLI11 splits flags from values; the table says what there is,
// and the messages are ours, so that each names the nearest thing that the program knows.
#include "runner/cli/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "input/diagnostic.hpp"
#include "model/profile.hpp"

namespace sweepcheck {
namespace {

// More would hide what the line is about.
constexpr std::size_t kNamesShownMax = 12;

std::string or_nearest(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

std::string joined_names(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string error_of_name(std::string_view what, const std::string& value,
                          const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return "";
  std::string hint = or_nearest(value, choices);
  if (hint.empty()) {
    hint = choices.size() > kNamesShownMax ? "; see 'sweepcheck list'"
                                           : "; known are " + joined_names(choices);
  }
  return fmt::format("{}: unknown name '{}'{}", what, value, hint);
}

std::string error_of_profile(std::string_view what, const std::string& value,
                             const std::vector<std::string>& choices) {
  if (find_profile(value) != nullptr) return "";
  const auto version = parse_version(value);
  if (!version) return error_of_name(what, value, choices);
  return fmt::format("{}: no release {} is known; the nearest is {}; known are {}", what, value,
                     nearest_profile(*version).name, known_releases());
}

bool is_count(std::string_view value, std::uint32_t count_max) {
  std::uint32_t count = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, count);
  return error == std::errc{} && rest == end && count > 0 && (count_max == 0 || count <= count_max);
}

/// What is wrong with a value, or "". `what` names the flag or argument that it was given to.
std::string error_of_value(std::string_view what, ValueShape shape, ChoicesProvider choices,
                           const std::string& value, std::uint32_t count_max = 0) {
  switch (shape) {
    case ValueShape::kNone:
    case ValueShape::kText:
      return "";
    case ValueShape::kFile:
      return value.empty() ? fmt::format("{}: expected a file, found nothing", what) : "";
    case ValueShape::kName:
      return error_of_name(what, value, choices());
    case ValueShape::kProfile:
      return error_of_profile(what, value, choices());
    case ValueShape::kCount:
      if (is_count(value, count_max)) return "";
      return fmt::format("{}: expected a number{}, found '{}'", what,
                         count_max == 0 ? ", 1 or more" : fmt::format(" from 1 to {}", count_max),
                         value);
    case ValueShape::kAssignment:
    case ValueShape::kFileAssignment: {
      const auto assignment = parse_assignment(value);
      const bool is_file = shape == ValueShape::kFileAssignment;
      if (assignment && !(is_file && assignment->value.empty())) return "";
      return fmt::format("{}: expected {}, found '{}'", what, is_file ? "NAME=FILE" : "KEY=VALUE",
                         value);
    }
    case ValueShape::kReport: {
      const auto request = parse_report_request(value);
      if (request) return error_of_name(what, request->kind, choices());
      return fmt::format("{}: expected KIND or KIND:out=FILE, found '{}'", what, value);
    }
  }
  return "";
}

std::vector<std::string> flag_names(std::span<const FlagSpec> flags) {
  std::vector<std::string> names;
  for (const FlagSpec& flag : flags) names.push_back(fmt::format("--{}", flag.name));
  for (const FlagSpec& flag : global_flags()) names.push_back(fmt::format("--{}", flag.name));
  return names;
}

void add_flags(CLI::App& app, std::span<const FlagSpec> flags) {
  for (const FlagSpec& flag : flags) {
    std::string names = fmt::format("--{}", flag.name);
    if (flag.short_name != 0) names = fmt::format("-{},{}", flag.short_name, names);
    if (flag.shape == ValueShape::kNone) {
      app.add_flag(names)->disable_flag_override();
    } else {
      app.add_option(names)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

void add_command(CLI::App& program, const CommandSpec& command) {
  CLI::App* app = program.add_subcommand(std::string(command.name));
  app->set_help_flag();
  app->allow_extras();
  add_flags(*app, global_flags());
  add_flags(*app, command.flags);
}

bool is_flag(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

/// What is wrong with flags that the command, or the program, doesn't have.
std::string error_of_unknown_flag(const CommandSpec* command,
                                  const std::vector<std::string>& rest) {
  for (const std::string& word : rest) {
    if (!is_flag(word)) continue;
    const std::string name = word.substr(0, word.find('='));
    if (command != nullptr) {
      return fmt::format("'sweepcheck {}' has no flag {}{}", command->name, name,
                         or_nearest(name, flag_names(command->flags)));
    }
    for (const CommandSpec& other : commands()) {
      for (const FlagSpec& flag : other.flags) {
        if (name != fmt::format("--{}", flag.name)) continue;
        return fmt::format("{} comes after a command, as in 'sweepcheck {} {}'", name, other.name,
                           name);
      }
    }
    return fmt::format("unknown flag {}{}", name, or_nearest(name, flag_names({})));
  }
  return "";
}

std::string error_of_unknown_command(const std::string& name) {
  std::vector<std::string> names;
  for (const CommandSpec& known : commands()) names.emplace_back(known.name);
  const std::string nearest = or_nearest(name, names);
  return fmt::format("unknown command '{}'{}", name,
                     nearest.empty() ? "; see 'sweepcheck help'" : nearest);
}

/// CLI11's own complaints: a value is missing, or a switch got one.
std::string error_of_exception(const CommandSpec* command, const CLI::ParseError& error) {
  std::string message = error.what();
  // "--jobs: 1 required TEXT missing", "trace was given a disallowed flag override"
  std::string name = message.substr(0, message.find_first_of(": "));
  if (!name.starts_with('-')) name = "--" + name;
  std::vector<FlagSpec> flags(global_flags().begin(), global_flags().end());
  if (command != nullptr) flags.insert(flags.end(), command->flags.begin(), command->flags.end());
  for (const FlagSpec& flag : flags) {
    if (name != fmt::format("--{}", flag.name)) continue;
    const std::string_view wrong =
        flag.shape == ValueShape::kNone ? "takes no value" : "needs a value";
    return fmt::format("{} {}; usage: {}", name, wrong, flag_usage(flag));
  }
  return message;
}

/// Takes one flag's values over and checks them; returns what is wrong, or "".
std::string take_flag(const FlagSpec& flag, std::vector<std::string> values, CommandLine& line) {
  const std::string name = fmt::format("--{}", flag.name);
  if (values.empty()) return "";
  if (flag.shape == ValueShape::kNone) values = {""};
  if (!flag.repeatable && values.size() > 1) return name + " may be given only once";
  for (const std::string& value : values) {
    std::string error = error_of_value(name, flag.shape, flag.choices, value, flag.count_max);
    if (!error.empty()) return error;
  }
  line.flags[std::string(flag.name)] = std::move(values);
  return "";
}

/// Gives the words to the command's arguments in order; returns what is wrong, or "".
std::string take_arguments(const CommandSpec& command, const std::vector<std::string>& words,
                           CommandLine& line) {
  std::size_t index = 0;
  for (const ArgumentSpec& argument : command.arguments) {
    const bool missing = index == words.size();
    if (missing && argument.required) {
      return fmt::format("{} is missing; usage: {}", argument.name, command_usage(command));
    }
    const std::size_t end = missing || argument.repeatable ? words.size() : index + 1;
    for (; index < end; ++index) {
      std::string error =
          error_of_value(argument.name, argument.shape, argument.choices, words[index]);
      if (!error.empty()) return error;
      line.arguments.push_back(words[index]);
    }
  }
  if (index == words.size()) return "";
  return fmt::format("unexpected argument '{}'; usage: {}", words[index], command_usage(command));
}

/// `after_dashes`: words that follow "--" and are arguments whatever they look like.
ParsedCommandLine taken(const CommandSpec& command, const CLI::App& app,
                        std::span<const std::string> after_dashes) {
  ParsedCommandLine parsed{.command_line = {.command = std::string(command.name)}};
  std::vector<std::string> words = app.remaining();
  parsed.error = error_of_unknown_flag(&command, words);
  for (const FlagSpec& flag : command.flags) {
    if (!parsed.error.empty()) return parsed;
    parsed.error =
        take_flag(flag, app[fmt::format("--{}", flag.name)]->results(), parsed.command_line);
  }
  if (!parsed.error.empty()) return parsed;
  words.insert(words.end(), after_dashes.begin(), after_dashes.end());
  parsed.error = take_arguments(command, words, parsed.command_line);
  return parsed;
}

}  // namespace

bool CommandLine::has(const std::string& flag) const { return flags.contains(flag); }

std::optional<std::string> CommandLine::value(const std::string& flag) const {
  const auto place = flags.find(flag);
  if (place == flags.end() || place->second.empty()) return std::nullopt;
  return place->second.back();
}

std::vector<std::string> CommandLine::values(const std::string& flag) const {
  const auto place = flags.find(flag);
  return place == flags.end() ? std::vector<std::string>{} : place->second;
}

std::optional<ReportRequest> parse_report_request(std::string_view value) {
  constexpr std::string_view kOut = ":out=";
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos) return ReportRequest{std::string(value), ""};
  const std::string_view rest = value.substr(colon);
  if (!rest.starts_with(kOut) || rest.size() == kOut.size()) return std::nullopt;
  return ReportRequest{std::string(value.substr(0, colon)), std::string(rest.substr(kOut.size()))};
}

std::optional<Assignment> parse_assignment(std::string_view value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return Assignment{std::string(value.substr(0, equals)), std::string(value.substr(equals + 1))};
}

ParsedCommandLine parse_command_line(std::span<const std::string> arguments) {
  if (arguments.empty()) return {.command_line = {.command = "help"}};
  CLI::App program;
  program.set_help_flag();
  program.allow_extras();
  program.require_subcommand(0, 1);
  add_flags(program, global_flags());
  for (const CommandSpec& command : commands()) add_command(program, command);

  const auto chosen = [&program]() -> const CommandSpec* {
    const auto apps = program.get_subcommands();
    return apps.empty() ? nullptr : find_command(apps.front()->get_name());
  };
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> reversed(arguments.begin(), dashes);
  std::reverse(reversed.begin(), reversed.end());
  const auto after_dashes =
      dashes == arguments.end() ? arguments.last(0) : std::span(dashes + 1, arguments.end());
  std::string thrown;
  try {
    program.parse(reversed);  // takes the last argument first
  } catch (const CLI::ParseError& error) {
    thrown = error_of_exception(chosen(), error);
  }
  const CommandSpec* command = chosen();
  const CLI::App& app = command == nullptr ? program : *program.get_subcommands().front();
  const auto asked = [&](const std::string& flag) {
    return program.count(flag) > 0 || app.count(flag) > 0;
  };
  if (asked("--help")) {
    ParsedCommandLine parsed{.command_line = {.command = "help"}};
    if (command != nullptr) parsed.command_line.arguments.emplace_back(command->name);
    return parsed;
  }
  if (asked("--version")) return {.command_line = {.command = "version"}};
  if (!thrown.empty()) return {.error = thrown};
  const std::vector<std::string> words = program.remaining();
  const std::string flag_error = error_of_unknown_flag(nullptr, words);
  if (!flag_error.empty()) return {.error = flag_error};
  if (!words.empty()) return {.error = error_of_unknown_command(words.front())};
  if (command != nullptr) return taken(*command, app, after_dashes);
  if (!after_dashes.empty()) return {.error = "a command comes before --; see 'sweepcheck help'"};
  return {.command_line = {.command = "help"}};
}

}  // namespace sweepcheck
