// `sweepcheck-conform`: the part of sweepcheck that needs gRPC. `sweepcheck conform ...` starts it
// with its own arguments.
#include <iostream>
#include <string>
#include <vector>

#include "runner/cli/entry.hpp"
#include "runner/conform/conform_command.hpp"

int main(int argc, char** argv) {
  return sweepcheck::run_guarded(argc, argv, [](const std::vector<std::string>& arguments) {
    return sweepcheck::run_conform_program(arguments, std::cout, std::cerr);
  });
}
