// `sweepcheck`: the command line handed to run_program(), or to the program part that performs it.
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"
#include "runner/cli/entry.hpp"
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
  return sweepcheck::run_guarded(argc, argv, [&](const std::vector<std::string>& arguments) {
    become_conform(arguments, argv);
    return sweepcheck::run_program(arguments, std::cout, std::cerr);
  });
}
