// Completion scripts for bash, zsh and fish, from the table of commands. They need nothing but the
// shell: no completion library, and no call of this program while someone types.
#include <fmt/format.h>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {
namespace {

std::string replaced(std::string_view text, std::string_view characters, std::string_view prefix) {
  std::string out;
  for (const char character : text) {
    if (characters.find(character) != std::string_view::npos) out += prefix;
    out += character;
  }
  return out;
}

/// Inside single quotes of zsh and bash.
std::string shell_quoted(std::string_view text) {
  std::string out;
  for (const char character : text) {
    if (character == '\'') {
      out += "'\\''";
    } else {
      out += character;
    }
  }
  return out;
}

std::vector<std::string> choices_of(ChoicesProvider choices) {
  return choices == nullptr ? std::vector<std::string>{} : choices();
}

std::string words(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, " "));
}

bool takes_file(ValueShape shape) {
  return shape == ValueShape::kFile || shape == ValueShape::kFileAssignment;
}

std::string all_commands() {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands()) names.emplace_back(command.name);
  return words(names);
}

std::vector<FlagSpec> all_flags(const CommandSpec& command) {
  std::vector<FlagSpec> flags(command.flags.begin(), command.flags.end());
  flags.insert(flags.end(), global_flags().begin(), global_flags().end());
  return flags;
}

std::string flag_words(std::span<const FlagSpec> flags) {
  std::vector<std::string> names;
  for (const FlagSpec& flag : flags) {
    names.push_back(fmt::format("--{}", flag.name));
    if (flag.short_name != 0) names.push_back(fmt::format("-{}", flag.short_name));
  }
  return words(names);
}

std::string bash_action(ValueShape shape, ChoicesProvider choices) {
  if (choices != nullptr) return fmt::format("_sweepcheck_words '{}'", words(choices()));
  if (takes_file(shape)) return "_sweepcheck_files";
  return ":";
}

constexpr std::string_view kBashHead = R"(# bash completion for sweepcheck
_sweepcheck_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_sweepcheck_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
_sweepcheck() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' i
  # bash splits at '=': --flag=value is three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
)";

std::string bash() {
  std::string out(kBashHead);
  out += "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case ${COMP_WORDS[i]} in\n";
  std::string pattern = all_commands();
  for (char& character : pattern) character = character == ' ' ? '|' : character;
  out += fmt::format("      {}) command=${{COMP_WORDS[i]}}; break ;;\n    esac\n  done\n", pattern);
  out += "  case $command:$previous in\n";
  for (const CommandSpec& command : commands()) {
    for (const FlagSpec& flag : command.flags) {
      if (flag.shape == ValueShape::kNone) continue;
      std::string names = fmt::format("{}:--{}", command.name, flag.name);
      if (flag.short_name != 0) names += fmt::format("|{}:-{}", command.name, flag.short_name);
      out += fmt::format("    {}) {}; return ;;\n", names, bash_action(flag.shape, flag.choices));
    }
  }
  out += "  esac\n  case $command:$current in\n";
  out += fmt::format("    :-*) _sweepcheck_words '{}' ;;\n", flag_words(global_flags()));
  out += fmt::format("    :*) _sweepcheck_words '{}' ;;\n", all_commands());
  for (const CommandSpec& command : commands()) {
    out += fmt::format("    {}:-*) _sweepcheck_words '{}' ;;\n", command.name,
                       flag_words(all_flags(command)));
    for (const ArgumentSpec& argument : command.arguments) {
      out += fmt::format("    {}:*) {} ;;\n", command.name,
                         bash_action(argument.shape, argument.choices));
    }
  }
  return out + "  esac\n}\ncomplete -F _sweepcheck sweepcheck\n";
}

/// ":message:action", as _arguments takes it.
std::string zsh_value(std::string_view name, ValueShape shape, ChoicesProvider choices) {
  std::string action = " ";
  if (choices != nullptr) {
    action = fmt::format("({})", words(choices()));
  } else if (takes_file(shape)) {
    action = "_files";
  }
  return fmt::format(":{}:{}", shell_quoted(replaced(name, ":", "\\")), action);
}

/// One quoted specification for each of a flag's spellings.
std::string zsh_flag(const FlagSpec& flag) {
  const std::string help = shell_quoted(replaced(flag.help, "[]:\\", "\\"));
  const bool has_value = flag.shape != ValueShape::kNone;
  const std::string value =
      has_value ? zsh_value(flag.value_name, flag.shape, flag.choices) : std::string();
  const std::string_view repeat = flag.repeatable ? "*" : "";
  std::string out =
      fmt::format("'{}--{}{}[{}]{}'", repeat, flag.name, has_value ? "=" : "", help, value);
  if (flag.short_name != 0) {
    out +=
        fmt::format(" '{}-{}{}[{}]{}'", repeat, flag.short_name, has_value ? "+" : "", help, value);
  }
  return out;
}

std::string zsh() {
  std::string out =
      "#compdef sweepcheck\n"
      "_sweepcheck() {\n"
      "  local context state state_descr line\n"
      "  typeset -A opt_args\n"
      "  local -a commands=(\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("    '{}:{}'\n", command.name,
                       shell_quoted(replaced(command.summary, ":\\", "\\")));
  }
  out += "  )\n  _arguments -C";
  for (const FlagSpec& flag : global_flags()) out += fmt::format(" {}", zsh_flag(flag));
  out +=
      " '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n"
      "    command) _describe command commands ;;\n"
      "    argument)\n"
      "      case $words[1] in\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("        {}) _arguments", command.name);
    for (const FlagSpec& flag : all_flags(command)) {
      out += fmt::format(" \\\n          {}", zsh_flag(flag));
    }
    for (const ArgumentSpec& argument : command.arguments) {
      out += fmt::format(" \\\n          '{}{}'", argument.repeatable ? "*" : "",
                         zsh_value(argument.name, argument.shape, argument.choices));
    }
    out += " ;;\n";
  }
  return out +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _sweepcheck ]; then _sweepcheck \"$@\"\n"
         "else compdef _sweepcheck sweepcheck\n"
         "fi\n";
}

std::string fish_quoted(std::string_view text) { return replaced(text, "'\\", "\\"); }

std::string fish_flag(std::string_view condition, const FlagSpec& flag) {
  std::string out = fmt::format("complete -c sweepcheck{} -l {}", condition, flag.name);
  if (flag.short_name != 0) out += fmt::format(" -s {}", flag.short_name);
  const std::vector<std::string> choices = choices_of(flag.choices);
  if (!choices.empty()) {
    out += fmt::format(" -x -a '{}'", words(choices));
  } else if (takes_file(flag.shape)) {
    out += " -r -F";
  } else if (flag.shape != ValueShape::kNone) {
    out += " -x";
  }
  return out + fmt::format(" -d '{}'\n", fish_quoted(flag.help));
}

std::string fish() {
  std::string out = "# fish completion for sweepcheck\ncomplete -c sweepcheck -f\n";
  for (const FlagSpec& flag : global_flags()) out += fish_flag("", flag);
  for (const CommandSpec& command : commands()) {
    out += fmt::format("complete -c sweepcheck -n __fish_use_subcommand -a {} -d '{}'\n",
                       command.name, fish_quoted(command.summary));
  }
  for (const CommandSpec& command : commands()) {
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    for (const FlagSpec& flag : command.flags) out += fish_flag(condition, flag);
    for (const ArgumentSpec& argument : command.arguments) {
      const std::vector<std::string> choices = choices_of(argument.choices);
      if (!choices.empty()) {
        out += fmt::format("complete -c sweepcheck{} -a '{}'\n", condition, words(choices));
      } else if (takes_file(argument.shape)) {
        out += fmt::format("complete -c sweepcheck{} -F\n", condition);
      }
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> completion_shells() { return {"bash", "zsh", "fish"}; }

std::string completions(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  return "";
}

}  // namespace sweepcheck
