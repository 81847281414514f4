// Scenario files on disk: those below given paths, and the library that comes with the program.
#pragma once

#include <string>
#include <vector>

#include "input/diagnostic.hpp"

namespace sweepcheck {

/// The scenario files below these paths, sorted; a file stands for itself. Folders named "images"
/// hold archives and configurations, not scenarios. Unreadable paths go to `diagnostics`.
std::vector<std::string> find_scenarios(const std::vector<std::string>& paths,
                                        Diagnostics& diagnostics);

/// Where the scenario library is: $SWEEPCHECK_SCENARIOS, ./scenarios, or beside the program.
std::string library_path();

}  // namespace sweepcheck
