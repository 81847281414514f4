// `sweepcheck conform`: scenarios performed on real daemons, beside the model.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck conform`: its result goes to `out`, diagnostics and progress to `err`.
/// Returns the exit status.
int conform_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
