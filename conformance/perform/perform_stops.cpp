// Clients that are stopped before a step, and then killed or let go.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>
#include <utility>

#include "conformance/daemon/disk.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/performer.hpp"
#include "conformance/stops/clean_up_hold.hpp"
#include "conformance/stops/fed_fifo.hpp"

namespace sweepcheck {
namespace {

constexpr Milliseconds kHoldLimit{30'000};
constexpr Milliseconds kWriteLimit{2'000};
// Between two looks at whether a client has ended instead of being held.
constexpr Milliseconds kLookTime{20};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::move(std::ostringstream() << in.rdbuf()).str();
}

// Where a clean-up begins: content's walks the blobs, overlayfs's lists its directories.
std::unique_ptr<CleanUpHold> hold_clean_up(const Daemon& daemon) {
  return CleanUpHold::on({daemon.root() / "io.containerd.content.v1.content/blobs",
                          daemon.root() / "io.containerd.snapshotter.v1.overlayfs/snapshots"});
}

constexpr const char* kNoCleanUpHold =
    "no clean-up can be held: the kernel has no fanotify with permission events, or the daemon has"
    " none of the folders that are cleaned up";

}  // namespace

// A client that was stopped in the middle of something. It goes through a gate of its own.
struct Performer::Pending {
  std::string handle;
  std::string node;
  std::string verb;
  Work work;
  RegistryServer* registry = nullptr;
  /// What the registry holds, or is to hold, is a request of this client.
  bool holds_registry = false;
  std::unique_ptr<ApiProxy> gate;
  std::unique_ptr<CleanUpHold> clean_up;
  /// A collection that is never to clean up.
  bool is_sweep = false;
  std::unique_ptr<FedFifo> input;
  /// How much of a blob its input has at first.
  std::size_t middle = 0;
  std::filesystem::path output;
  std::optional<ChildProcess> client;
  /// Of what is not a ctr.
  std::unique_ptr<Api> api;
  std::future<CallStatus> call;
  /// It ended before it came to where it was to stop.
  std::optional<Outcome> ended;
};

Performer::Performer(Rig& rig) : rig_(rig) {}

Performer::~Performer() {
  for (auto& pending : pending_) drop(*pending);
}

Performer::Pending* Performer::find_pending(const std::string& handle) {
  for (auto& pending : pending_) {
    if (pending->handle == handle) return pending.get();
  }
  return nullptr;
}

bool Performer::is_held_by_another(const Pending& pending) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& other) {
    return other.get() != &pending && other->registry == pending.registry && other->holds_registry;
  });
}

void Performer::forget(const Pending& pending) {
  std::erase_if(pending_, [&](const auto& each) { return each.get() == &pending; });
}

void Performer::let_go(Pending& pending) {
  if (std::exchange(pending.holds_registry, false)) pending.registry->registry_proxy().release();
  if (pending.gate) pending.gate->release();
  if (pending.input) pending.input->finish();
  pending.clean_up.reset();
}

// Neither the daemon nor a registry hears of what a dead client was about to ask.
void Performer::drop(Pending& pending) {
  if (pending.client) pending.client->kill();
  pending.clean_up.reset();
  pending.gate.reset();
  if (std::exchange(pending.holds_registry, false)) pending.registry->registry_proxy().drop();
  if (pending.input) pending.input->finish();
  if (pending.call.valid()) pending.call.wait();
}

Outcome Performer::start(const ScenarioStep& step, Work work) {
  Daemon& daemon = rig_.daemon(step.node);
  auto pending = std::make_unique<Pending>();
  pending->handle = step.handle;
  pending->node = step.node;
  pending->verb = step.verb;
  pending->work = std::move(work);
  const std::string& reference = pending->work.reference;
  pending->registry = rig_.registry(reference.substr(0, reference.find('/')));
  const std::filesystem::path folder = daemon.root().parent_path();
  ++started_;
  pending->output = folder / fmt::format("client-{}", started_);
  pending->gate =
      std::make_unique<ApiProxy>(folder / fmt::format("g{}.sock", started_), daemon.socket());
  if (!pending->gate->is_open()) return {.fault = "can't listen on " + pending->gate->socket()};
  if (!pending->work.words.empty()) pending->work.words[2] = pending->gate->socket();
  const StopPoint point = stop_point(stop_, step.verb == "ingest", rig_.names());
  pending_.push_back(std::move(pending));
  return stop_at(point, *pending_.back());
}

// Has the client stop there as soon as it may go on. An obstacle or a lack: it can't.
Outcome Performer::arm(const StopPoint& point, Pending& pending) {
  const bool begins = !pending.client && !pending.call.valid();
  const bool in_daemon = pending.work.in_daemon;
  if (const auto* call = std::get_if<CallPoint>(&point); call && !in_daemon) {
    pending.gate->hold(*call);
  } else if (const auto* request = std::get_if<HoldPoint>(&point); request && pending.registry) {
    if (is_held_by_another(pending)) {
      return {.obstacle = "a registry holds one client at a time, and another is stopped there"};
    }
    pending.registry->registry_proxy().hold(*request);
    pending.holds_registry = true;
  } else if (std::holds_alternative<InputPoint>(point) && pending.work.call) {
    pending.gate->hold(second_part());
  } else if (const auto* input = std::get_if<InputPoint>(&point); input && begins) {
    if (auto obstacle = feed(*input, pending)) return {.obstacle = *obstacle};
  } else if (std::holds_alternative<CleanUpPoint>(point)) {
    pending.clean_up = hold_clean_up(rig_.daemon(pending.node));
    if (!pending.clean_up) return {.lack = kNoCleanUpHold};
  } else if (in_daemon) {
    return {.obstacle = "the daemon takes this step for its client, where nothing can stop it"};
  } else {
    return {.obstacle = "no client of this kind can be stopped before this step"};
  }
  return {};
}

// From where it stood until now.
void Performer::let_go_elsewhere(const StopPoint& point, Pending& pending) {
  if (!std::holds_alternative<HoldPoint>(point) && std::exchange(pending.holds_registry, false)) {
    pending.registry->registry_proxy().release();
  }
  const bool at_input = std::holds_alternative<InputPoint>(point);
  if (pending.input && !at_input) pending.input->finish();
  const bool at_gate = std::holds_alternative<CallPoint>(point) || (at_input && pending.work.call);
  if (!at_gate) pending.gate->release();
  if (!std::holds_alternative<CleanUpPoint>(point)) pending.clean_up.reset();
}

bool Performer::is_held_within(const StopPoint& point, Pending& pending, Milliseconds limit) {
  if (std::holds_alternative<HoldPoint>(point)) {
    return pending.registry->registry_proxy().wait_until_held(limit);
  }
  if (std::holds_alternative<CleanUpPoint>(point)) return pending.clean_up->wait_until_held(limit);
  if (std::holds_alternative<InputPoint>(point) && pending.input) {
    return pending.input->wait_until_read(limit);
  }
  return pending.gate->wait_until_held(limit);
}

// Until it is held, or has ended without; nothing: neither in time.
std::optional<Outcome> Performer::wait_until_held(const StopPoint& point, Pending& pending) {
  const auto end = std::chrono::steady_clock::now() + kHoldLimit;
  while (std::chrono::steady_clock::now() < end) {
    const bool held = is_held_within(point, pending, kLookTime);
    const std::string lack = pending.clean_up ? pending.clean_up->lack() : "";
    if (!lack.empty()) {
      // The kernel lets the daemon go on as soon as nobody watches.
      pending.clean_up.reset();
      return Outcome{.lack = lack};
    }
    if (has_ended(pending)) return ended_before(point, pending);
    if (!held) continue;
    await_bytes(point, pending);
    return Outcome{.running = true};
  }
  return std::nullopt;
}

// Arms the point, has the client come there, and waits for it.
Outcome Performer::stop_at(const StopPoint& point, Pending& pending) {
  if (pending.ended) return *pending.ended;
  if (Outcome cant = arm(point, pending); !cant.obstacle.empty() || !cant.lack.empty()) {
    return cant;
  }
  let_go_elsewhere(point, pending);
  if (!pending.client && !pending.call.valid()) launch(pending);
  if (auto outcome = wait_until_held(point, pending)) return *outcome;
  return {.fault = fmt::format("the client never came to \"{}\"; its last words:\n{}", stop_,
                               last_lines(pending.output, 5))};
}

// A failure is its outcome; and where nothing was swept there is no clean-up to come to.
Outcome Performer::ended_before(const StopPoint& point, Pending& pending) {
  let_go(pending);
  pending.ended = end_of(pending);
  if (pending.ended->failed || std::holds_alternative<CleanUpPoint>(point)) return *pending.ended;
  return {.fault = fmt::format("the client ended well without coming to \"{}\"", stop_)};
}

// What a client has got of a blob it writes by the MiB: the daemon is to have all of that.
void Performer::await_bytes(const StopPoint& point, const Pending& pending) {
  constexpr std::size_t kPart = 1U << 20U;
  const auto* request = std::get_if<HoldPoint>(&point);
  std::size_t bytes = pending.middle;
  if (request && request->in_body) bytes = pending.registry->registry_proxy().held_bytes();
  const auto end = std::chrono::steady_clock::now() + kWriteLimit;
  while (largest_ingest(rig_.daemon(pending.node)) < bytes / kPart * kPart &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(Milliseconds(2));
  }
}

std::optional<std::string> Performer::feed(const InputPoint& point, Pending& pending) {
  if (pending.work.input == "/dev/null") {
    return "a client can be stopped in the middle of what it reads, not of what it writes";
  }
  std::string bytes = bytes_of(pending.work.input);
  const Part part =
      point.digest.empty() ? Part{0, bytes.size() / 2} : first_half_of_member(bytes, point.digest);
  if (part.end == 0) {
    return "the archive has no member with this digest for a name: only an OCI archive's blobs"
           " have, and no document that containerd makes up";
  }
  pending.middle = part.end - part.begin;
  const std::size_t half = part.end;
  pending.input =
      std::make_unique<FedFifo>(pending.output.string() + ".fifo", std::move(bytes), half);
  pending.work.input = pending.input->path();
  return std::nullopt;
}

void Performer::launch(Pending& pending) {
  if (pending.work.words.empty()) {
    pending.api = std::make_unique<Api>(pending.gate->socket());
    pending.call = std::async(std::launch::async,
                              [call = pending.work.call, &pending] { return call(*pending.api); });
    return;
  }
  pending.client = ChildProcess::start(pending.work.words, pending.output, {}, pending.work.input);
  if (pending.input) pending.input->begin();
}

bool Performer::has_ended(Pending& pending) {
  if (pending.client) return !pending.client->running();
  return pending.call.valid() &&
         pending.call.wait_for(Milliseconds(0)) == std::future_status::ready;
}

// How it ended, now that nothing holds it any more.
Outcome Performer::end_of(Pending& pending) {
  if (pending.ended) return *pending.ended;
  if (pending.call.valid()) return outcome_of(pending.call.get());
  const auto code = pending.client->wait(kClientLimit);
  const ProcessResult result{.exit_code = code.value_or(0),
                             .timed_out = !code,
                             .out = {},
                             .err = last_lines(pending.output, 20)};
  return completed(pending.work, result, pending.node);
}

Outcome Performer::sweep(const ScenarioStep& step) {
  auto pending = std::make_unique<Pending>();
  pending->node = step.node;
  pending->verb = step.verb;
  pending->is_sweep = true;
  pending->clean_up = hold_clean_up(rig_.daemon(step.node));
  if (!pending->clean_up) return {.lack = kNoCleanUpHold};
  pending->call = std::async(
      std::launch::async, [&api = rig_.api(step.node)] { return api.collect(kScratchNamespace); });
  Pending& held = *pending_.emplace_back(std::move(pending));
  const auto outcome = wait_until_held(CleanUpPoint{}, held);
  if (!outcome) return {.fault = "the collection never came to its clean-up"};
  if (!outcome->running) forget(held);
  return *outcome;
}

// A swept daemon has its stores locked until it has cleaned up, which it is never to do.
bool Performer::waits_for_clean_up(const ScenarioStep& step) {
  if (step.kind == ActionKind::kKillClient || step.kind == ActionKind::kKillDaemon) return false;
  if (step.operation && step.operation->place != Place::kNode) return false;
  const Pending* resumed = step.kind == ActionKind::kResume ? find_pending(step.handle) : nullptr;
  const Daemon& daemon = rig_.daemon(resumed ? resumed->node : step.node);
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& each) {
    return each->is_sweep && each->clean_up &&
           (step.kind == ActionKind::kAdvance || &rig_.daemon(each->node) == &daemon);
  });
}

Outcome Performer::kill_daemon(const ScenarioStep& step) {
  rig_.daemon(step.node).kill();
  // Its clients notice, and nobody waits for their blobs any more.
  for (auto& pending : pending_) {
    if (pending->node != step.node) continue;
    if (std::exchange(pending->holds_registry, false)) pending->registry->registry_proxy().drop();
    let_go(*pending);
    if (pending->client) pending->client->wait(kClientLimit);
    if (pending->call.valid()) pending->call.wait();
  }
  return {};
}

Outcome Performer::kill_client(const ScenarioStep& step) {
  Pending* pending = find_pending(step.handle);
  if (!pending) return {.obstacle = "its operation was not started"};
  drop(*pending);
  forget(*pending);
  return {};
}

Outcome Performer::resume(const ScenarioStep& step) {
  Pending* pending = find_pending(step.handle);
  if (!pending) return {.obstacle = "its operation was not started"};
  if (!stop_.empty())
    return stop_at(stop_point(stop_, pending->verb == "ingest", rig_.names()), *pending);
  let_go(*pending);
  const Outcome outcome = end_of(*pending);
  forget(*pending);
  return outcome;
}

}  // namespace sweepcheck
