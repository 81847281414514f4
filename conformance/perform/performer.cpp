#include "conformance/perform/performer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sweepcheck {
namespace {

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

Outcome Performer::perform(const ScenarioStep& step, const std::string& stop) {
  stop_ = stop;
  if (waits_for_clean_up(step)) {
    return {.obstacle =
                "after a collection of metadata only the daemon would wait for its clean-up:"
                " it can only be killed"};
  }
  switch (step.kind) {
    case ActionKind::kOperation:
      return operation(step);
    case ActionKind::kCollect:
      if (step.metadata_only) return sweep(step);
      return outcome_of(rig_.api(step.node).collect(kScratchNamespace));
    case ActionKind::kAdvance:
      return advance(step);
    case ActionKind::kRestart:
      return restart(step);
    case ActionKind::kResume:
      return resume(step);
    case ActionKind::kKillClient:
      return kill_client(step);
    case ActionKind::kKillDaemon:
      return kill_daemon(step);
  }
  return {};
}

Outcome Performer::operation(const ScenarioStep& step) {
  const Verb verb = find_verb(step.operation->name);
  if (!verb) return {.obstacle = fmt::format("no real {} yet", step.operation->name)};
  const Arguments arguments(step, rig_.names());
  if (step.operation->place == Place::kRegistry) {
    const std::string subject = arguments.subject();
    const std::string host = subject.substr(0, subject.find('/'));
    if (!rig_.registry(host)) return {.obstacle = "there is no registry " + host};
  }
  return (this->*verb)(step, arguments);
}

Outcome Performer::restart(const ScenarioStep& step) {
  Daemon& daemon = rig_.daemon(step.node);
  if (auto fault = daemon.restart(step.policy ? *step.policy : daemon.policy())) {
    return {.fault = *fault};
  }
  rig_.reconnect(step.node);
  return {};
}

Performer::Words Performer::ctr(const ScenarioStep& step, const Words& words) {
  Words out{rig_.containerd().ctr.string(), "--address", rig_.daemon(step.node).socket(),
            "--namespace=" + namespace_of(step)};
  out.insert(out.end(), words.begin(), words.end());
  // With "--", ctr 1.x takes a flag that it doesn't know for a name, instead of saying so.
  const auto names = std::find(out.begin(), out.end(), kNamesFollow);
  if (names == out.end()) return out;
  const bool looks_like_flag = std::any_of(names + 1, out.end(), [](const std::string& word) {
    return word.starts_with('-') && word != "-";
  });
  if (!looks_like_flag) out.erase(names);
  return out;
}

Outcome Performer::run(const ScenarioStep& step, Work work) {
  if (!stop_.empty()) return start(step, std::move(work));
  if (work.call) return outcome_of(work.call(rig_.api(step.node)));
  return completed(work, run_process(work.words, kClientLimit, work.input), step.node);
}

// Its program has ended: what follows where it ended well.
Outcome Performer::completed(const Work& work, const ProcessResult& result,
                             const std::string& node) {
  const Outcome outcome = outcome_of(result);
  if (outcome.failed || !outcome.fault.empty() || !work.afterwards) return outcome;
  return outcome_of(work.afterwards(rig_.api(node)));
}

Outcome Performer::run_ctr(const ScenarioStep& step, const Words& words,
                           const std::filesystem::path& input,
                           std::function<CallStatus(Api&)> afterwards) {
  return run(step,
             {.words = ctr(step, words), .input = input, .afterwards = std::move(afterwards)});
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
    outcome.fault = fmt::format("the client did not end within {} s", kClientLimit.count());
    return outcome;
  }
  outcome.failed = result.exit_code != 0;
  outcome.out = rig_.display(result.out);
  if (outcome.failed) outcome.error = rig_.display(plain_error(result.err));
  return outcome;
}

CallContext Performer::context_of(const ScenarioStep& step, const Arguments& arguments) {
  return {namespace_of(step), rig_.names().resolve(arguments.text("lease"))};
}

bool Performer::by_transfer(const Arguments& arguments) const {
  const auto local = arguments.option("local");
  return local ? !*local : rig_.profile().ctr_engine == Engine::kTransfer;
}

std::string Performer::snapshotter_of(const Arguments& arguments) const {
  const std::string chosen = arguments.text("snapshotter");
  return chosen.empty() ? "overlayfs" : chosen;
}

}  // namespace sweepcheck
