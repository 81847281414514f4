// The moves of shrinking: histories that are smaller than a given one by one change. Pure
// functions; shrink.cpp tries what they propose.
#pragma once

#include <cstddef>
#include <vector>

#include "properties/search/history.hpp"

namespace sweepcheck {

/// The order of shrinking: fewer steps, then a smaller world, then smaller numbers.
bool is_smaller(const History& a, const History& b);

/// True if no image of the world is special: a twin, an index, of another platform.
bool is_plain(const Declaration& world);

/// Without `count` steps from a place on; what resumes or kills an operation that went, goes too.
History without_steps(const History& history, std::size_t at, std::size_t count);

/// Worlds with one thing less: a node, an image, a layer, a special kind of image.
std::vector<History> smaller_worlds(const History& history);

/// The history with the step at this place made smaller: a number lowered, an earlier verb, or
/// swapped with the one before it.
std::vector<History> smaller_at(const History& history, std::size_t at);

/// The smallest worlds that differ: one image of one or two layers, two images that share a layer
/// or not. All on one node.
std::vector<Declaration> plain_worlds();

/// Every step that makes sense in the world of a small history: one namespace more than it uses, no
/// operation that stops.
std::vector<HistoryStep> vocabulary(const History& history);

}  // namespace sweepcheck
