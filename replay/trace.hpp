// What a step changed, in words: the lines under a step with --trace.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/world.hpp"

namespace sweepcheck {

/// What cut an object's last path from a root, by object.
using Cuts = std::vector<std::pair<ObjectId, std::string>>;

/// Looks at one atomic step of a node: notes which objects lost their last path from a root, and by
/// what. `cause` names the step.
void note_cuts(const Catalog& catalog, const Profile& profile, const State& before, Time before_now,
               const State& after, Time after_now, const std::string& cause, Cuts& cuts);

/// The changes from one state to another, a line each: what was added, removed, labelled, swept.
/// `swept` says which removals were a collection's; their lines say why.
std::vector<std::string> describe_changes(const Catalog& catalog, const State& before,
                                          const State& after, const std::vector<ObjectId>& swept,
                                          const Cuts& cuts);

}  // namespace sweepcheck
