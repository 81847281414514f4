// Replaying one scenario under one profile: builds the world that the file describes, makes an
// action of each step, has the simulation perform it, checks what must be true, and reports what
// happened. No I/O, no threads: replays of many scenarios run beside each other, each over a
// catalog of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "model/simulation.hpp"
#include "properties/judge.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

struct ReplayOptions {
  const Profile* profile = nullptr;
  /// Collect every change of the stores, and why objects were swept.
  bool trace = false;
  /// Replaces the policy of every node (`--config`), before `settings`.
  std::optional<Policy> policy;
  /// `--set KEY=VALUE`, checked before.
  std::vector<std::pair<std::string, std::string>> settings;
  /// Stop after this many steps; 0: perform all, and check the final expectations.
  std::size_t last_step = 0;
  /// What the replay is judged by.
  std::span<const Property* const> properties = replay_properties();
};

/// One replay; afterwards its world can be looked at.
class Replay {
 public:
  Replay(const Scenario& scenario, ReplayOptions options);
  ~Replay();

  /// Performs the steps. The result's file, folder and reproduce line are the caller's to set.
  ScenarioResult run();

  /// Performs one step alone, the `number`-th.
  StepResult perform(const ScenarioStep& step, int number);
  /// What the operation of this handle is about to do; empty: it has ended.
  std::string next_step_of(const std::string& handle) const;
  /// True if these profiles (none: all) are meant to include this replay's.
  bool applies(const std::vector<std::string>& profiles) const;

  const World& world() const { return simulation_->world(); }
  const Simulation& simulation() const { return *simulation_; }
  Catalog& catalog() { return *catalog_; }
  /// Findings of properties, among all findings.
  std::uint64_t refutation_count() const { return refutation_count_; }
  /// Expectations that were checked.
  std::uint64_t expectation_count() const { return expectation_count_; }

 private:
  class Watcher;

  void build();
  Action action_of(const ScenarioStep& step);
  void restart_policy(const ScenarioStep& step, Action& action);
  void judge_performed(const ScenarioStep& step, const Action& action, const Performed& performed,
                       StepResult& result);
  void judge_outcome(const ScenarioStep& step, const Operation& operation, StepResult& result);
  void report_refutations(StepResult& result);
  NodeId node_of(const std::string& name) const;
  FlightId flight_of(const std::string& handle) const;

  const Scenario& scenario_;
  ReplayOptions options_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Simulation> simulation_;
  /// The handles of operations; the first's flight is 1.
  std::vector<std::string> handles_;
  /// What the current step asks for.
  Request request_;
  std::vector<BlobId> images_;
  std::unique_ptr<Judge> judge_;
  std::uint64_t refutation_count_ = 0;
  /// Where each object's last path from a root was cut, for the trace.
  std::vector<std::pair<ObjectId, std::string>> cut_;
  std::uint64_t expectation_count_ = 0;
  std::vector<StringId> output_;
};

}  // namespace sweepcheck
