// The driver: a world, the operations that are under way in it, and what can happen next, as one
// value. A replay, a search and an explorer all perform actions on a Simulation; none of them knows
// what a restart or a kill does.
//
//   Catalog catalog;
//   Simulation simulation(catalog);
//   const NodeId node = simulation.add_node("node", *find_profile("containerd-2.1"), Policy{});
//   simulation.perform({.kind = ActionKind::kOperation, .request = &pull,
//                       .flight = FlightId{1}, .step_count_max = 9});
//   Simulation other = simulation;                       // both go on from here
//   other.perform({.kind = ActionKind::kCollect, .node = node});
//   other.perform({.kind = ActionKind::kResume, .flight = FlightId{1}});
//   other == simulation;                                 // false
//
// Copies share the catalog, which must outlive them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.hpp"
#include "model/operation.hpp"
#include "model/world.hpp"

namespace sweepcheck {

/// Is told what an action does, while it is performed. A listener must not change the simulation.
class SimulationListener {
 public:
  virtual ~SimulationListener() = default;

  /// An action is about to be performed, if it can be.
  virtual void action_begins(const Action& action) { static_cast<void>(action); }
  /// An operation that is kept is about to begin.
  virtual void operation_begins(FlightId flight) { static_cast<void>(flight); }
  /// An operation that was kept is about to go on, or its client to die.
  virtual void operation_resumes(FlightId flight) { static_cast<void>(flight); }

  /// The world is about to change, and has changed; called only if watches_changes() says so. An
  /// action of an operation changes it once as it begins (`operation` is null) and then by each
  /// atomic step (`operation` is about to perform it); every other action changes it once.
  virtual void before_change(const Action& action, const Operation* operation) {
    static_cast<void>(action), static_cast<void>(operation);
  }
  virtual void after_change() {}
  virtual bool watches_changes() const { return false; }
};

/// What came of an action.
struct Performed {
  /// False: it could not be performed, and nothing has changed: the daemon that is to collect isn't
  /// running; the operation that is to go on is unknown or has ended; the flight's name is taken.
  bool happened = false;
  /// The operation that the action was about; valid until the next action.
  const Operation* operation = nullptr;
  /// Atomic steps of that operation.
  std::uint32_t step_count = 0;
};

enum class UnpackError : std::uint8_t;

class Simulation {
 public:
  /// An empty world at kEpoch.
  explicit Simulation(Catalog& catalog) : world_(catalog) {}
  /// A world with nothing under way in it.
  explicit Simulation(World world) : world_(std::move(world)) {}

  World& world() { return world_; }
  const World& world() const { return world_; }
  Catalog& catalog() { return world_.catalog(); }
  const Catalog& catalog() const { return world_.catalog(); }

  /// Adds a node and starts its daemon. The profile must outlive all copies; the policy is
  /// interned.
  NodeId add_node(std::string_view name, const Profile& profile, const Policy& policy);

  /// Performs an action, whole or up to its stop. An operation that fails has been performed: its
  /// status tells. `listener` may be null.
  Performed perform(const Action& action, SimulationListener* listener = nullptr);
  /// The same for a kOperation, with the request handed over instead of copied; the action's own
  /// pointer is not read.
  Performed perform(const Action& action, Request&& request,
                    SimulationListener* listener = nullptr);

  /// The operation of that name, running or ended; null if there is none.
  const Operation* find(FlightId flight) const;
  /// The next atomic step of an operation, as `until` and traces name it: "commit content
  /// layer:base". Empty if it has ended or is unknown.
  std::string next_step(FlightId flight) const;
  /// Whether an operation on this node is about to perform the step of this name.
  bool awaits_step(NodeId node, std::string_view step) const;
  /// A name that no operation has yet.
  FlightId free_flight() const;
  /// Forgets the operations that have ended: nothing can happen to them, and two simulations that
  /// differ in them only become equal.
  void forget_ended();

  /// What could happen next, in a fixed order: each request of the vocabulary as an operation that
  /// stops before its first step, one more atomic step of each operation under way, the death of
  /// its client; by node a collection, its metadata phase alone, a restart, the daemon's death; and
  /// time passing until something is due. The requests must outlive the actions.
  std::vector<Action> actions(std::span<const Request> vocabulary = {}) const;

  /// Equal simulations do the same from here on. What observes a world, what registries have
  /// logged, and counters of collections are not compared. Both must share a catalog.
  bool operator==(const Simulation& other) const {
    return world_ == other.world_ && flights_ == other.flights_;
  }
  /// Equal simulations that were set up alike have equal hashes: what pack() writes is hashed.
  /// Depends on no address.
  std::uint64_t hash() const;

  // As bytes: see model/pack.hpp.
  friend void pack(const Simulation& simulation, std::vector<std::byte>& bytes);
  friend UnpackError unpack(std::span<const std::byte>& bytes, Simulation& simulation);

 private:
  /// An operation that is kept.
  struct Flight {
    FlightId id = kNoFlight;
    Operation operation;

    bool operator==(const Flight&) const = default;
  };
  /// Of an operation that isn't kept, until the next action. Copies have none.
  struct Passing {
    Passing() = default;
    Passing(const Passing&) {}
    // There is nothing to assign: each keeps its own.
    // NOLINTNEXTLINE(bugprone-unhandled-self-assignment)
    Passing& operator=(const Passing&) { return *this; }
    std::optional<Operation> operation;
  };

  Flight* find_flight(FlightId flight);
  Performed perform_operation(const Action& action, Request&& request,
                              SimulationListener* listener);
  Performed resume(const Action& action, SimulationListener* listener);
  Performed kill_client_of(const Action& action, SimulationListener* listener);
  void drive(const Action& action, Performed& performed, Operation& operation,
             SimulationListener* watcher);
  void kill_flights(NodeId node);

  World world_;
  std::vector<Flight> flights_;
  Passing passing_;
};

}  // namespace sweepcheck
