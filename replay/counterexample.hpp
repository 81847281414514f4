// A counterexample as a scenario: what a search found, written as the file that `run` replays and a
// person reads, with what comes of it filled in as expectations.
#pragma once

#include <string>

#include "input/scenario/scenario.hpp"
#include "input/scenario/writer.hpp"
#include "properties/property.hpp"
#include "properties/search/history.hpp"
#include "properties/search/policy_case.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

struct Counterexample {
  /// The scenario file, as text.
  std::string text;
  /// Its replay: steps with their lines, and the finding of the property.
  ScenarioResult replayed;
  /// The replay refutes the property, too. If not, file and search disagree: our own mistake.
  bool confirmed = false;
};

/// A world's images, as a scenario declares them.
DeclaredImages declared_images(const Declaration& world);

/// Writes a history as a scenario, without expectations.
std::string history_scenario(const History& history, const PolicyCase& policy_case,
                             const std::string& about, const std::string& source);

/// The whole counterexample of a property. It depends on the history, property and policy only.
Counterexample make_counterexample(const History& history, const PolicyCase& policy_case,
                                   const Property& property, const std::string& message);

}  // namespace sweepcheck
