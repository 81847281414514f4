#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "runner/commands.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    const int status = sweepcheck::run_program(arguments, std::cout, std::cerr);
    std::cout.flush();
    if (std::cout) return status;
    std::cerr << "sweepcheck: standard output can't be written\n";
    return sweepcheck::exit_status::kBadUse;
  } catch (const std::exception& error) {
    std::cerr << "sweepcheck: a mistake of ours: " << error.what() << '\n';
    return sweepcheck::exit_status::kInternal;
  }
}
