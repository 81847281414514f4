// What a step of any history is: a scenario's, a search's, a conformance run's. There are seven
// kinds, and no list of them anywhere else.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "model/catalog/ids.hpp"
#include "model/policy.hpp"
#include "model/time.hpp"

namespace sweepcheck {

struct Request;

enum class ActionKind : std::uint8_t {
  kOperation,   ///< a client begins an operation, which runs to its end or to its stop
  kCollect,     ///< a node's garbage is collected
  kAdvance,     ///< time passes, on all nodes
  kRestart,     ///< a node's daemon starts again: what it held in memory is gone
  kResume,      ///< an operation that had stopped goes on
  kKillClient,  ///< the client of an operation dies
  kKillDaemon,  ///< a node's daemon dies, and does not come back by itself
};
inline constexpr std::uint32_t kActionKindCount = 7;

/// An operation that is kept after its first action, so that it can be resumed or killed. Whoever
/// begins it chooses the number; zero is none.
enum class FlightId : std::uint32_t {};
inline constexpr FlightId kNoFlight{0};

/// How many atomic steps of an operation an action performs at most.
inline constexpr std::uint32_t kAllSteps = std::numeric_limits<std::uint32_t>::max();

/// One step of a history. Only the fields that its kind names are read.
struct Action {
  ActionKind kind = ActionKind::kCollect;
  /// The node of kCollect, kRestart and kKillDaemon. An operation's node is its request's.
  NodeId node{0};

  /// Of kOperation: what is asked for. It must stay where it is until the action has been
  /// performed; the operation has a copy of it.
  const Request* request = nullptr;
  /// Of kOperation: the name of an operation that may stop, or kNoFlight. Of kResume and
  /// kKillClient: which one.
  FlightId flight = kNoFlight;
  /// Of kOperation and kResume: the operation stops after so many atomic steps ...
  std::uint32_t step_count_max = kAllSteps;
  /// ... and before the first step whose name (Simulation::next_step) matches this pattern; empty:
  /// before none. See matches_pattern(). Must live as long as the call.
  std::string_view until = {};

  /// Of kCollect: the metadata phase alone, as a crash before the clean-up leaves it.
  bool metadata_only = false;
  /// Of kAdvance; not negative.
  Duration duration = 0;
  /// Of kRestart: the node's policy from now on, or null to keep the one it has. The catalog must
  /// have interned it.
  const Policy* policy = nullptr;

  bool stops() const { return step_count_max != kAllSteps || !until.empty(); }
};

/// "operation", "collect", "advance", "restart", "resume", "kill client", "kill daemon".
std::string_view action_name(ActionKind kind);

}  // namespace sweepcheck
