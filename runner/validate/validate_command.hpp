// `sweepcheck validate`: all that is wrong with scenario files.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck validate`: its result goes to `out`, diagnostics and progress to `err`.
/// Returns the exit status.
int validate_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
