#include "model/scheduler.hpp"

#include <algorithm>

namespace sweepcheck {

void schedule_start(Node& node, Time now) {
  const Duration delay = node.policy->scheduler.startup_delay;
  if (delay > 0) node.scheduler.next = now + delay;
}

namespace {

void consider(SchedulerState& state, const SchedulerPolicy& policy, Time now) {
  const bool unscheduled = state.next < 0;
  const bool deletions_reached =
      policy.deletion_threshold > 0 && state.deletions >= policy.deletion_threshold;
  const bool mutations_reached =
      policy.mutation_threshold > 0 && state.mutations >= policy.mutation_threshold;
  const bool wanted = state.triggered || deletions_reached ||
                      (unscheduled && ((policy.deletion_threshold == 0 && state.deletions > 0) ||
                                       mutations_reached));
  if (!wanted) return;
  const Time at = now + policy.schedule_delay;
  if (unscheduled || at < state.next) state.next = at;
}

bool due(const SchedulerState& state, const SchedulerPolicy& policy) {
  return state.triggered || state.last < 0 || state.deletions > 0 ||
         (policy.mutation_threshold > 0 && state.mutations >= policy.mutation_threshold);
}

}  // namespace

void consider(Node& node, Time now) { consider(node.scheduler, node.policy->scheduler, now); }

bool due(const Node& node) { return due(node.scheduler, node.policy->scheduler); }

bool would_collect(const Node& node, Time now, int mutation_count) {
  const SchedulerPolicy& policy = node.policy->scheduler;
  if (!node.running || !policy.runs) return false;
  SchedulerState state = node.scheduler;
  for (int i = 0; i <= mutation_count; ++i) {
    consider(state, policy, now);
    if (state.next >= 0 && state.next <= now && due(state, policy)) return true;
    ++state.mutations;
    if (node.dirty > 0) ++state.deletions;
  }
  return false;
}

void collection_ended(Node& node, Time now, Duration duration) {
  SchedulerState& state = node.scheduler;
  const SchedulerPolicy& policy = node.policy->scheduler;
  state.deletions = 0;
  state.mutations = 0;
  state.triggered = false;
  state.last = now;
  state.total_duration += duration;
  ++state.collection_count;
  const Duration average =
      std::max(state.total_duration / state.collection_count, node.profile->collection_time_floor);
  const double pause = std::clamp(policy.pause_threshold, 0.0, 0.5);
  if (pause > 0) {
    // A threshold next to nothing makes it next to never.
    constexpr double kLongest = 1e18;
    const double cycle = std::min(static_cast<double>(average) / pause, kLongest);
    state.interval = static_cast<Duration>(cycle) - average;
  }
  if (policy.runs) state.next = now + state.interval;
}

}  // namespace sweepcheck
