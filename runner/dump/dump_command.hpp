// `sweepcheck dump`: the state after a scenario.
#pragma once

#include <ostream>

#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// Performs `sweepcheck dump`: its result goes to `out`, diagnostics and progress to `err`. Returns
/// the exit status.
int dump_command(const CommandLine& command_line, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
