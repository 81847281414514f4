// When a collection happens by itself: thresholds, delays and the interval that follows from how
// long collections take (gc/scheduler/scheduler.go in 1.x, plugins/gc/scheduler.go in 2.x). All on
// simulated time; World::advance calls these.
#pragma once

#include "model/node.hpp"

namespace sweepcheck {

/// The daemon starts: the first tick comes after startup_delay, or never if that is 0.
void schedule_start(Node& node, Time now);

/// Looks at what was counted since the last look, and brings the next tick forward if a threshold
/// is reached (the event branch of containerd's loop).
void consider(Node& node, Time now);

/// True if the scheduler would begin a collection at once if the node counted up to so many more
/// mutations, each seen by itself.
bool would_collect(const Node& node, Time now, int mutation_count);

/// A tick is there: true if it collects, false if nothing happened and it is only re-armed.
bool due(const Node& node);

/// A collection has ended at `now` and held the lock for `duration`: zeroes the counters, computes
/// the interval (average / pause_threshold - average, the average floored at 5 ms from 1.7.16 on)
/// and arms the next tick.
void collection_ended(Node& node, Time now, Duration duration);

}  // namespace sweepcheck
