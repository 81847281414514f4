// Aim: what a user types becomes what is meant, mistakes are answered with the nearest known name,
// and help, completions and the man page say the same as the parser.
// Method: parse cases as data; each generated text is searched for every command and flag of the
// table, and given to the shell or to groff that reads it, where there is one.
#include "runner/cli/command_line.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reports/output/terminal.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {
namespace {

using Arguments = std::vector<std::string>;

CommandLine parsed(const Arguments& arguments) {
  const ParsedCommandLine result = parse_command_line(arguments);
  EXPECT_EQ(result.error, "");
  return result.command_line;
}

std::string error_of(const Arguments& arguments) {
  const ParsedCommandLine result = parse_command_line(arguments);
  EXPECT_NE(result.error, "");
  EXPECT_EQ(result.error.find('\n'), std::string::npos) << "an error is one line";
  return result.error;
}

TEST(CommandLine, TakesFlagsAndArgumentsInAnyOrder) {
  const CommandLine line = parsed({"run", "a.json", "--trace", "[b,c]", "-p", "containerd-1.6",
                                   "--profile=containerd-2.1", "-j4", "d", "--set", "x=y=z"});
  EXPECT_EQ(line.command, "run");
  EXPECT_EQ(line.arguments, (Arguments{"a.json", "[b,c]", "d"}));
  EXPECT_TRUE(line.has("trace"));
  EXPECT_FALSE(line.has("filter"));
  EXPECT_EQ(line.values("profile"), (Arguments{"containerd-1.6", "containerd-2.1"}));
  EXPECT_EQ(line.value("jobs"), "4");
  EXPECT_EQ(line.value("set"), "x=y=z");
  EXPECT_EQ(line.value("config"), std::nullopt);
  EXPECT_TRUE(line.values("image").empty());
}

TEST(CommandLine, HelpAndVersionAreCommands) {
  EXPECT_EQ(parsed({}), (CommandLine{.command = "help"}));
  EXPECT_EQ(parsed({"--help"}), (CommandLine{.command = "help"}));
  EXPECT_EQ(parsed({"run", "-h"}), (CommandLine{.command = "help", .arguments = {"run"}}));
  EXPECT_EQ(parsed({"help", "run"}), (CommandLine{.command = "help", .arguments = {"run"}}));
  EXPECT_EQ(parsed({"run", "--bogus", "--help"}).command, "help");
  EXPECT_EQ(parsed({"-V"}), (CommandLine{.command = "version"}));
}

TEST(CommandLine, DashesEndTheFlags) {
  EXPECT_EQ(parsed({"run", "-", "--", "--odd", "-p"}).arguments, (Arguments{"-", "--odd", "-p"}));
  EXPECT_EQ(parsed({"run", "run"}).arguments, (Arguments{"run"}));
}

TEST(CommandLine, ErrorsNameTheNearest) {
  EXPECT_EQ(error_of({"validat"}), "unknown command 'validat'; did you mean 'validate'?");
  EXPECT_EQ(error_of({"run", "--profil", "x"}),
            "'sweepcheck run' has no flag --profil; did you mean '--profile'?");
  EXPECT_EQ(error_of({"list", "profile"}),
            "TOPIC: unknown name 'profile'; did you mean 'profiles'?");
  EXPECT_EQ(error_of({"run", "--report", "junt:out=f"}),
            "--report: unknown name 'junt'; did you mean 'junit'?");
  EXPECT_EQ(error_of({"check", "--property", "xyz"}),
            "--property: unknown name 'xyz'; see 'sweepcheck list'");
  EXPECT_EQ(error_of({"--trace", "run"}),
            "--trace comes after a command, as in 'sweepcheck run --trace'");
}

TEST(CommandLine, ErrorsSayWhatWasExpected) {
  EXPECT_EQ(error_of({"run", "--jobs"}), "--jobs needs a value; usage: -j, --jobs N");
  EXPECT_EQ(error_of({"run", "--jobs", "0"}), "--jobs: expected a number from 1 to 64, found '0'");
  EXPECT_EQ(error_of({"run", "-j", "65"}), "--jobs: expected a number from 1 to 64, found '65'");
  EXPECT_EQ(error_of({"check", "-j", "65"}), "--jobs: expected a number from 1 to 64, found '65'");
  EXPECT_EQ(error_of({"conform", "-j", "17"}),
            "--jobs: expected a number from 1 to 16, found '17'");
  EXPECT_EQ(parsed({"check", "--jobs", "64"}).value("jobs"), "64");
  EXPECT_EQ(error_of({"check", "-n", "0"}), "--histories: expected a number, 1 or more, found '0'");
  EXPECT_EQ(error_of({"run", "--jobs", "2", "--jobs", "3"}), "--jobs may be given only once");
  EXPECT_EQ(error_of({"run", "--trace=no"}), "--trace takes no value; usage: -t, --trace");
  EXPECT_EQ(error_of({"--help=3"}), "--help takes no value; usage: -h, --help");
  EXPECT_EQ(error_of({"run", "--version=3"}), "--version takes no value; usage: -V, --version");
  EXPECT_EQ(error_of({"run", "--set", "key"}), "--set: expected KEY=VALUE, found 'key'");
  EXPECT_EQ(error_of({"run", "--image", "app="}), "--image: expected NAME=FILE, found 'app='");
  EXPECT_EQ(error_of({"run", "--report", "junit:x"}),
            "--report: expected KIND or KIND:out=FILE, found 'junit:x'");
  EXPECT_EQ(error_of({"try"}), "IMAGE is missing; usage: sweepcheck try [flags] IMAGE");
  EXPECT_EQ(error_of({"schema", "x"}), "unexpected argument 'x'; usage: sweepcheck schema");
  EXPECT_NE(error_of({"completions", "tcsh"}), "");
  EXPECT_NE(error_of({"--", "run"}), "");
  EXPECT_NE(error_of({"run", ""}), "");
}

TEST(CommandLine, SplitsReportsAndAssignments) {
  EXPECT_EQ(parse_report_request("text"), (ReportRequest{"text", ""}));
  EXPECT_EQ(parse_report_request("junit:out=a:b.xml"), (ReportRequest{"junit", "a:b.xml"}));
  EXPECT_EQ(parse_report_request("junit:out="), std::nullopt);
  EXPECT_EQ(parse_assignment("a=b=c"), (Assignment{"a", "b=c"}));
  EXPECT_EQ(parse_assignment("=b"), std::nullopt);
}

TEST(CommandLine, TheTableIsSound) {
  for (const CommandSpec& command : commands()) {
    EXPECT_EQ(find_command(command.name), &command);
    EXPECT_FALSE(command.summary.empty() || command.description.empty()) << command.name;
    EXPECT_LE(command.summary.size(), 60U) << command.name;
    for (const FlagSpec& flag : command.flags) {
      EXPECT_EQ(flag.value_name.empty(), flag.shape == ValueShape::kNone) << flag.name;
      if (flag.count_max > 0) {
        EXPECT_NE(flag.help.find(std::to_string(flag.count_max) + " at most"), std::string::npos)
            << command.name << " --" << flag.name;
      }
      EXPECT_EQ(parsed({std::string(command.name), "--help"}).command, "help");
    }
    for (const ExampleSpec& example : command.examples) {
      EXPECT_NE(example.command.find("sweepcheck " + std::string(command.name)),
                std::string_view::npos)
          << example.command;
    }
  }
}

std::string all_help() {
  std::string help = program_help();
  for (const CommandSpec& command : commands()) help += command_help(command);
  return help;
}

/// How a text spells a flag: man pages escape dashes, fish writes "-l name".
std::string spelled(std::string_view flag, std::string_view dashes, std::string_view dash) {
  std::string out(dashes);
  for (const char character : flag)
    out += character == '-' ? dash : std::string_view(&character, 1);
  return out;
}

void expect_mentions_all(const std::string& text, std::string_view dashes, std::string_view dash) {
  for (const CommandSpec& command : commands()) {
    EXPECT_NE(text.find(command.name), std::string::npos) << command.name;
    for (const FlagSpec& flag : command.flags) {
      EXPECT_NE(text.find(spelled(flag.name, dashes, dash)), std::string::npos) << flag.name;
    }
  }
}

TEST(CommandLine, EveryTextMentionsEveryFlag) {
  expect_mentions_all(all_help(), "--", "-");
  expect_mentions_all(completions("bash"), "--", "-");
  expect_mentions_all(completions("zsh"), "--", "-");
  expect_mentions_all(completions("fish"), "-l ", "-");
  expect_mentions_all(man_page("0.0.0"), "\\-\\-", "\\-");
  EXPECT_EQ(completions("tcsh"), "");
}

TEST(CommandLine, HelpFitsATerminal) {
  std::istringstream help(all_help());
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
}

std::filesystem::path written(const std::string& name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path;
}

bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(CommandLine, ShellsAcceptTheirCompletions) {
  for (const std::string& shell : completion_shells()) {
    if (!has_program(shell)) continue;
    const auto path = written("sweepcheck-completions." + shell, completions(shell));
    EXPECT_EQ(std::system((shell + " -n " + path.string()).c_str()), 0) << shell;
    std::filesystem::remove(path);
  }
}

TEST(CommandLine, BashCompletesNamesAndFlags) {
  if (!has_program("bash")) GTEST_SKIP() << "no bash";
  const auto path = written("sweepcheck-complete.bash", completions("bash") + R"(
complete_words() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sweepcheck; echo "${COMPREPLY[*]}"
}
[[ $(complete_words sweepcheck val) == validate ]] || exit 1
[[ $(complete_words sweepcheck run --tr) == --trace ]] || exit 2
[[ $(complete_words sweepcheck run -p containerd-2.3) == containerd-2.3 ]] || exit 3
[[ $(complete_words sweepcheck run --report = jun) == junit ]] || exit 4
[[ $(complete_words sweepcheck completions f) == fish ]] || exit 5
[[ $(complete_words sweepcheck check --policy disc) == discard ]] || exit 6
)");
  EXPECT_EQ(std::system(("bash " + path.string()).c_str()), 0);
  std::filesystem::remove(path);
}

TEST(CommandLine, GroffAcceptsTheManPage) {
  if (!has_program("groff")) GTEST_SKIP() << "no groff";
  const auto page = written("sweepcheck.1", man_page("0.0.0"));
  const auto warnings = written("sweepcheck.1.warnings", "");
  const std::string command =
      "groff -man -Tutf8 -ww -z " + page.string() + " 2> " + warnings.string();
  const int status = std::system(command.c_str());
  std::ifstream file(warnings);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::filesystem::remove(page);
  std::filesystem::remove(warnings);
  if (text.find("macro") != std::string::npos && text.find("an.tmac") != std::string::npos) {
    GTEST_SKIP() << "groff is installed without its man macros";
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text, "");
}

TEST(Terminal, NoColourOffATerminal) {
  // Tests' standard output may be a terminal; a file descriptor that is not open never is.
  EXPECT_FALSE(is_terminal(-1));
  EXPECT_FALSE(wants_colour(-1, {}));
  EXPECT_FALSE(wants_colour(1, parsed({"run", "--no-color"})));
}

}  // namespace
}  // namespace sweepcheck
