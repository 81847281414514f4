#include "replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "input/digest.hpp"
#include "replay/declared_world.hpp"
#include "replay/expectations.hpp"
#include "replay/scenario_request.hpp"
#include "replay/trace.hpp"

namespace sweepcheck {
namespace {

Finding property_finding(const ScenarioStep& step, std::string_view property, std::string message) {
  return {Finding::Kind::kProperty, std::string(property), std::move(message), step.place.line,
          step.place.pointer};
}

Happening happening_of(const ScenarioStep& step) {
  switch (step.kind) {
    case ScenarioStepKind::kCollect:
      return Happening::kCollection;
    case ScenarioStepKind::kAdvance:
      return Happening::kTime;
    case ScenarioStepKind::kRestart:
      return Happening::kRestart;
    case ScenarioStepKind::kKill:
      return Happening::kKill;
    default:
      return Happening::kOperation;
  }
}

}  // namespace

Replay::Replay(const Scenario& scenario, ReplayOptions options)
    : scenario_(scenario),
      options_(std::move(options)),
      catalog_(
          std::make_unique<Catalog>([](std::string_view bytes) { return sha256_digest(bytes); })),
      world_(std::make_unique<World>(*catalog_)) {
  build();
}

Replay::~Replay() = default;

void Replay::build_policies() {
  for (const ScenarioNode& declared : scenario_.nodes) {
    Policy policy = declared.policy;
    if (options_.policy) replace_policy(*options_.policy, policy);
    for (const auto& [key, value] : options_.settings) {
      const std::string error = set_policy_key(policy, key, value);
      SWEEPCHECK_BELIEVE(error.empty(), "settings are checked before a replay");
    }
    policies_.push_back(std::make_unique<Policy>(std::move(policy)));
  }
}

void Replay::build() {
  build_policies();
  for (const auto& [name, image] : scenario_.images) catalog_->add_image(image);
  for (std::size_t i = 0; i < scenario_.nodes.size(); ++i) {
    Node node;
    node.profile = options_.profile;
    node.policy = policies_[i].get();
    world_->nodes.push_back(std::move(node));
    world_->node_names.push_back(catalog_->intern(scenario_.nodes[i].name));
    world_->start_daemon(static_cast<NodeId>(i));
  }
  declare_registries(scenario_, *world_);
  declare_archives(scenario_, *world_);
  for (const auto& [name, image] : scenario_.images) {
    images_.push_back(catalog_->find_blob(catalog_->intern(image.target().digest)));
  }
  world_->records_collections = true;
  judge_ = std::make_unique<Judge>(options_.properties);
  judge_->begin(*world_, images_);
}

bool Replay::applies(const std::vector<std::string>& profiles) const {
  return profiles.empty() ||
         std::find(profiles.begin(), profiles.end(), options_.profile->name) != profiles.end();
}

NodeId Replay::node_of(const std::string& name) const {
  for (std::size_t i = 0; i < scenario_.nodes.size(); ++i) {
    if (scenario_.nodes[i].name == name) return static_cast<NodeId>(i);
  }
  return static_cast<NodeId>(0);
}

Replay::Handle* Replay::find_handle(const std::string& name) {
  for (auto handle = handles_.rbegin(); handle != handles_.rend(); ++handle) {
    if ((*handle)->name == name) return handle->get();
  }
  return nullptr;
}

ScenarioResult Replay::run() {
  ScenarioResult result;
  result.about = scenario_.about;
  result.profile = std::string(options_.profile->name);
  int number = 0;
  for (const ScenarioStep& step : scenario_.steps) {
    ++number;
    if (options_.last_step > 0 && static_cast<std::size_t>(number) > options_.last_step) break;
    if (!applies(step.profiles)) continue;
    result.steps.push_back(perform(step, number));
  }
  if (options_.last_step == 0) {
    judge_->end();
    StepResult end;
    report_refutations(end);
    result.findings = std::move(end.findings);
    StepFacts facts{static_cast<NodeId>(0), catalog_->intern("default"), 0, {}};
    if (!scenario_.steps.empty()) {
      const ScenarioStep& last = scenario_.steps.back();
      facts.node = node_of(last.node);
    }
    for (const Expectation& expectation : scenario_.expectations) {
      if (!applies(expectation.profiles)) continue;
      expectation_count_ +=
          check_expectation(*world_, scenario_, expectation, facts, result.findings);
    }
  }
  const bool failed = !result.findings.empty() ||
                      std::any_of(result.steps.begin(), result.steps.end(),
                                  [](const StepResult& step) { return !step.findings.empty(); });
  result.verdict = failed ? Verdict::kFailed : Verdict::kHeld;
  return result;
}

StepResult Replay::perform(const ScenarioStep& step, int number) {
  StepResult result;
  result.number = number;
  result.line = step.place.line;
  result.text = step_text(step);
  for (Registry& registry : world_->registries) registry.log.clear();
  world_->collections.clear();
  collections_before_ = world_->collection_count;
  output_.clear();
  judged_ = nullptr;
  judge_->before_step();
  switch (step.kind) {
    case ScenarioStepKind::kOperation:
      perform_operation(step, result);
      break;
    case ScenarioStepKind::kCollect:
      collect(node_of(step.node), step.metadata_only, result);
      break;
    case ScenarioStepKind::kAdvance:
      watch(result, "time passes", [&] { world_->advance(step.duration); });
      break;
    case ScenarioStepKind::kRestart:
      watch(result, "restart", [&] { perform_restart(step); });
      break;
    case ScenarioStepKind::kResume:
      perform_resume(step, result);
      break;
    case ScenarioStepKind::kKill:
      perform_kill(step, result);
      break;
  }
  judge_->after_step(happening_of(step), judged_);
  report_refutations(result);
  StepFacts facts{node_of(step.node),
                  catalog_->intern(namespace_of(step)),
                  world_->collection_count - collections_before_,
                  {}};
  for (const StringId line : output_) facts.output.push_back(catalog_->display(line));
  for (const Expectation& expectation : step.expectations) {
    if (!applies(expectation.profiles)) continue;
    expectation_count_ +=
        check_expectation(*world_, scenario_, expectation, facts, result.findings);
  }
  return result;
}

void Replay::watch(StepResult& result, const std::string& cause,
                   const std::function<void()>& action) {
  if (!options_.trace) {
    action();
    return;
  }
  std::vector<State> before;
  for (const Node& node : world_->nodes) before.push_back(node.state);
  const Time before_now = world_->now;
  const std::size_t first_collection = world_->collections.size();
  action();
  for (std::size_t i = 0; i < world_->nodes.size(); ++i) {
    std::vector<ObjectId> swept;
    for (std::size_t c = first_collection; c < world_->collections.size(); ++c) {
      const CollectionRecord& record = world_->collections[c];
      if (record.node != static_cast<NodeId>(i)) continue;
      // What the action did before it collected has cut paths, too: a deletion, or time.
      note_cuts(*catalog_, *options_.profile, before[i], before_now, record.before, record.at,
                cause, cut_);
      swept.insert(swept.end(), record.swept.begin(), record.swept.end());
    }
    const State& after = world_->nodes[i].state;
    const auto lines = describe_changes(*catalog_, before[i], after, swept, cut_);
    for (const std::string& line : lines) {
      const std::string where =
          world_->nodes.size() > 1 ? catalog_->text(world_->node_names[i]) + ": " : std::string{};
      result.changes.push_back(where + line);
    }
    note_cuts(*catalog_, *options_.profile, before[i], before_now, after, world_->now, cause, cut_);
  }
}

void Replay::drive(Operation& operation, const std::string& until, std::int64_t limit,
                   StepResult& result) {
  std::int64_t performed = 0;
  while (operation.running()) {
    const std::string next = next_step(*world_, operation);
    if (!until.empty() && matches_pattern(next, until)) return;
    if (limit > 0 && performed == limit) return;
    if (options_.trace) result.changes.push_back("> " + next);
    const std::size_t first = result.changes.size();
    watch(result, fmt::format("step {}, {}", result.number, next),
          [&] { sweepcheck::perform(*world_, operation); });
    for (std::size_t i = first; i < result.changes.size(); ++i) {
      result.changes[i].insert(0, "  ");
    }
    ++performed;
  }
}

std::string Replay::next_step_of(const std::string& handle) {
  Handle* found = find_handle(handle);
  return found ? next_step(*world_, found->operation) : std::string();
}

bool Replay::awaits_step(NodeId node, std::string_view step) {
  return std::any_of(handles_.begin(), handles_.end(), [&](const auto& handle) {
    return handle->operation.request.node == node && next_step(*world_, handle->operation) == step;
  });
}

void Replay::judge_outcome(const ScenarioStep& step, const Operation& operation,
                           StepResult& result) {
  const ExpectedFailure* expected = nullptr;
  for (const ExpectedFailure& candidate : step.fails) {
    if (applies(candidate.profiles)) expected = &candidate;
  }
  if (operation.failure) {
    result.error_class = std::string(error_class_name(operation.failure.error_class));
    result.error_text = failure_text(*catalog_, operation.failure);
  }
  ++expectation_count_;
  const auto fail = [&](const FilePlace& place, std::string message) {
    result.findings.push_back(
        {Finding::Kind::kExpectation, "", std::move(message), place.line, place.pointer});
  };
  if (!expected) {
    if (operation.failure) {
      fail(step.place, fmt::format("should succeed, but fails with {}: {}", result.error_class,
                                   result.error_text));
    }
    return;
  }
  if (!operation.failure) {
    fail(expected->place,
         operation.running() ? "should fail, but is not finished" : "should fail, but succeeds");
    return;
  }
  if (!expected->error_class.empty() && expected->error_class != result.error_class) {
    fail(expected->place,
         fmt::format("should fail with {}, but fails with {}: {}", expected->error_class,
                     result.error_class, result.error_text));
  } else if (!expected->text.empty() && !matches_pattern(result.error_text, expected->text)) {
    fail(expected->place, fmt::format("should fail with \"{}\", but fails with \"{}\"",
                                      expected->text, result.error_text));
  }
}

void Replay::perform_operation(const ScenarioStep& step, StepResult& result) {
  auto handle = std::make_unique<Handle>();
  handle->name = step.handle;
  handle->number = static_cast<std::uint32_t>(handles_.size()) + 1;
  if (!step.until.empty()) judge_->operation_begins(handle->number);
  Request request = make_request(*catalog_, step, node_of(step.node));
  watch(result, fmt::format("step {}, {}", result.number, step.verb),
        [&] { handle->operation = begin(*world_, std::move(request)); });
  drive(handle->operation, step.until, 0, result);
  const bool failure_is_expected =
      std::any_of(step.fails.begin(), step.fails.end(),
                  [&](const ExpectedFailure& expected) { return applies(expected.profiles); });
  if (!handle->operation.running() || failure_is_expected) {
    judge_outcome(step, handle->operation, result);
  }
  output_ = handle->operation.output;
  judged_ = &handle->operation;
  if (!step.until.empty() && !handle->operation.running()) {
    result.findings.push_back(
        {Finding::Kind::kExpectation, "",
         "should stop before \"" + step.until + "\", but never comes to such a step",
         step.place.line, step.place.pointer});
  }
  handles_.push_back(std::move(handle));
}

// What has ended does nothing more, and was judged then.
void Replay::resume_judging(const Handle& handle) {
  if (!handle.operation.running()) return;
  judge_->operation_resumes(handle.number);
  judged_ = &handle.operation;
}

void Replay::perform_resume(const ScenarioStep& step, StepResult& result) {
  Handle* handle = find_handle(step.handle);
  SWEEPCHECK_BELIEVE(handle != nullptr, "the reader lets only known handles through");
  resume_judging(*handle);
  drive(handle->operation, step.until, step.step_count, result);
  if (!handle->operation.running()) judge_outcome(step, handle->operation, result);
  output_ = handle->operation.output;
}

void Replay::perform_kill(const ScenarioStep& step, StepResult& result) {
  if (step.kill_daemon) {
    watch(result, "kill of the daemon", [&] {
      for (auto& handle : handles_) {
        if (handle->operation.request.node == node_of(step.node)) {
          sweepcheck::kill_daemon(handle->operation);
        }
      }
      world_->node(node_of(step.node)).running = false;
    });
    return;
  }
  Handle* handle = find_handle(step.handle);
  SWEEPCHECK_BELIEVE(handle != nullptr, "the reader lets only known handles through");
  resume_judging(*handle);
  watch(result, "kill of the client", [&] { kill_client(*world_, handle->operation); });
}

void Replay::perform_restart(const ScenarioStep& step) {
  const NodeId id = node_of(step.node);
  for (auto& handle : handles_) {
    if (handle->operation.request.node == id) sweepcheck::kill_daemon(handle->operation);
  }
  if (step.policy) {
    Policy policy = *world_->node(id).policy;
    copy_policy_keys(*step.policy, step.policy_keys, policy);
    for (const auto& [key, value] : options_.settings) {
      static_cast<void>(set_policy_key(policy, key, value));
    }
    policies_.push_back(std::make_unique<Policy>(std::move(policy)));
    world_->node(id).policy = policies_.back().get();
  }
  world_->start_daemon(id);
  // A restarted daemon collects once, after its startup delay; silenced ones do not.
}

void Replay::collect(NodeId node, bool metadata_only, StepResult& result) {
  if (!world_->node(node).running) {
    result.findings.push_back({Finding::Kind::kExpectation, "",
                               "nothing can collect: the daemon is not running", result.line, ""});
    return;
  }
  watch(result, "collection", [&] {
    if (metadata_only) {
      world_->collect_metadata(node);
    } else {
      world_->collect(node);
    }
  });
}

void Replay::report_refutations(StepResult& result) {
  ScenarioStep place;
  place.place.line = result.line;
  for (const Refutation& refutation : judge_->refutations()) {
    result.findings.push_back(
        property_finding(place, refutation.property->name, refutation.message));
    ++refutation_count_;
  }
  judge_->forget_refutations();
}

}  // namespace sweepcheck
