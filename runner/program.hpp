// The program as one function, for main() and for tests.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sweepcheck {

/// Performs a command line, without the program's own name: the result goes to `out`, diagnostics
/// to `err`. Returns the exit status. `conform` is not performed here: it is a program part of its
/// own, which main() starts (runner/conform/main.cpp).
int run_program(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace sweepcheck
