// Counterexamples that earlier runs of `check` have saved: read again, found sound, and replayed.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "reports/reporter.hpp"

namespace sweepcheck {

/// Replays the counterexamples below a folder, each under its own property. A result failed if the
/// property is still refuted. False, with the reasons on `err`, if one can't be read or isn't as
/// check has saved it.
bool replay_saved(const std::string& folder, std::vector<ScenarioResult>& results,
                  std::ostream& err);

}  // namespace sweepcheck
