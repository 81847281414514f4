// `sweepcheck-conform`: the part of sweepcheck that needs gRPC. `sweepcheck conform ...` starts it
// with its own arguments.
#include <iostream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"
#include "runner/cli/entry.hpp"
#include "runner/conform/conform_command.hpp"

int main(int argc, char** argv) {
  using namespace sweepcheck;
  return run_guarded(argc, argv, [](const std::vector<std::string>& arguments) {
    const ParsedCommandLine parsed = parse_command_line(arguments);
    const bool other = parsed.command_line.command != "conform";
    if (parsed.error.empty() && !other) {
      return conform_command(parsed.command_line, std::cout, std::cerr);
    }
    std::cerr << "sweepcheck: "
              << (parsed.error.empty()
                      ? "sweepcheck-conform performs 'conform' alone: use sweepcheck for all else"
                      : parsed.error)
              << '\n';
    return exit_status::kBadUse;
  });
}
