// `sweepcheck check`: a search for what breaks a promise.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck check`: its result goes to `out`, diagnostics and progress to `err`.
/// Returns the exit status.
int check_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
