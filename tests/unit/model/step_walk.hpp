// Walks through everything that operations do, step by step: the scenario library under each
// profile, and drawn histories under each policy. Whoever watches sees the world before each step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "input/digest.hpp"
#include "input/scenario/scenario.hpp"
#include "model/simulation.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/policy_case.hpp"
#include "properties/search/stage.hpp"
#include "replay/declared_world.hpp"
#include "replay/library.hpp"
#include "replay/scenario_request.hpp"
#include "tests/places.hpp"

namespace sweepcheck {

class StepWatcher {
 public:
  virtual ~StepWatcher() = default;
  /// Another world begins, with a catalog of its own.
  virtual void new_world() {}
  /// An operation is about to begin.
  virtual void before_begin(World&, const Request&) {}
  /// It is about to perform its next step.
  virtual void before_step(World&, Operation&) {}
  /// It has ended, or was killed.
  virtual void after_end(World&, const Operation&) {}
};

/// A simulation whose actions are told to a watcher.
class Walk : public SimulationListener {
 public:
  Walk(Simulation& simulation, StepWatcher& watcher) : simulation_(simulation), watcher_(watcher) {
    watcher.new_world();
  }

  void perform(const Action& action) {
    const bool begins = action.kind == ActionKind::kOperation;
    if (begins) watcher_.before_begin(simulation_.world(), *action.request);
    const Performed performed = simulation_.perform(action, this);
    if (begins && performed.happened) {
      if (performed.operation->running()) {
        running_.push_back(action.flight);
      } else {
        watcher_.after_end(simulation_.world(), *performed.operation);
      }
    }
    std::erase_if(running_, [&](FlightId flight) {
      const Operation& operation = *simulation_.find(flight);
      if (operation.running()) return false;
      watcher_.after_end(simulation_.world(), operation);
      return true;
    });
  }

  bool watches_changes() const override { return true; }
  void before_change(const Action&, const Operation* operation) override {
    if (operation == nullptr) return;
    Operation shown = *operation;
    watcher_.before_step(simulation_.world(), shown);
  }

 private:
  Simulation& simulation_;
  StepWatcher& watcher_;
  std::vector<FlightId> running_;
};

/// One scenario under one profile, without its expectations.
class ScenarioWalk {
 public:
  ScenarioWalk(const Scenario& scenario, const Profile& profile, StepWatcher& watcher)
      : scenario_(scenario), profile_(profile), walk_(simulation_, watcher) {
    for (const auto& [name, image] : scenario.images) catalog_.add_image(image);
    for (const ScenarioNode& declared : scenario.nodes) {
      simulation_.add_node(declared.name, profile, declared.policy);
    }
    declare_registries(scenario, simulation_.world());
    declare_archives(scenario, simulation_.world());
  }

  void run() {
    for (const ScenarioStep& step : scenario_.steps) {
      const bool applies = step.profiles.empty() || names_profile(step.profiles, profile_);
      if (applies) walk_.perform(action_of(step));
    }
  }

 private:
  NodeId node_of(const std::string& name) const {
    for (std::size_t i = 0; i < scenario_.nodes.size(); ++i) {
      if (scenario_.nodes[i].name == name) return static_cast<NodeId>(i);
    }
    return static_cast<NodeId>(0);
  }

  FlightId flight_of(const std::string& handle) const {
    for (std::size_t i = handles_.size(); i-- > 0;) {
      if (handles_[i] == handle) return static_cast<FlightId>(i + 1);
    }
    return kNoFlight;
  }

  Action action_of(const ScenarioStep& step) {
    Action action{.kind = step.kind,
                  .node = node_of(step.node),
                  .until = step.until,
                  .metadata_only = step.metadata_only,
                  .duration = step.duration};
    if (step.step_count > 0) action.step_count_max = static_cast<std::uint32_t>(step.step_count);
    if (step.kind == ActionKind::kOperation) {
      request_ = make_request(catalog_, step, action.node);
      action.request = &request_;
      if (step.handle.empty() && step.until.empty()) return action;
      handles_.push_back(step.handle);
      action.flight = static_cast<FlightId>(handles_.size());
    } else if (step.kind == ActionKind::kResume || step.kind == ActionKind::kKillClient) {
      action.flight = flight_of(step.handle);
    } else if (step.kind == ActionKind::kRestart && step.policy) {
      Policy policy = *simulation_.world().node(action.node).policy;
      copy_policy_keys(*step.policy, step.policy_keys, policy);
      action.policy = catalog_.policy(policy);
    }
    return action;
  }

  const Scenario& scenario_;
  const Profile& profile_;
  Catalog catalog_{[](std::string_view bytes) { return sha256_digest(bytes); }};
  Simulation simulation_{catalog_};
  std::vector<std::string> handles_;
  Request request_;
  Walk walk_;
};

/// The whole library, under each profile that a scenario is for.
inline void walk_library(StepWatcher& watcher) {
  Diagnostics diagnostics;
  for (const std::string& file :
       find_scenarios({std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios"}, diagnostics)) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    if (!read.scenario) continue;
    for (const std::string& profile : read.scenario->profiles) {
      ScenarioWalk(*read.scenario, *find_profile(profile), watcher).run();
    }
  }
}

/// Drawn histories; each goes under another policy.
class HistoryWalk {
 public:
  HistoryWalk(std::uint64_t number, const PolicyCase& policy_case, StepWatcher& watcher)
      : declaration_(draw_declaration(Random(7, number), GeneratorOptions{})),
        declared_(declaration_),
        profile_(*policy_case.profile),
        simulation_(declared_.world()),
        walk_(simulation_, watcher) {
    for (std::uint8_t i = 0; i < declared_.node_count(); ++i) {
      simulation_.add_node(node_name(i), profile_, policy_case.policy);
    }
    draw_steps(Random(8, number), declaration_, GeneratorOptions{}, steps_);
  }

  void run() {
    for (const HistoryStep& step : steps_) walk_.perform(action_of(step));
  }

 private:
  Action action_of(const HistoryStep& step) {
    Action action{.kind = verb_spec(step.verb).action,
                  .node = static_cast<NodeId>(step.node),
                  .flight = static_cast<FlightId>(step.handle)};
    if (action.kind == ActionKind::kOperation) {
      request_ = declared_.names().request(step, profile_);
      action.request = &request_;
      if (step.stop == 0) action.flight = kNoFlight;
    }
    if (step.stop > 0) action.step_count_max = step.stop - 1U;
    if (action.kind == ActionKind::kAdvance) action.duration = advance_of(step);
    return action;
  }

  Declaration declaration_;
  DeclaredWorld declared_;
  const Profile& profile_;
  Simulation simulation_;
  Request request_;
  Walk walk_;
  std::vector<HistoryStep> steps_;
};

inline void walk_histories(std::uint64_t count, StepWatcher& watcher) {
  const std::vector<PolicyCase> cases = policy_cases();
  for (std::uint64_t number = 0; number < count; ++number) {
    HistoryWalk(number, cases[number % cases.size()], watcher).run();
  }
}

}  // namespace sweepcheck
