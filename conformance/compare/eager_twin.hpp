// What a daemon whose collector runs by itself must have, in real time.
//
// In the model operations take no time, and collections come when simulated time says so. A real
// daemon collects while a scenario goes on. So it is given the time to: after each step that leaves
// a collection due soon, real time passes until it is over. This twin of a replay does the same: it
// collects after each step, whenever a collection is due within the time that may have passed.
//
//   {"advance": "2s"}, {"ingest": "a"}, {"create-lease": "l"}, {"delete-lease": "l"}
//
// After the deletion a collection is due. The replay still has "a", until time advances; the daemon
// and the twin have not. A scenario whose end is not the same for both says something that can't be
// told in real time.
#pragma once

#include "replay/replay.hpp"

namespace sweepcheck {

/// By how much a real daemon may be ahead of simulated time.
inline constexpr Duration kLeadMax = 2 * kSecond;

class EagerTwin {
 public:
  EagerTwin(const Scenario& scenario, const Profile& profile);

  /// Performs the step as the replay beside it does, and then collects what is due.
  StepResult perform(const ScenarioStep& step, int number);
  /// Whether it collected after its last step (at first: before any).
  bool collected() const { return collected_; }
  const Replay& replay() const { return replay_; }
  /// Whether a node is in the same state here and there.
  bool agrees(const Replay& other, NodeId id) const;
  /// Whether a collection is awaited on a node of `other`.
  static bool awaits_collection(const Replay& other);
  /// Whether a daemon that is ahead of `other` by so much may have collected, though the twin has
  /// not.
  static bool is_outrun(const Replay& other, Duration lead);

 private:
  void collect_due(int number);

  Replay replay_;
  bool collected_ = false;
};

}  // namespace sweepcheck
