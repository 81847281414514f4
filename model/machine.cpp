// Performing operations, step by step.
#include <algorithm>
#include <utility>

#include "model/operation.hpp"

namespace sweepcheck {
namespace {

// Takes the next step off the stack and performs it. A failure ends the operation, but for what it
// has deferred; one of the clean-up is passed over.
void perform_next(World& world, Operation& operation) {
  const Step step = operation.todo.back();
  operation.todo.pop_back();
  Machine machine(world, operation);
  const Failure failure = step.type().perform(machine, step);
  if (failure && !operation.cleaning) {
    operation.failure = failure;
    operation.todo.clear();
  }
}

// Takes the steps that only expand off the stack, so that an atomic one is next.
void expand(World& world, Operation& operation) {
  while (!operation.todo.empty() && !operation.todo.back().type().name.atomic) {
    perform_next(world, operation);
  }
}

// Moves the cleanup steps onto the stack once the rest is done or has failed.
void begin_cleanup(Operation& operation) {
  operation.cleaning = true;
  operation.todo.clear();
  // The last deferred runs first, as Go's defer does; the stack takes its last first.
  for (const CleanupStep& cleanup : operation.cleanups) {
    if (cleanup.when == Cleanup::kAlways || operation.failure) {
      operation.todo.push_back(cleanup.step);
    }
  }
  operation.cleanups.clear();
}

template <typename Predicate>
void drop_cleanups(Operation& operation, Predicate&& predicate) {
  auto& cleanups = operation.cleanups;
  cleanups.erase(std::remove_if(cleanups.begin(), cleanups.end(), predicate), cleanups.end());
}

void settle(World& world, Operation& operation) {
  // The usual case, in line: the next step is atomic.
  if (!operation.todo.empty() && operation.todo.back().type().name.atomic) return;
  expand(world, operation);
  if (operation.todo.empty() && !operation.cleaning) {
    begin_cleanup(operation);
    expand(world, operation);
  }
  if (operation.todo.empty()) {
    operation.status = operation.failure ? OperationStatus::kFailed : OperationStatus::kDone;
  }
}

}  // namespace

Operation begin(World& world, Request request) {
  Operation operation{.request = std::move(request)};
  begin(world, operation);
  return operation;
}

void begin(World& world, Operation& operation) {
  const OperationType& type = *operation.request.type;
  Machine machine(world, operation);
  if (type.place == Place::kNode && !machine.node().running) {
    operation.failure = {ErrorClass::kUnavailable, Message::kDaemonDown};
  } else {
    operation.failure = type.begin(machine);
  }
  if (operation.failure) {
    operation.todo.clear();
    operation.status = OperationStatus::kFailed;
    return;
  }
  settle(world, operation);
}

bool perform(World& world, Operation& operation) {
  if (!operation.running()) return false;
  perform_next(world, operation);
  settle(world, operation);
  const Request& request = operation.request;
  if (request.type->place == Place::kNode) world.notice(request.node);
  return true;
}

void finish(World& world, Operation& operation) {
  while (perform(world, operation)) {
  }
}

std::string next_step(const World& world, const Operation& operation) {
  if (!operation.running()) return {};
  const Step& step = operation.todo.back();
  std::string out(step.type().name.text);
  const StringId subject = step.subject(world.catalog());
  if (subject != kNone<StringId>) out += " " + world.catalog().display(subject);
  return out;
}

void kill_client(World& world, Operation& operation) {
  if (!operation.running()) return;
  Machine machine(world, operation);
  // CRI works in the daemon: its error path runs as for any failure. Of other clients the daemon
  // only knows what it does for them itself.
  const bool in_process = machine.client() == Client::kCri;
  operation.failure = {ErrorClass::kCancelled, Message::kKilled, machine.text("client")};
  if (!operation.cleaning) {
    drop_cleanups(operation,
                  [&](const CleanupStep& cleanup) { return !in_process && !cleanup.in_daemon; });
    begin_cleanup(operation);
  } else if (!in_process) {
    operation.todo.clear();
  }
  operation.status = OperationStatus::kRunning;
  settle(world, operation);
  finish(world, operation);
  operation.status = OperationStatus::kKilled;
}

void kill_daemon(Operation& operation) {
  if (!operation.running()) return;
  operation.todo.clear();
  operation.cleanups.clear();
  operation.status = OperationStatus::kKilled;
}

ObjectId Machine::lease_in(StringId space) {
  if (operation_.lease == kNone<StringId>) return kNone<ObjectId>;
  return catalog().object({ObjectKind::kLease, space, kNone<StringId>, operation_.lease});
}

void Machine::then(std::initializer_list<Step> steps) {
  for (auto step = std::rbegin(steps); step != std::rend(steps); ++step) {
    operation_.todo.push_back(*step);
  }
}

void Machine::then(std::span<const Step> steps) {
  operation_.todo.insert(operation_.todo.end(), steps.rbegin(), steps.rend());
}

void Machine::work_under(StringId lease) {
  operation_.lease = lease;
  operation_.lease_record = lease_in(request().space);
}

void Machine::defer(Cleanup when, bool in_daemon, Step step) {
  operation_.cleanups.push_back({when, in_daemon, step});
}

void Machine::cancel_deferred(const Step& step) {
  drop_cleanups(operation_, [&](const CleanupStep& cleanup) { return cleanup.step == step; });
}

Client Machine::client() const {
  if (request().by != Client::kDefault) return request().by;
  const auto clients = request().type->clients;
  return clients.empty() ? Client::kCtr : clients.front();
}

Engine Machine::engine() {
  if (!request().type->transfers) return Engine::kLocal;
  if (request().local) return *request().local ? Engine::kLocal : Engine::kTransfer;
  if (client() == Client::kCri) {
    return profile().cri_transfer_pull && !forces_local_pull(node().policy->cri) ? Engine::kTransfer
                                                                                 : Engine::kLocal;
  }
  return client() == Client::kCtr ? profile().ctr_engine : Engine::kLocal;
}

std::string_view client_name(Client client) {
  switch (client) {
    case Client::kCtr:
      return "ctr";
    case Client::kCri:
      return "cri";
    case Client::kLibrary:
      return "library";
    case Client::kDefault:
      break;
  }
  return "";
}

}  // namespace sweepcheck
