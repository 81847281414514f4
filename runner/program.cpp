#include "runner/program.hpp"

#include "input/scenario/scenario.hpp"
#include "reports/version.hpp"
#include "runner/check/check_command.hpp"
#include "runner/cli/command_line.hpp"
#include "runner/dump/dump_command.hpp"
#include "runner/list/list_command.hpp"
#include "runner/run/run_command.hpp"
#include "runner/try/try_command.hpp"
#include "runner/validate/validate_command.hpp"

namespace sweepcheck {

int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const ParsedCommandLine parsed = parse_command_line(arguments);
  if (!parsed.error.empty()) {
    err << "sweepcheck: " << parsed.error << '\n';
    return exit_status::kBadUse;
  }
  const CommandLine& command_line = parsed.command_line;
  const std::string& command = command_line.command;
  if (command == "run") return run_command(command_line, out, err);
  if (command == "conform") {
    err << "sweepcheck: 'conform' is performed by the program sweepcheck-conform, which is not "
           "beside this one: build the target sweepcheck-conform, or install it\n";
    return exit_status::kBadUse;
  }
  if (command == "check") return check_command(command_line, out, err);
  if (command == "try") return try_command(command_line, out, err);
  if (command == "validate") return validate_command(command_line, out, err);
  if (command == "list") return list_command(command_line, out, err);
  if (command == "dump") return dump_command(command_line, out, err);
  if (command == "schema") {
    out << scenario_schema();
  } else if (command == "completions") {
    out << completions(command_line.arguments.front());
  } else if (command == "man") {
    out << man_page(kVersion);
  } else if (command == "version") {
    out << "sweepcheck " << kVersion << '\n';
  } else if (!command_line.arguments.empty()) {
    out << command_help(*find_command(command_line.arguments.front()));
  } else {
    out << program_help();
  }
  return exit_status::kHeld;
}

}  // namespace sweepcheck
