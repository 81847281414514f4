// `sweepcheck try`: what becomes of one real image.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck try`: its result goes to `out`, diagnostics and progress to `err`. Returns
/// the exit status.
int try_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
