// What `sweepcheck check` was asked for, decoded and found sound.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "properties/search/search.hpp"
#include "runner/cli/command_line.hpp"

namespace sweepcheck {

struct CheckOptions {
  SearchOptions search;
  /// Nanoseconds that the search may take; 0: as many histories as asked for.
  Duration time_limit = 0;
  /// Folder of saved counterexamples; empty: none.
  std::string failures;
};

/// What is wrong with a property's name that nothing has, in one line with the mend after "; ".
std::string unknown_property(const std::string& name);

/// Reads the flags of `check`; false with one line on `err` if one is wrong or two contradict.
bool read_check_options(const CommandLine& command_line, CheckOptions& options, std::ostream& err);

}  // namespace sweepcheck
