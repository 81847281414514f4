// The manual page, from the table of commands. No date: the page is the same whenever it is made.
#include <fmt/format.h>

#include <algorithm>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {
namespace {

/// Text as troff takes it: backslashes and dashes escaped, and no line that looks like a request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char character : text) {
    if (line_start && (character == '.' || character == '\'')) out += "\\&";
    line_start = character == '\n';
    switch (character) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += character;
    }
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (bool first = true; !text.empty(); first = false) {
    const std::string_view paragraph = text.substr(0, text.find("\n\n"));
    text.remove_prefix(std::min(text.size(), paragraph.size() + 2));
    out += (first ? "" : ".PP\n") + roff(paragraph) + '\n';
  }
  return out;
}

std::string tagged(std::string_view term, std::string_view help) {
  return fmt::format(".TP\n.B {}\n{}\n", roff(term), roff(help));
}

std::string flags_of(std::span<const FlagSpec> flags) {
  std::string out;
  for (const FlagSpec& flag : flags) {
    std::string help = fmt::format("{}{}.", flag.help, flag.repeatable ? "; may be repeated" : "");
    out += tagged(flag_usage(flag), help);
  }
  return out;
}

std::string command_section(const CommandSpec& command) {
  std::string out = fmt::format(".SS {}\n", roff(command_usage(command)));
  out += paragraphs(command.description);
  for (const ArgumentSpec& argument : command.arguments) {
    std::string help = fmt::format("{}.", argument.help);
    if (argument.choices != nullptr) {
      help += fmt::format(" One of {}.", fmt::join(argument.choices(), ", "));
    }
    out += tagged(argument.name, help);
  }
  return out + flags_of(command.flags);
}

}  // namespace

std::string man_page(std::string_view version) {
  std::string out =
      fmt::format(".TH SWEEPCHECK 1 \"\" \"sweepcheck {}\" \"User Commands\"\n", roff(version));
  out += ".SH NAME\nsweepcheck \\- simulate garbage collection in container image stores\n";
  out += ".SH SYNOPSIS\n.B sweepcheck\n.I COMMAND\n[flags] [arguments]\n.SH DESCRIPTION\n";
  out += paragraphs(program_description());
  out += ".SH COMMANDS\n";
  for (const CommandSpec& command : commands()) out += command_section(command);
  out += ".SH OPTIONS\nEvery command has these flags.\n" + flags_of(global_flags());
  out += ".SH EXIT STATUS\n";
  for (const ExitStatusSpec& spec : exit_statuses()) {
    out += tagged(std::to_string(spec.status), fmt::format("{}.", spec.help));
  }
  out += ".SH ENVIRONMENT\n" + tagged("NO_COLOR", "If set and not empty, nothing is coloured.");
  out += ".SH EXAMPLES\n";
  for (const CommandSpec& command : commands()) {
    for (const ExampleSpec& example : command.examples) {
      out += tagged(example.command, fmt::format("{}.", example.help));
    }
  }
  return out;
}

}  // namespace sweepcheck
