// `sweepcheck`: the command line handed to run_program(), or to the program part that performs it.
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"
#include "runner/program.hpp"

namespace {

namespace fs = std::filesystem;

// Replaces this process by sweepcheck-conform, from beside this program or from where it is
// installed; returns if there is none, or the command line asks for something else.
void become_conform(const std::vector<std::string>& arguments, char** argv) {
  const sweepcheck::ParsedCommandLine parsed = sweepcheck::parse_command_line(arguments);
  if (!parsed.error.empty() || parsed.command_line.command != "conform") return;
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return;
  const std::string name = "sweepcheck-conform";
  for (const fs::path& program : {folder / name, folder / "../libexec/sweepcheck" / name}) {
    execv(program.c_str(), argv);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    become_conform(arguments, argv);
    const int status = sweepcheck::run_program(arguments, std::cout, std::cerr);
    std::cout.flush();
    if (std::cout) return status;
    std::cerr << "sweepcheck: standard output can't be written\n";
    return sweepcheck::exit_status::kBadUse;
  } catch (const std::exception& error) {
    std::cerr << "sweepcheck: internal error: " << error.what() << '\n';
    return sweepcheck::exit_status::kInternal;
  }
}
