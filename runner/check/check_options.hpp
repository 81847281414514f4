// What `sweepcheck check` was asked for, decoded and found sound.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "input/diagnostic.hpp"
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

/// What is wrong with a property's name that nothing has: without a place.
Diagnostic unknown_property(const std::string& name);

/// What is wrong with a policy, or with a selection of policies; nothing if it is one.
std::optional<Diagnostic> wrong_selection(const std::string& selection);

/// Reads the flags of `check`; false with one line on `err` if one is wrong or two contradict.
bool read_check_options(const CommandLine& command_line, CheckOptions& options, std::ostream& err);

}  // namespace sweepcheck
