#include "model/simulation.hpp"

#include <algorithm>
#include <limits>

#include "model/assert.hpp"
#include "model/pattern.hpp"

namespace sweepcheck {
namespace {

// Tells a listener, if there is one that watches, of one change of the world.
template <typename Change>
void change(SimulationListener* watcher, const Action& action, const Operation* operation,
            Change&& make) {
  if (watcher) watcher->before_change(action, operation);
  make();
  if (watcher) watcher->after_change();
}

SimulationListener* watcher_of(SimulationListener* listener) {
  return listener && listener->watches_changes() ? listener : nullptr;
}

// Null if there is none of that name.
template <typename Flights>
auto* flight_of(Flights& flights, FlightId name) {
  const auto found = std::find_if(flights.begin(), flights.end(),
                                  [&](const auto& each) { return each.id == name; });
  return found == flights.end() ? nullptr : &*found;
}

// When something happens by itself next: a collection that is scheduled, or a lease, an image or an
// ingest that expires. Negative: never.
Time next_event(const World& world) {
  Time first = std::numeric_limits<Time>::max();
  const auto note = [&](Time at) {
    if (at > world.now) first = std::min(first, at);
  };
  for (const Node& node : world.nodes) {
    if (node.running && node.policy->scheduler.runs) note(node.scheduler.next);
    for (const Scalar& scalar : node.state.scalars) {
      if (scalar.kind == ScalarKind::kExpiry) note(scalar.value);
    }
  }
  return first == std::numeric_limits<Time>::max() ? -1 : first;
}

}  // namespace

std::string_view action_name(ActionKind kind) {
  switch (kind) {
    case ActionKind::kOperation:
      return "operation";
    case ActionKind::kCollect:
      return "collect";
    case ActionKind::kAdvance:
      return "advance";
    case ActionKind::kRestart:
      return "restart";
    case ActionKind::kResume:
      return "resume";
    case ActionKind::kKillClient:
      return "kill client";
    case ActionKind::kKillDaemon:
      return "kill daemon";
  }
  return "";
}

NodeId Simulation::add_node(std::string_view name, const Profile& profile, const Policy& policy) {
  const auto id = static_cast<NodeId>(world_.nodes.size());
  Node node;
  node.profile = &profile;
  node.policy = catalog().policy(policy);
  world_.nodes.push_back(std::move(node));
  world_.node_names.push_back(catalog().intern(name));
  world_.start_daemon(id);
  return id;
}

Performed Simulation::perform(const Action& action, SimulationListener* listener) {
  if (listener) listener->action_begins(action);
  passing_.operation.reset();
  SimulationListener* const watcher = watcher_of(listener);
  switch (action.kind) {
    case ActionKind::kOperation:
      SWEEPCHECK_BELIEVE(action.request != nullptr, "an operation has a request");
      return perform_operation(action, Request(*action.request), listener);
    case ActionKind::kResume:
      return resume(action, listener);
    case ActionKind::kKillClient:
      return kill_client_of(action, listener);
    case ActionKind::kCollect:
      if (!world_.node(action.node).running) return {};
      change(watcher, action, nullptr, [&] {
        action.metadata_only ? world_.collect_metadata(action.node) : world_.collect(action.node);
      });
      break;
    case ActionKind::kAdvance:
      change(watcher, action, nullptr, [&] { world_.advance(action.duration); });
      break;
    case ActionKind::kRestart:
      change(watcher, action, nullptr, [&] {
        kill_flights(action.node);
        if (action.policy) world_.node(action.node).policy = action.policy;
        world_.start_daemon(action.node);
      });
      break;
    case ActionKind::kKillDaemon:
      change(watcher, action, nullptr, [&] {
        kill_flights(action.node);
        world_.node(action.node).running = false;
        world_.reschedule(action.node);
      });
      break;
  }
  return {.happened = true};
}

Performed Simulation::perform(const Action& action, Request&& request,
                              SimulationListener* listener) {
  SWEEPCHECK_BELIEVE(action.kind == ActionKind::kOperation, "only an operation has a request");
  if (listener) listener->action_begins(action);
  passing_.operation.reset();
  return perform_operation(action, std::move(request), listener);
}

Performed Simulation::perform_operation(const Action& action, Request&& request,
                                        SimulationListener* listener) {
  SimulationListener* const watcher = watcher_of(listener);
  Performed performed{.happened = true};
  if (action.flight == kNoFlight) {
    Operation& passing = passing_.operation.emplace();
    passing.request = std::move(request);
    change(watcher, action, nullptr, [&] { begin(world_, passing); });
    drive(action, performed, passing, watcher);
    return performed;
  }
  if (find_flight(action.flight)) return {};
  if (listener) listener->operation_begins(action.flight);
  change(watcher, action, nullptr, [&] {
    flights_.push_back({action.flight, Operation{.request = std::move(request)}});
    begin(world_, flights_.back().operation);
  });
  drive(action, performed, flights_.back().operation, watcher);
  return performed;
}

Performed Simulation::resume(const Action& action, SimulationListener* listener) {
  Flight* const flight = find_flight(action.flight);
  if (!flight || !flight->operation.running()) return {};
  if (listener) listener->operation_resumes(action.flight);
  Performed performed{.happened = true};
  drive(action, performed, flight->operation, watcher_of(listener));
  return performed;
}

Performed Simulation::kill_client_of(const Action& action, SimulationListener* listener) {
  Flight* const flight = find_flight(action.flight);
  if (!flight || !flight->operation.running()) return {};
  if (listener) listener->operation_resumes(action.flight);
  change(watcher_of(listener), action, nullptr, [&] { kill_client(world_, flight->operation); });
  return {.happened = true, .operation = &flight->operation};
}

// Performs atomic steps until the operation ends or comes to its stop.
void Simulation::drive(const Action& action, Performed& performed, Operation& operation,
                       SimulationListener* watcher) {
  performed.operation = &operation;
  while (operation.running() && performed.step_count < action.step_count_max) {
    if (!action.until.empty() &&
        matches_pattern(sweepcheck::next_step(world_, operation), action.until)) {
      return;
    }
    change(watcher, action, &operation, [&] { sweepcheck::perform(world_, operation); });
    ++performed.step_count;
  }
}

void Simulation::kill_flights(NodeId node) {
  for (Flight& flight : flights_) {
    if (flight.operation.request.node == node) kill_daemon(flight.operation);
  }
}

Simulation::Flight* Simulation::find_flight(FlightId flight) { return flight_of(flights_, flight); }

const Operation* Simulation::find(FlightId flight) const {
  const Flight* const found = flight_of(flights_, flight);
  return found ? &found->operation : nullptr;
}

std::string Simulation::next_step(FlightId flight) const {
  const Operation* const operation = find(flight);
  return operation ? sweepcheck::next_step(world_, *operation) : std::string();
}

bool Simulation::awaits_step(NodeId node, std::string_view step) const {
  return std::any_of(flights_.begin(), flights_.end(), [&](const Flight& flight) {
    const Operation& operation = flight.operation;
    return operation.request.node == node && sweepcheck::next_step(world_, operation) == step;
  });
}

FlightId Simulation::free_flight() const {
  std::uint32_t last = 0;
  for (const Flight& flight : flights_) last = std::max(last, index_of(flight.id));
  return static_cast<FlightId>(last + 1);
}

void Simulation::forget_ended() {
  std::erase_if(flights_, [](const Flight& flight) { return !flight.operation.running(); });
}

std::vector<Action> Simulation::actions(std::span<const Request> vocabulary) const {
  std::vector<Action> out;
  for (const Request& request : vocabulary) {
    out.push_back({.kind = ActionKind::kOperation,
                   .request = &request,
                   .flight = free_flight(),
                   .step_count_max = 0});
  }
  for (const Flight& flight : flights_) {
    if (!flight.operation.running()) continue;
    out.push_back({.kind = ActionKind::kResume, .flight = flight.id, .step_count_max = 1});
    out.push_back({.kind = ActionKind::kKillClient, .flight = flight.id});
  }
  for (std::size_t i = 0; i < world_.nodes.size(); ++i) {
    const auto node = static_cast<NodeId>(i);
    if (world_.nodes[i].running) {
      out.push_back({.kind = ActionKind::kCollect, .node = node});
      out.push_back({.kind = ActionKind::kCollect, .node = node, .metadata_only = true});
      out.push_back({.kind = ActionKind::kKillDaemon, .node = node});
    }
    out.push_back({.kind = ActionKind::kRestart, .node = node});
  }
  if (const Time next = next_event(world_); next > 0) {
    out.push_back({.kind = ActionKind::kAdvance, .duration = next - world_.now});
  }
  return out;
}

}  // namespace sweepcheck
