// `sweepcheck run`: scenarios replayed on the model.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck run`: its result goes to `out`, diagnostics and progress to `err`. Returns
/// the exit status.
int run_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
