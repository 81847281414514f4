// `sweepcheck conform`: scenarios performed on real daemons, beside the model.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck conform`: its result goes to `out`, diagnostics and progress to `err`.
/// Returns the exit status.
int conform_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

/// The program sweepcheck-conform as one function, for main() and for tests: parses the arguments
/// of `sweepcheck conform ...` and performs them. Any other command is wrong use.
int run_conform_program(const std::vector<std::string>& arguments, std::ostream& out,
                        std::ostream& err);

}  // namespace sweepcheck
