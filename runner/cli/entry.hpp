// What both programs' main() have in common: limits of the system end them with one clear line.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sweepcheck {

/// Calls `run` with the arguments of main(), flushes standard output, and returns the exit status.
/// A standard output that can't be written, memory that runs out and threads that the system does
/// not allow are exit_status::kBadUse with one line on standard error; what else is thrown is
/// exit_status::kInternal.
int run_guarded(int argc, char** argv,
                const std::function<int(const std::vector<std::string>& arguments)>& run);

}  // namespace sweepcheck
