// Checking what a scenario says must be true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "model/world.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

/// What a step did that the world alone does not tell.
struct StepFacts {
  NodeId node = kNone<NodeId>;
  StringId space = kNone<StringId>;
  std::uint64_t collection_count = 0;
  std::vector<std::string> output;
};

/// Interns what expectations can ask for although no step has named it: a snapshotter that an image
/// could yet be unpacked into. To be called before the first is checked.
void intern_expected_names(const Scenario& scenario, Catalog& catalog);

/// Checks one expectation; a finding for each thing that is not as it says. Returns how many things
/// were checked.
std::uint64_t check_expectation(const World& world, const Scenario& scenario,
                                const Expectation& expectation, const StepFacts& facts,
                                std::vector<Finding>& findings);

}  // namespace sweepcheck
