// Walks through everything that operations do, step by step: the scenario library under each
// profile, and drawn histories under each policy. Whoever watches sees the world before each step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "input/digest.hpp"
#include "input/scenario/scenario.hpp"
#include "model/operation.hpp"
#include "properties/search/generator.hpp"
#include "properties/search/policy_case.hpp"
#include "properties/search/stage.hpp"
#include "replay/declared_world.hpp"
#include "replay/library.hpp"
#include "replay/scenario_request.hpp"

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

/// A world, and the operations that are under way in it.
class Walk {
 public:
  Walk(World& world, StepWatcher& watcher) : world_(world), watcher_(watcher) {
    watcher.new_world();
  }

  Operation& begin_operation(const std::string& handle, const Request& request) {
    watcher_.before_begin(world_, request);
    flights_.push_back({handle, std::make_unique<Operation>(begin(world_, request))});
    return *flights_.back().operation;
  }
  /// Until before a step that matches `until`, or `limit` steps are done; empty and 0: to the end.
  void drive(Operation& operation, const std::string& until, std::int64_t limit) {
    for (std::int64_t done = 0; operation.running(); ++done) {
      if (limit > 0 && done == limit) return;
      if (!until.empty() && matches_pattern(next_step(world_, operation), until)) return;
      watcher_.before_step(world_, operation);
      sweepcheck::perform(world_, operation);
    }
    watcher_.after_end(world_, operation);
  }
  Operation* find(const std::string& handle) {
    for (auto flight = flights_.rbegin(); flight != flights_.rend(); ++flight) {
      if (flight->handle == handle) return flight->operation.get();
    }
    return nullptr;
  }
  void kill(Operation& operation) {
    kill_client(world_, operation);
    watcher_.after_end(world_, operation);
  }
  void kill_all(NodeId node) {
    for (Flight& flight : flights_) {
      if (flight.operation->request.node != node) continue;
      kill_daemon(*flight.operation);
      watcher_.after_end(world_, *flight.operation);
    }
  }

 private:
  struct Flight {
    std::string handle;
    std::unique_ptr<Operation> operation;
  };

  World& world_;
  StepWatcher& watcher_;
  std::vector<Flight> flights_;
};

/// One scenario under one profile, without its expectations.
class ScenarioWalk {
 public:
  ScenarioWalk(const Scenario& scenario, const Profile& profile, StepWatcher& watcher)
      : scenario_(scenario), profile_(profile), walk_(world_, watcher) {
    for (const auto& [name, image] : scenario.images) catalog_.add_image(image);
    for (const ScenarioNode& declared : scenario.nodes) {
      policies_.push_back(std::make_unique<Policy>(declared.policy));
      Node node;
      node.profile = &profile;
      node.policy = policies_.back().get();
      world_.nodes.push_back(std::move(node));
      world_.node_names.push_back(catalog_.intern(declared.name));
      world_.start_daemon(static_cast<NodeId>(world_.nodes.size() - 1));
    }
    declare_registries(scenario, world_);
    declare_archives(scenario, world_);
  }

  void run() {
    for (const ScenarioStep& step : scenario_.steps) {
      const auto& profiles = step.profiles;
      const bool applies = profiles.empty() || std::find(profiles.begin(), profiles.end(),
                                                         profile_.name) != profiles.end();
      if (applies) perform(step);
    }
  }

 private:
  NodeId node_of(const std::string& name) const {
    for (std::size_t i = 0; i < scenario_.nodes.size(); ++i) {
      if (scenario_.nodes[i].name == name) return static_cast<NodeId>(i);
    }
    return static_cast<NodeId>(0);
  }

  void perform(const ScenarioStep& step) {
    const NodeId node = node_of(step.node);
    switch (step.kind) {
      case ScenarioStepKind::kOperation:
        walk_.drive(walk_.begin_operation(step.handle, make_request(catalog_, step, node)),
                    step.until, 0);
        break;
      case ScenarioStepKind::kResume:
        if (Operation* operation = walk_.find(step.handle)) {
          walk_.drive(*operation, step.until, step.step_count);
        }
        break;
      case ScenarioStepKind::kCollect:
        if (!world_.node(node).running) break;
        if (step.metadata_only) {
          world_.collect_metadata(node);
        } else {
          world_.collect(node);
        }
        break;
      case ScenarioStepKind::kAdvance:
        world_.advance(step.duration);
        break;
      case ScenarioStepKind::kRestart:
        restart(node, step);
        break;
      case ScenarioStepKind::kKill:
        if (step.kill_daemon) {
          walk_.kill_all(node);
          world_.node(node).running = false;
        } else if (Operation* operation = walk_.find(step.handle)) {
          walk_.kill(*operation);
        }
        break;
    }
  }

  void restart(NodeId node, const ScenarioStep& step) {
    walk_.kill_all(node);
    if (step.policy) {
      Policy policy = *world_.node(node).policy;
      copy_policy_keys(*step.policy, step.policy_keys, policy);
      policies_.push_back(std::make_unique<Policy>(std::move(policy)));
      world_.node(node).policy = policies_.back().get();
    }
    world_.start_daemon(node);
  }

  const Scenario& scenario_;
  const Profile& profile_;
  Catalog catalog_{[](std::string_view bytes) { return sha256_digest(bytes); }};
  World world_{catalog_};
  std::vector<std::unique_ptr<Policy>> policies_;
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
        policy_(policy_case.policy),
        world_(declared_.world()),
        walk_(world_, watcher) {
    Catalog& catalog = declared_.catalog();
    catalog.intern(policy_.platform);
    catalog.intern(policy_.cri.snapshotter);
    for (std::uint8_t i = 0; i < declared_.node_count(); ++i) {
      Node node;
      node.profile = &profile_;
      node.policy = &policy_;
      world_.nodes.push_back(std::move(node));
      world_.node_names.push_back(catalog.intern(node_name(i)));
      world_.start_daemon(static_cast<NodeId>(i));
    }
    draw_steps(Random(8, number), declaration_, GeneratorOptions{}, steps_);
  }

  void run() {
    for (const HistoryStep& step : steps_) perform(step);
  }

 private:
  void perform(const HistoryStep& step) {
    const auto node = static_cast<NodeId>(step.node);
    const std::string handle = std::to_string(step.handle);
    Operation* flight = step.handle == 0 ? nullptr : walk_.find(handle);
    const std::int64_t limit = step.stop > 0 ? step.stop - 1 : 0;
    switch (step.verb) {
      case HistoryVerb::kCollect:
        if (world_.node(node).running) world_.collect(node);
        break;
      case HistoryVerb::kAdvance:
        world_.advance(advance_of(step));
        break;
      case HistoryVerb::kRestart:
      case HistoryVerb::kKillDaemon:
        walk_.kill_all(node);
        world_.start_daemon(node);
        break;
      case HistoryVerb::kResume:
        if (flight) walk_.drive(*flight, "", limit);
        break;
      case HistoryVerb::kKillClient:
        if (flight) walk_.kill(*flight);
        break;
      default:
        walk_.drive(walk_.begin_operation(handle, declared_.names().request(step, profile_)), "",
                    limit);
        break;
    }
  }

  Declaration declaration_;
  DeclaredWorld declared_;
  Profile profile_;
  Policy policy_;
  World world_;
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
