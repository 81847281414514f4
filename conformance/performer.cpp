#include "conformance/performer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <utility>

namespace sweepcheck {
namespace {

constexpr Milliseconds kClientLimit{20'000};
constexpr Milliseconds kHoldLimit{10'000};

// "ctr: rpc error: code = NotFound desc = image ..." says no more than "image ...".
std::string plain_error(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t last = text.rfind("ctr: ");
  if (last != std::string::npos) text = text.substr(last + 5);
  constexpr std::string_view kDescription = "desc = ";
  if (text.starts_with("rpc error: ")) {
    const std::size_t at = text.find(kDescription);
    if (at != std::string::npos) text = text.substr(at + kDescription.size());
  }
  return text;
}

}  // namespace

// A client that was stopped in the middle of something.
struct Performer::Pending {
  std::string handle;
  std::string node;
  std::string host;
  std::optional<ChildProcess> client;
  std::filesystem::path output;
  /// Of a CRI call.
  std::future<CallStatus> call;
};

Performer::Performer(Rig& rig) : rig_(rig) {}

Performer::~Performer() {
  for (auto& pending : pending_) {
    if (RegistryServer* registry = rig_.registry(pending->host)) {
      registry->pass_through().release();
    }
    if (pending->client) pending->client->kill();
  }
}

const Argument* Arguments::find(std::string_view name) const {
  for (const Argument& argument : step_.arguments) {
    if (argument.parameter->name == name) return &argument;
  }
  return nullptr;
}

std::string Arguments::resolved(const Argument& argument, const std::string& text) const {
  const ParameterType type = argument.parameter->type;
  const bool aliased = type == ParameterType::kReference || type == ParameterType::kObject ||
                       type == ParameterType::kReferences;
  return aliased ? names_.resolve(text) : text;
}

std::string Arguments::subject() const {
  const Argument& first = step_.arguments.front();
  const auto* value = std::get_if<std::string>(&first.value);
  return value ? resolved(first, *value) : std::string();
}

bool Arguments::flag(std::string_view name) const { return option(name).value_or(false); }

std::optional<bool> Arguments::option(std::string_view name) const {
  const Argument* argument = find(name);
  if (!argument) return std::nullopt;
  return std::get<bool>(argument->value);
}

std::string Arguments::text(std::string_view name) const {
  const Argument* argument = find(name);
  return argument ? resolved(*argument, std::get<std::string>(argument->value)) : std::string();
}

std::int64_t Arguments::number(std::string_view name) const {
  const Argument* argument = find(name);
  return argument ? std::get<std::int64_t>(argument->value) : 0;
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  const Argument* argument = find(name);
  std::vector<std::string> out;
  if (!argument) return out;
  for (const std::string& text : std::get<std::vector<std::string>>(argument->value)) {
    out.push_back(resolved(*argument, text));
  }
  return out;
}

TextPairs Arguments::labels() const {
  TextPairs out;
  const Argument* argument = find("labels");
  if (!argument) return out;
  for (const auto& [key, value] : std::get<LabelMap>(argument->value)) {
    out.emplace_back(key, names_.resolve(value));
  }
  return out;
}

Performer::Verb Performer::find_verb(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Verb>, 47> kVerbs{{
      {"pull", &Performer::pull},
      {"fetch", &Performer::fetch},
      {"import", &Performer::import},
      {"export", &Performer::export_images},
      {"push", &Performer::push},
      {"tag", &Performer::tag},
      {"remove-image", &Performer::remove_image},
      {"label-image", &Performer::label_image},
      {"check", &Performer::check},
      {"usage", &Performer::usage},
      {"prune-images", &Performer::prune_images},
      {"convert", &Performer::convert},
      {"mount", &Performer::mount},
      {"unmount", &Performer::unmount},
      {"unpack", &Performer::unpack},
      {"ingest", &Performer::ingest},
      {"label-content", &Performer::label_content},
      {"remove-content", &Performer::remove_content},
      {"prune-references", &Performer::prune_references},
      {"remove-file", &Performer::remove_file},
      {"remove-directories", &Performer::remove_directories},
      {"add-file", &Performer::add_file},
      {"prepare-snapshot", &Performer::prepare_snapshot},
      {"view-snapshot", &Performer::view_snapshot},
      {"commit-snapshot", &Performer::commit_snapshot},
      {"remove-snapshot", &Performer::remove_snapshot},
      {"label-snapshot", &Performer::label_snapshot},
      {"create-lease", &Performer::create_lease},
      {"delete-lease", &Performer::delete_lease},
      {"add-resource", &Performer::add_resource},
      {"remove-resource", &Performer::remove_resource},
      {"create-container", &Performer::create_container},
      {"start-container", &Performer::start_container},
      {"stop-container", &Performer::stop_container},
      {"remove-container", &Performer::remove_container},
      {"run-sandbox", &Performer::run_sandbox},
      {"remove-sandbox", &Performer::remove_sandbox},
      {"label-container", &Performer::label_container},
      {"label-namespace", &Performer::label_namespace},
      {"delete-namespace", &Performer::delete_namespace},
      {"seed-registry", &Performer::seed_registry},
      {"delete-tag", &Performer::delete_tag},
      {"delete-manifest", &Performer::delete_manifest},
      {"delete-repository", &Performer::delete_repository},
      {"collect-registry", &Performer::collect_registry},
      {"stop-registry", &Performer::stop_registry},
      {"start-registry", &Performer::start_registry},
  }};
  const auto found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == kVerbs.end() ? nullptr : found->second;
}

Outcome Performer::perform(const ScenarioStep& step) {
  switch (step.kind) {
    case ScenarioStepKind::kOperation:
      return operation(step);
    case ScenarioStepKind::kCollect:
      if (step.metadata_only) {
        return {.obstacle = "a daemon can't be stopped between sweep and clean-up"};
      }
      return outcome_of(rig_.api(step.node).collect(kScratchNamespace));
    case ScenarioStepKind::kAdvance:
      return advance(step);
    case ScenarioStepKind::kRestart:
      return restart(step);
    case ScenarioStepKind::kResume:
      return resume(step);
    case ScenarioStepKind::kKill:
      return kill(step);
  }
  return {};
}

Outcome Performer::operation(const ScenarioStep& step) {
  const Verb verb = find_verb(step.operation->name);
  if (!verb) return {.obstacle = fmt::format("no real {} yet", step.operation->name)};
  constexpr std::array kStoppable{"pull", "fetch", "push"};
  const bool can_stop =
      std::find(kStoppable.begin(), kStoppable.end(), step.operation->name) != kStoppable.end();
  if (!step.until.empty() && !can_stop) {
    return {.obstacle = fmt::format("a real {} can't be stopped at a step", step.operation->name)};
  }
  return (this->*verb)(step, Arguments(step, rig_.names()));
}

Outcome Performer::restart(const ScenarioStep& step) {
  Daemon& daemon = rig_.daemon(step.node);
  if (auto fault = daemon.restart(step.policy ? *step.policy : daemon.policy())) {
    return {.fault = *fault};
  }
  rig_.reconnect(step.node);
  return {};
}

// A registry sees where a client is in the middle of a blob, and before some requests. Nothing: it
// can't tell this step from others.
std::optional<HoldPoint> Performer::hold_point(const std::string& until) {
  const std::size_t space = until.rfind(' ');
  if (space == std::string::npos) return std::nullopt;
  const std::string what = until.substr(0, space);
  const std::string subject = until.substr(space + 1);
  if (what == "put manifest" && subject == "*") {
    return HoldPoint{.method = "PUT", .path_part = "/manifests/", .in_body = false};
  }
  if (subject.ends_with('*')) return std::nullopt;
  const std::string digest = rig_.names().resolve(subject);
  if (what == "put manifest") {
    return HoldPoint{.method = "PUT", .path_part = "/manifests/" + digest, .in_body = false};
  }
  if (what == "get content") return HoldPoint{.path_part = "/" + digest, .in_body = false};
  if (what == "write content") return HoldPoint{.path_part = "/" + digest};
  return std::nullopt;
}

// Stops the client where the registry sees it.
Outcome Performer::start(const ScenarioStep& step, const Words& words, bool by_cri,
                         const std::string& reference) {
  const std::optional<HoldPoint> point = hold_point(step.until);
  if (!point) return {.obstacle = "a real client can only be stopped where its registry sees it"};
  const std::string host = reference.substr(0, reference.find('/'));
  RegistryServer* registry = rig_.registry(host);
  if (!registry) return {.obstacle = "there is no registry " + host};
  registry->pass_through().hold(*point);
  auto pending = std::make_unique<Pending>();
  pending->handle = step.handle;
  pending->node = step.node;
  pending->host = host;
  pending->output =
      rig_.daemon(step.node).root().parent_path() / fmt::format("client-{}", pending_.size());
  if (by_cri) {
    Api& api = rig_.api(step.node);
    pending->call =
        std::async(std::launch::async, [&api, reference] { return api.cri_pull(reference); });
  } else {
    pending->client = ChildProcess::start(ctr(step, words), pending->output);
  }
  const bool held = registry->pass_through().wait_until_held(kHoldLimit);
  pending_.push_back(std::move(pending));
  if (!held) return {.fault = "the client never came to " + rig_.display(point->path_part)};
  return {.running = true};
}

Outcome Performer::kill(const ScenarioStep& step) {
  if (step.kill_daemon) {
    rig_.daemon(step.node).kill();
    // Its clients notice, and nobody waits for their blobs any more.
    for (auto& pending : pending_) {
      if (pending->node != step.node) continue;
      rig_.registry(pending->host)->pass_through().release();
      if (pending->client) pending->client->wait(kClientLimit);
      if (pending->call.valid()) pending->call.wait();
    }
    return {};
  }
  for (auto& pending : pending_) {
    if (pending->handle != step.handle) continue;
    if (!pending->client) return {.obstacle = "a CRI client's death is its deadline"};
    pending->client->kill();
    rig_.registry(pending->host)->pass_through().release();
    return {};
  }
  return {.obstacle = "its operation was not started"};
}

Outcome Performer::resume(const ScenarioStep& step) {
  if (!step.until.empty() || step.step_count > 0) {
    return {.obstacle = "a real client can't be stopped twice"};
  }
  for (auto& pending : pending_) {
    if (pending->handle != step.handle) continue;
    rig_.registry(pending->host)->pass_through().release();
    if (pending->call.valid()) return outcome_of(pending->call.get());
    const auto code = pending->client->wait(kClientLimit);
    ProcessResult result{.exit_code = code.value_or(0),
                         .timed_out = !code,
                         .out = {},
                         .err = last_lines(pending->output, 20)};
    return outcome_of(result);
  }
  return {.obstacle = "its operation was not started"};
}

Performer::Words Performer::ctr(const ScenarioStep& step, const Words& words) {
  Words out{rig_.containerd().ctr.string(), "--address", rig_.daemon(step.node).socket(),
            "--namespace", namespace_of(step)};
  out.insert(out.end(), words.begin(), words.end());
  return out;
}

Outcome Performer::run_ctr(const ScenarioStep& step, const Words& words,
                           const std::filesystem::path& input) {
  return outcome_of(run_process(ctr(step, words), kClientLimit, input));
}

Outcome Performer::outcome_of(const CallStatus& status) {
  Outcome outcome;
  constexpr int kDeadlineExceeded = 4;
  if (status.code == kDeadlineExceeded) outcome.fault = "the daemon did not answer within 30 s";
  outcome.failed = !status;
  outcome.error = rig_.display(status.message);
  return outcome;
}

Outcome Performer::outcome_of(const ProcessResult& result) {
  Outcome outcome;
  if (result.timed_out) {
    outcome.fault = "the client did not end within 20 s";
    return outcome;
  }
  outcome.failed = result.exit_code != 0;
  outcome.out = rig_.display(result.out);
  if (outcome.failed) outcome.error = rig_.display(plain_error(result.err));
  return outcome;
}

CallContext Performer::context_of(const ScenarioStep& step, const Arguments& arguments) {
  return {namespace_of(step), arguments.text("lease")};
}

std::string Performer::snapshotter_of(const Arguments& arguments) const {
  const std::string chosen = arguments.text("snapshotter");
  return chosen.empty() ? "overlayfs" : chosen;
}

}  // namespace sweepcheck
