#include "conformance/compare/conformance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "conformance/compare/comparison.hpp"
#include "conformance/compare/eager_twin.hpp"
#include "conformance/compare/store_comparison.hpp"
#include "conformance/perform/performer.hpp"
#include "model/inspect.hpp"
#include "replay/replay.hpp"
#include "replay/scenario_request.hpp"

namespace sweepcheck {
namespace {

// Beside a blob that is held back, others are on their way; CRI hears of records by events.
constexpr int kAttemptsWhileRunning = 40;
constexpr int kAttempts = 10;
// A collector that runs by itself may be late on a busy machine.
constexpr int kAttemptsInRealTime = 200;
// Its sockets are closed a moment before a process has ended.
constexpr Milliseconds kDyingTime{200};
constexpr int kFaultMax = 5;
constexpr std::string_view kUndecidedPush =
    "manifests of an index are pushed side by side, and which comes first decides what is mounted";

// "node1: containerd was killed by signal 9", without the words that follow in lines.
std::string headline(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return line.ends_with(":") ? line.substr(0, line.rfind(';')) : line;
}

class Comparison {
 public:
  Comparison(const Scenario& scenario, Rig& rig, const RealImages& images,
             const ConformOptions& options)
      : rig_(rig),
        options_(options),
        real_(with_real_images(scenario, images)),
        stores_(rig, scenario.conform_notes) {}

  ScenarioResult run();
  /// It was skipped for want of something on this machine.
  bool lacks() const { return lacks_; }

 private:
  static Scenario with_real_images(const Scenario& scenario, const RealImages& images) {
    Scenario out = scenario;
    out.images = images.images;
    return out;
  }

  bool is_undecided(const ScenarioStep& step, const World& world);
  bool step(const ScenarioStep& step, int number, Replay& replay, Performer& performer);
  void compare_outcomes(const ScenarioStep& step, const Replay& replay, const StepResult& model,
                        const Outcome& real);
  void compare_states(const Replay& replay, bool settling);
  bool settle_in_real_time(const ScenarioStep& step, const Replay& replay);
  void wait_for_collectors();
  void skip_for_want(std::string lack);
  void fault(const std::string& text);
  bool applies(const std::vector<std::string>& profiles) const {
    return profiles.empty() || names_profile(profiles, rig_.profile());
  }

  Rig& rig_;
  const ConformOptions& options_;
  const Scenario real_;
  ScenarioResult result_;
  StepResult* step_ = nullptr;
  StoreComparison stores_;
  const ScenarioStep* place_ = nullptr;
  bool lacks_ = false;
  /// In real time: how a daemon may be ahead of the replay.
  std::optional<EagerTwin> twin_;
};

// What a daemon would do can't be known any more: the scenario ends.
void Comparison::fault(const std::string& text) {
  if (!result_.fault.empty()) return;
  result_.fault = text;
  step_->findings.push_back(
      {Finding::Kind::kFault, "", headline(text), place_->place.line, place_->place.pointer});
}

void Comparison::compare_states(const Replay& replay, bool settling) {
  // What differs once mostly stays so.
  const int attempts = stores_.differs() ? 1
                       : twin_           ? kAttemptsInRealTime
                       : settling        ? kAttemptsWhileRunning
                                         : kAttempts;
  const World& world = twin_ ? twin_->replay().world() : replay.world();
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    const std::string lost = stores_.compare_node(world, static_cast<NodeId>(i), attempts);
    if (lost.empty()) continue;
    const std::string death = rig_.death(kDyingTime);
    fault(!death.empty() ? death : rig_.with_last_words(*place_, lost));
  }
  // Only what is under way may come later.
  stores_.compare_registries(replay.world(), settling ? attempts : 1);
  stores_.compare_archives(replay.world());
}

void Comparison::compare_outcomes(const ScenarioStep& step, const Replay& replay,
                                  const StepResult& model, const Outcome& real) {
  const bool model_failed = !model.error_class.empty();
  if (model_failed != real.failed) {
    stores_.find(fmt::format("step {}: {} succeeds, {} fails: {}", step_->number,
                             model_failed ? "the daemon" : "the model",
                             model_failed ? "the model" : "the daemon",
                             model_failed ? model.error_text : real.error));
    return;
  }
  if (!real.failed) return;
  for (const ExpectedFailure& expected : step.fails) {
    if (!replay.applies(expected.profiles) || expected.text.empty()) continue;
    if (matches_pattern(real.error, "*" + expected.text + "*")) continue;
    stores_.find(fmt::format("step {}: should fail with \"{}\", but the daemon says \"{}\"",
                             step_->number, expected.text, real.error));
  }
}

// A push that one daemon performs in several ways; the model knows one of them.
bool Comparison::is_undecided(const ScenarioStep& step, const World& world) {
  if (!step.operation || step.operation->name != "push") return false;
  const Arguments arguments(step, rig_.names());
  const Catalog& catalog = world.catalog();
  const std::string to = arguments.text("to");
  for (std::size_t i = 0; i < world.nodes.size(); ++i) {
    if (!step.node.empty() && catalog.text(world.node_names[i]) != step.node) continue;
    return is_push_undecided(world, static_cast<NodeId>(i), catalog.find(namespace_of(step)),
                             catalog.find(arguments.subject()),
                             to.empty() ? arguments.subject() : to);
  }
  return false;
}

void Comparison::skip_for_want(std::string lack) {
  result_.verdict = Verdict::kSkipped;
  result_.reason = std::move(lack);
  lacks_ = true;
}

// Gives the daemons time for the collections that the twin has done. False: one may have done more.
bool Comparison::settle_in_real_time(const ScenarioStep& step, const Replay& replay) {
  if (EagerTwin::is_outrun(twin_->replay(), rig_.lead_clock().lead())) {
    skip_for_want("this machine was too slow for it");
    return false;
  }
  const bool passed = step.kind == ActionKind::kAdvance && !EagerTwin::awaits_collection(replay);
  if (twin_->collected() || passed) wait_for_collectors();
  if (passed) rig_.lead_clock().restart();
  return true;
}

void Comparison::wait_for_collectors() {
  Duration pause = 0;
  for (const std::string& node : rig_.node_names()) {
    pause = std::max(pause, longest_pause(rig_.daemon(node), kLeadMax));
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds(pause));
}

// False: the rest can't be performed.
bool Comparison::step(const ScenarioStep& step, int number, Replay& replay, Performer& performer) {
  if (is_undecided(step, replay.world())) {
    if (options_.leaves_out_undecided) {
      if (options_.distribution) options_.distribution->add_left_out(step);
      return true;
    }
    result_.verdict = Verdict::kSkipped;
    result_.reason = kUndecidedPush;
    return false;
  }
  place_ = &step;
  result_.steps.push_back({.number = number,
                           .line = step.place.line,
                           .text = step_text(step),
                           .error_class = {},
                           .error_text = {},
                           .changes = {},
                           .findings = {}});
  step_ = &result_.steps.back();
  stores_.begin_step(step, *step_);
  const bool counts_objects = options_.distribution && step.kind == ActionKind::kCollect;
  if (counts_objects) options_.distribution->add_before_collection(replay.world());
  StepResult model = replay.perform(step, number);
  const bool stops = !step.until.empty() || step.step_count > 0;
  const Outcome real =
      performer.perform(step, stops ? replay.next_step_of(step.handle) : std::string());
  if (!real.obstacle.empty()) {
    result_.verdict = Verdict::kSkipped;
    result_.reason = real.obstacle;
    return false;
  }
  if (!real.lack.empty()) {
    skip_for_want(real.lack);
    return false;
  }
  const bool surprise = real.failed && model.error_class.empty();
  if (const std::string death = rig_.death(surprise ? kDyingTime : Milliseconds(0));
      !death.empty()) {
    fault(death);
    return false;
  }
  if (!real.fault.empty()) {
    const std::string what = fmt::format("step {}: {}", number, real.fault);
    const bool has_words = what.find('\n') != std::string::npos;
    fault(has_words ? what : rig_.with_last_words(step, what));
    return false;
  }
  if (options_.distribution) options_.distribution->add_step(step, real.failed);
  if (counts_objects) options_.distribution->add_after_collection(replay.world());
  step_->error_class = model.error_class;
  step_->error_text = real.error;
  if (twin_) {
    model = twin_->perform(step, number);
    if (!settle_in_real_time(step, replay)) return false;
  }
  const Replay& judge = twin_ ? twin_->replay() : replay;
  if (!real.running) compare_outcomes(step, judge, model, real);
  if (real.failed) stores_.step_failed();
  if (step.kind == ActionKind::kCollect || !options_.at_collections_only) {
    compare_states(replay, real.running);
  }
  return result_.fault.empty();
}

ScenarioResult Comparison::run() {
  Replay replay(real_, {.profile = &rig_.profile(),
                        .trace = false,
                        .policy = std::nullopt,
                        .settings = {},
                        .last_step = 0});
  Performer performer(rig_);
  if (rig_.real_time()) {
    twin_.emplace(real_, rig_.profile());
    if (twin_->collected()) wait_for_collectors();
  }
  int number = 0;
  for (const ScenarioStep& next : real_.steps) {
    ++number;
    if (!applies(next.profiles)) continue;
    if (!step(next, number, replay, performer)) break;
  }
  const bool differs = std::any_of(result_.steps.begin(), result_.steps.end(),
                                   [](const StepResult& each) { return !each.findings.empty(); });
  if (differs) result_.verdict = Verdict::kFailed;
  for (std::size_t i = 0; twin_ && i < replay.world().nodes.size(); ++i) {
    if (result_.verdict != Verdict::kHeld || twin_->agrees(replay, static_cast<NodeId>(i)))
      continue;
    result_.verdict = Verdict::kSkipped;
    result_.reason = "what it says of single moments can't be told in real time";
  }
  return std::move(result_);
}

// runc knows ctr's containers by namespace and name, of whichever daemon they are: only one
// scenario at a time may run them.
std::unique_lock<std::mutex> lock_of_tasks(const Scenario& scenario) {
  static std::mutex tasks;
  for (const ScenarioStep& step : scenario.steps) {
    if (step.verb == "start-container" && step.by != Client::kCri) return std::unique_lock(tasks);
  }
  return {};
}

// Why no step of it could be performed; empty if that is not so.
std::string obstacle_of(const Scenario& scenario) {
  std::vector<const Policy*> policies;
  for (const ScenarioNode& node : scenario.nodes) policies.push_back(&node.policy);
  for (const ScenarioStep& step : scenario.steps) {
    if (step.policy) policies.push_back(&*step.policy);
  }
  for (const Policy* policy : policies) {
    if (policy->platform != "linux/amd64") return "a node of another platform";
  }
  return {};
}

}  // namespace

ScenarioResult conform(const Scenario& scenario, Rig& rig, const ConformOptions& options) {
  ScenarioResult result;
  const std::string profile = fmt::format("{} ({})", rig.profile().name, rig.containerd().version);
  const auto skipped = [&](std::string reason) {
    result.verdict = Verdict::kSkipped;
    result.reason = std::move(reason);
  };
  const auto alone = lock_of_tasks(scenario);
  bool excused = false;
  if (options.fault_count && *options.fault_count >= kFaultMax) {
    skipped(fmt::format(
        "not performed: in {} scenarios before it daemons died, hung or did not start", kFaultMax));
    result.about = scenario.about;
    result.profile = profile;
    return result;
  }
  const ConformNote* skip = nullptr;
  for (const ConformNote& note : scenario.conform_notes) {
    const bool here = note.profiles.empty() || names_profile(note.profiles, rig.profile());
    if (here && !note.skip.empty()) skip = &note;
  }
  if (skip) {
    skipped(skip->skip);
    excused = true;
  } else if (const std::string obstacle = obstacle_of(scenario); !obstacle.empty()) {
    skipped(obstacle);
  } else if (const RealImages images = make_real(scenario, options.scale);
             !images.obstacle.empty()) {
    skipped(images.obstacle);
  } else if (const auto fault = rig.set_up(scenario, images)) {
    result.verdict = Verdict::kFailed;
    result.fault = *fault;
    result.findings.push_back({Finding::Kind::kFault, "", headline(*fault), 0, ""});
  } else {
    Comparison comparison(scenario, rig, images, options);
    result = comparison.run();
    excused = comparison.lacks();
  }
  if (result.verdict == Verdict::kSkipped && !excused) {
    result.verdict = Verdict::kFailed;
    result.findings.push_back(
        {Finding::Kind::kDifference, "",
         fmt::format("a real daemon can't perform it ({}), but its \"conform\" doesn't say so",
                     result.reason),
         0, ""});
  }
  if (!result.fault.empty() && options.fault_count) ++*options.fault_count;
  result.about = scenario.about;
  result.profile = profile;
  return result;
}

bool differs(const ScenarioResult& result) {
  const auto is_difference = [](const Finding& finding) {
    return finding.kind == Finding::Kind::kDifference;
  };
  return std::any_of(result.findings.begin(), result.findings.end(), is_difference) ||
         std::any_of(result.steps.begin(), result.steps.end(), [&](const StepResult& step) {
           return std::any_of(step.findings.begin(), step.findings.end(), is_difference);
         });
}

}  // namespace sweepcheck
