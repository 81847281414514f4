// `sweepcheck list`: what there is to name.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck list`: its result goes to `out`, diagnostics and progress to `err`. Returns
/// the exit status.
int list_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
