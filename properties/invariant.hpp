// What must be true of every state that any history of operations leads to. A replay checks all of
// them after each step; each is named, so that a finding can be looked up.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/world.hpp"

namespace sweepcheck {

/// One violation, in a sentence.
using Violations = std::vector<std::string>;

struct Invariant {
  std::string_view name;
  /// The statement, in one sentence.
  std::string_view statement;
  /// Why it matters, or where it is known from.
  std::string_view why;
  /// Judges one node of a world as it is.
  void (*check)(const World& world, NodeId node, Violations& violations);
};

std::span<const Invariant> invariants();

/// Judges one collection: `before` is the node's state as the mark saw it, `swept` what it removed
/// from the metadata. Nothing reachable may be lost, nothing unreachable may stay.
void check_collection(const World& world, NodeId node, const State& before,
                      std::span<const ObjectId> swept, Violations& violations);

}  // namespace sweepcheck
