// One node: a containerd instance with its profile, its policy, its state, and what its daemon
// holds in memory only and so forgets in a restart.
#pragma once

#include <cstdint>
#include <vector>

#include "model/catalog/state.hpp"
#include "model/policy.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// The collection scheduler's memory (gc/scheduler/scheduler.go | plugins/gc/scheduler.go).
struct SchedulerState {
  /// When the next collection is due; negative: none is scheduled.
  Time next = -1;
  /// End of the last collection, backend clean-up included; negative: there was none.
  Time last = -1;
  /// Time between collections: 1 s until a collection has been measured.
  Duration interval = kSecond;
  std::int64_t deletions = 0;
  std::int64_t mutations = 0;
  bool triggered = false;
  Duration total_duration = 0;
  std::int64_t collection_count = 0;

  bool operator==(const SchedulerState&) const = default;
};

struct Node {
  const Profile* profile = nullptr;
  const Policy* policy = nullptr;
  State state;

  // In the daemon's memory only.
  bool running = true;
  /// Deletions since the last collection; while it is positive, every mutation counts as one.
  std::int64_t dirty = 0;
  /// A content removal has flagged the content store for clean-up.
  bool content_flagged = false;
  /// Snapshotters that a removal has flagged for clean-up.
  std::vector<StringId> snapshotters_flagged;
  SchedulerState scheduler;

  /// State and memory; nodes with other policies or profiles are never equal.
  bool operator==(const Node&) const = default;
};

}  // namespace sweepcheck
