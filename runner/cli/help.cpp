// Help texts, from the table of commands.
#include <fmt/format.h>

#include <algorithm>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kTermWidthMax = 26;

/// Wraps one paragraph; every line but the first starts with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view paragraph = text.substr(0, text.find("\n\n"));
    text.remove_prefix(std::min(text.size(), paragraph.size() + 2));
    out += wrapped(paragraph, 0) + '\n';
    if (!text.empty()) out += '\n';
  }
  return out;
}

struct Row {
  std::string term;
  std::string help;
};

/// A title and rows of two columns; a term that is too wide has its help on the next line.
std::string table(std::string_view title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::size_t width = 0;
  for (const Row& row : rows) {
    if (row.term.size() <= kTermWidthMax) width = std::max(width, row.term.size());
  }
  const std::size_t indent = width + 4;
  std::string out = fmt::format("\n{}:\n", title);
  for (const Row& row : rows) {
    if (row.term.size() <= width) {
      out += fmt::format("  {:<{}}  {}\n", row.term, width, wrapped(row.help, indent));
    } else {
      out += fmt::format("  {}\n{:{}}{}\n", row.term, "", indent, wrapped(row.help, indent));
    }
  }
  return out;
}

std::vector<Row> flag_rows(std::span<const FlagSpec> flags) {
  std::vector<Row> rows;
  for (const FlagSpec& flag : flags) {
    rows.push_back(
        {flag_usage(flag), std::string(flag.help) + (flag.repeatable ? "; may be repeated" : "")});
  }
  return rows;
}

std::string names_of(ChoicesProvider choices) {
  std::string names;
  for (const std::string& name : choices()) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

std::string flag_usage(const FlagSpec& flag) {
  std::string usage = flag.short_name == 0 ? "" : fmt::format("-{}, ", flag.short_name);
  usage += fmt::format("--{}", flag.name);
  if (!flag.value_name.empty()) usage += fmt::format(" {}", flag.value_name);
  return usage;
}

std::string command_usage(const CommandSpec& command) {
  std::string usage = fmt::format("sweepcheck {}", command.name);
  if (!command.flags.empty()) usage += " [flags]";
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string name = fmt::format("{}{}", argument.name, argument.repeatable ? "..." : "");
    usage += argument.required ? " " + name : fmt::format(" [{}]", name);
  }
  return usage;
}

std::string program_help() {
  std::string out = paragraphs(program_description());
  out += "\nusage: sweepcheck COMMAND [flags] [arguments]\n";
  std::vector<Row> rows;
  for (const CommandSpec& command : commands()) {
    rows.push_back({std::string(command.name), std::string(command.summary)});
  }
  out += table("commands", rows);
  out += table("flags of every command", flag_rows(global_flags()));
  rows.clear();
  for (const ExitStatusSpec& spec : exit_statuses()) {
    rows.push_back({std::to_string(spec.status), std::string(spec.help)});
  }
  out += table("exit status", rows);
  return out + "\n'sweepcheck help COMMAND' explains a command.\n";
}

std::string command_help(const CommandSpec& command) {
  std::string out = fmt::format("usage: {}\n\n", command_usage(command));
  out += paragraphs(command.description);
  std::vector<Row> rows;
  for (const ArgumentSpec& argument : command.arguments) {
    std::string help(argument.help);
    if (argument.choices != nullptr) help += ": " + names_of(argument.choices);
    rows.push_back({std::string(argument.name), std::move(help)});
  }
  out += table("arguments", rows);
  out += table("flags", flag_rows(command.flags));
  if (!command.examples.empty()) out += "\nexamples:\n";
  for (const ExampleSpec& example : command.examples) {
    out += fmt::format("  {}\n      {}\n", example.command, example.help);
  }
  return out;
}

}  // namespace sweepcheck
