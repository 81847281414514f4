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

// `--set KEY=VALUE`, which outweighs what a file says.
void apply_settings(const std::vector<std::pair<std::string, std::string>>& settings,
                    Policy& policy) {
  for (const auto& [key, value] : settings) {
    const std::string error = set_policy_key(policy, key, value);
    SWEEPCHECK_BELIEVE(error.empty(), "settings are checked before a replay");
  }
}

Finding property_finding(const ScenarioStep& step, std::string_view property, std::string message) {
  return {Finding::Kind::kProperty, std::string(property), std::move(message), step.place.line,
          step.place.pointer};
}

}  // namespace

Replay::Replay(const Scenario& scenario, ReplayOptions options)
    : scenario_(scenario),
      options_(std::move(options)),
      catalog_(
          std::make_unique<Catalog>([](std::string_view bytes) { return sha256_digest(bytes); })),
      simulation_(std::make_unique<Simulation>(*catalog_)) {
  build();
}

Replay::~Replay() = default;

void Replay::build() {
  for (const auto& [name, image] : scenario_.images) catalog_->add_image(image);
  for (const ScenarioNode& declared : scenario_.nodes) {
    Policy policy = declared.policy;
    if (options_.policy) replace_policy(*options_.policy, policy);
    apply_settings(options_.settings, policy);
    simulation_->add_node(declared.name, *options_.profile, policy);
  }
  World& world = simulation_->world();
  declare_registries(scenario_, world);
  declare_archives(scenario_, world);
  intern_expected_names(scenario_, *catalog_);
  for (const auto& [name, image] : scenario_.images) {
    images_.push_back(catalog_->find_blob(catalog_->intern(image.target().digest)));
  }
  world.records_collections = true;
  judge_ = std::make_unique<Judge>(options_.properties);
  judge_->begin(world, images_);
}

bool Replay::applies(const std::vector<std::string>& profiles) const {
  return profiles.empty() || names_profile(profiles, *options_.profile);
}

NodeId Replay::node_of(const std::string& name) const {
  for (std::size_t i = 0; i < scenario_.nodes.size(); ++i) {
    if (scenario_.nodes[i].name == name) return static_cast<NodeId>(i);
  }
  return static_cast<NodeId>(0);
}

FlightId Replay::flight_of(const std::string& handle) const {
  for (std::size_t i = handles_.size(); i > 0; --i) {
    if (handles_[i - 1] == handle) return static_cast<FlightId>(i);
  }
  return kNoFlight;
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
          check_expectation(world(), scenario_, expectation, facts, result.findings);
    }
  }
  const bool failed = !result.findings.empty() ||
                      std::any_of(result.steps.begin(), result.steps.end(),
                                  [](const StepResult& step) { return !step.findings.empty(); });
  result.verdict = failed ? Verdict::kFailed : Verdict::kHeld;
  return result;
}

// Tells the judge what the simulation says, and writes the trace: each change of the stores, and
// where an object's last path from a root was cut.
class Replay::Watcher final : public SimulationListener {
 public:
  Watcher(Replay& replay, const ScenarioStep& step, StepResult& result)
      : replay_(replay), step_(step), result_(result) {}

  void action_begins(const Action& action) override { replay_.judge_->action_begins(action); }
  // What only has a handle, and no stop, is judged as any operation that ends in its own step.
  void operation_begins(FlightId flight) override {
    if (!step_.until.empty()) replay_.judge_->operation_begins(flight);
  }
  void operation_resumes(FlightId flight) override { replay_.judge_->operation_resumes(flight); }

  bool watches_changes() const override { return replay_.options_.trace; }
  void before_change(const Action& action, const Operation* operation) override;
  void after_change() override;

 private:
  const World& world() const { return replay_.world(); }
  std::string cause_of(const Action& action, const Operation* operation) const;

  Replay& replay_;
  const ScenarioStep& step_;
  StepResult& result_;
  std::string cause_;
  std::string indent_;
  std::vector<State> before_;
  Time before_now_ = 0;
  std::size_t first_collection_ = 0;
};

std::string Replay::Watcher::cause_of(const Action& action, const Operation* operation) const {
  switch (action.kind) {
    case ActionKind::kOperation:
    case ActionKind::kResume:
      return fmt::format("step {}, {}", result_.number,
                         operation ? next_step(world(), *operation) : step_.verb);
    case ActionKind::kCollect:
      return "collection";
    case ActionKind::kAdvance:
      return "time passes";
    case ActionKind::kRestart:
      return "restart";
    case ActionKind::kKillClient:
      return "kill of the client";
    case ActionKind::kKillDaemon:
      return "kill of the daemon";
  }
  return {};
}

void Replay::Watcher::before_change(const Action& action, const Operation* operation) {
  cause_ = cause_of(action, operation);
  indent_ = operation ? "  " : "";
  if (operation) result_.changes.push_back("> " + next_step(world(), *operation));
  before_.clear();
  for (const Node& node : world().nodes) before_.push_back(node.state);
  before_now_ = world().now;
  first_collection_ = world().collections.size();
}

void Replay::Watcher::after_change() {
  const Catalog& catalog = *replay_.catalog_;
  const Profile& profile = *replay_.options_.profile;
  for (std::size_t i = 0; i < world().nodes.size(); ++i) {
    std::vector<ObjectId> swept;
    for (std::size_t c = first_collection_; c < world().collections.size(); ++c) {
      const CollectionRecord& record = world().collections[c];
      if (record.node != static_cast<NodeId>(i)) continue;
      // What the action did before it collected has cut paths, too: a deletion, or time.
      note_cuts(catalog, profile, before_[i], before_now_, record.before, record.at, cause_,
                replay_.cut_);
      swept.insert(swept.end(), record.swept.begin(), record.swept.end());
    }
    const State& after = world().nodes[i].state;
    const std::string where =
        world().nodes.size() > 1 ? catalog.text(world().node_names[i]) + ": " : std::string{};
    for (const std::string& line :
         describe_changes(catalog, before_[i], after, swept, replay_.cut_)) {
      result_.changes.push_back(indent_ + where + line);
    }
    note_cuts(catalog, profile, before_[i], before_now_, after, world().now, cause_, replay_.cut_);
  }
}

// The action that a step means. An operation is kept that has a handle or may stop.
Action Replay::action_of(const ScenarioStep& step) {
  Action action{.kind = step.kind,
                .node = node_of(step.node),
                .until = step.until,
                .metadata_only = step.metadata_only,
                .duration = step.duration};
  if (step.step_count > 0) action.step_count_max = static_cast<std::uint32_t>(step.step_count);
  if (step.kind == ActionKind::kOperation) {
    request_ = make_request(*catalog_, step, action.node);
    action.request = &request_;
    if (!step.handle.empty() || !step.until.empty()) {
      handles_.push_back(step.handle);
      action.flight = static_cast<FlightId>(handles_.size());
    }
  } else if (step.kind == ActionKind::kResume || step.kind == ActionKind::kKillClient) {
    action.flight = flight_of(step.handle);
    SWEEPCHECK_BELIEVE(action.flight != kNoFlight, "the reader lets only known handles through");
  } else if (step.kind == ActionKind::kRestart && step.policy) {
    Policy policy = *world().node(action.node).policy;
    copy_policy_keys(*step.policy, step.policy_keys, policy);
    apply_settings(options_.settings, policy);
    action.policy = catalog_->policy(policy);
  }
  return action;
}

StepResult Replay::perform(const ScenarioStep& step, int number) {
  StepResult result;
  result.number = number;
  result.line = step.place.line;
  result.text = step_text(step);
  World& world = simulation_->world();
  for (Registry& registry : world.registries) registry.log.clear();
  world.collections.clear();
  const std::uint64_t collections_before = world.collection_count;
  output_.clear();
  const Action action = action_of(step);
  Watcher watcher(*this, step, result);
  const Performed performed = simulation_->perform(action, &watcher);
  judge_performed(step, action, performed, result);
  judge_->after_step(action.kind, performed.operation);
  report_refutations(result);
  StepFacts facts{node_of(step.node),
                  catalog_->intern(namespace_of(step)),
                  world.collection_count - collections_before,
                  {}};
  for (const StringId line : output_) facts.output.push_back(catalog_->display(line));
  for (const Expectation& expectation : step.expectations) {
    if (!applies(expectation.profiles)) continue;
    expectation_count_ += check_expectation(world, scenario_, expectation, facts, result.findings);
  }
  return result;
}

// What the step itself says of its outcome: that it succeeds, fails in some way, or stops.
void Replay::judge_performed(const ScenarioStep& step, const Action& action,
                             const Performed& performed, StepResult& result) {
  if (action.kind == ActionKind::kCollect && !performed.happened) {
    result.findings.push_back({Finding::Kind::kExpectation, "",
                               "nothing can collect: the daemon is not running", result.line, ""});
  }
  if (action.kind != ActionKind::kOperation && action.kind != ActionKind::kResume) return;
  // What has ended before does nothing more, and its outcome is still the same.
  const Operation* const operation =
      performed.operation ? performed.operation : simulation_->find(action.flight);
  const bool begins = action.kind == ActionKind::kOperation;
  const bool failure_is_expected =
      begins && std::any_of(step.fails.begin(), step.fails.end(),
                            [&](const auto& expected) { return applies(expected.profiles); });
  if (!operation->running() || failure_is_expected) judge_outcome(step, *operation, result);
  output_ = operation->output;
  if (begins && !step.until.empty() && !operation->running()) {
    result.findings.push_back(
        {Finding::Kind::kExpectation, "",
         "should stop before \"" + step.until + "\", but never comes to such a step",
         step.place.line, step.place.pointer});
  }
}

std::string Replay::next_step_of(const std::string& handle) const {
  return simulation_->next_step(flight_of(handle));
}

namespace {

// False for the profile of a release that is known by its number alone.
bool has_name(const Profile& profile) {
  return std::any_of(profiles().begin(), profiles().end(),
                     [&](const Profile& named) { return named.version == profile.version; });
}

}  // namespace

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
  // What fails under some of the named profiles may fail or not under another release.
  if (!expected && !step.fails.empty() && !has_name(*options_.profile)) return;
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
