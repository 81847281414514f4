// From a history that breaks a property to the smallest that does, in one canonical form: whatever
// history a search happened on, one defect gives one counterexample.
//
//  1. fewer steps: blocks of them, then each, then pairs;
//  2. a smaller world: fewer images, layers, nodes; simple images for special ones;
//  3. simpler steps: each number lowered, verbs replaced by earlier ones, neighbours swapped if
//  that
//     is smaller: the order of numbers decides, so what commutes ends up sorted;
//  4. names by first use;
//  5. for what is short by then: every history from below, shortest first, until one breaks the
//     property, too. States that were seen before are not gone on from, which keeps that short.
//
// Each change is kept only if the property is still refuted. The work is bounded by a number of
// plays, not by time, so the result is the same on every machine.
#pragma once

#include <cstdint>
#include <string>

#include "properties/property.hpp"
#include "properties/search/history.hpp"
#include "properties/search/policy_case.hpp"

namespace sweepcheck {

struct Shrunk {
  History history;
  /// What the property says of it.
  std::string message;
  /// Histories that were tried.
  std::uint64_t play_count = 0;
};

/// The history must refute the property under this policy.
Shrunk shrink(const History& history, const PolicyCase& policy_case, const Property& property);

/// The same history with images, layers, tags, leases, containers and handles numbered by first
/// use, and without those that no step uses.
History renamed_by_first_use(const History& history);

/// Every history that has one thing less: a step, an image, a layer, a node. None of them refutes
/// what a shrunk history refutes.
std::vector<History> with_one_thing_less(const History& history);

}  // namespace sweepcheck
