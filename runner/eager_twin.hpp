// What may be told in real time of a daemon whose collector runs by itself.
//
// In the model operations take no time, and collections come when simulated time says so. A real
// daemon may have collected while an operation was under way, or not yet. So a second replay
// collects as eagerly as a real daemon ever could: after each step, whenever a collection is due
// within the time that real operations may have taken by then. Where both replays are in the same
// state, that state is what any daemon must have, and is compared; where they differ, nobody can
// tell.
//
//   {"advance": "2s"}, {"ingest": "a"}, {"create-lease": "l"}, {"delete-lease": "l"}
//
// After the deletion a collection is due. The model still has "a", the twin has not: not compared.
// After another {"advance": "2s"}, neither has it: a daemon that keeps it is wrong.
#pragma once

#include "runner/replay.hpp"

namespace sweepcheck {

/// By how much a real daemon may be ahead of simulated time.
inline constexpr Duration kLeadMax = 2 * kSecond;

class EagerTwin {
 public:
  EagerTwin(const Scenario& scenario, const Profile& profile);

  /// Performs the step as the replay beside it does, and then collects what is due.
  StepResult perform(const ScenarioStep& step, int number);
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
};

}  // namespace sweepcheck
