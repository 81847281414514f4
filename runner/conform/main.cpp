// `sweepcheck-conform`: the part of sweepcheck that needs gRPC. `sweepcheck conform ...` starts it
// with its own arguments.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"
#include "runner/conform/conform_command.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    const sweepcheck::ParsedCommandLine parsed = sweepcheck::parse_command_line(arguments);
    if (!parsed.error.empty() || parsed.command_line.command != "conform") {
      std::cerr << "sweepcheck: "
                << (parsed.error.empty() ? "sweepcheck-conform performs 'conform' alone: use "
                                           "sweepcheck for all else"
                                         : parsed.error)
                << '\n';
      return sweepcheck::exit_status::kBadUse;
    }
    const int status = sweepcheck::conform_command(parsed.command_line, std::cout, std::cerr);
    std::cout.flush();
    if (std::cout) return status;
    std::cerr << "sweepcheck: standard output can't be written\n";
    return sweepcheck::exit_status::kBadUse;
  } catch (const std::exception& error) {
    std::cerr << "sweepcheck: internal error: " << error.what() << '\n';
    return sweepcheck::exit_status::kInternal;
  }
}
