// Replaying one scenario under one profile: builds the world that the file describes, performs the
// steps, checks what must be true, and reports what happened. No I/O, no threads: replays of many
// scenarios run beside each other, each over a catalog of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"
#include "model/operation.hpp"
#include "model/world.hpp"
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
  std::string next_step_of(const std::string& handle);
  /// Whether an operation on this node is about to do this.
  bool awaits_step(NodeId node, std::string_view step);
  /// True if these profiles (none: all) are meant to include this replay's.
  bool applies(const std::vector<std::string>& profiles) const;

  const World& world() const { return *world_; }
  Catalog& catalog() { return *catalog_; }
  /// Findings of properties, among all findings.
  std::uint64_t refutation_count() const { return refutation_count_; }
  /// Expectations that were checked.
  std::uint64_t expectation_count() const { return expectation_count_; }

 private:
  struct Handle {
    std::string name;
    std::uint32_t number = 0;
    Operation operation;
  };

  void build();
  void build_policies();
  void perform_operation(const ScenarioStep& step, StepResult& result);
  void perform_resume(const ScenarioStep& step, StepResult& result);
  void perform_kill(const ScenarioStep& step, StepResult& result);
  void perform_restart(const ScenarioStep& step);
  void collect(NodeId node, bool metadata_only, StepResult& result);
  void drive(Operation& operation, const std::string& until, std::int64_t limit,
             StepResult& result);
  void watch(StepResult& result, const std::string& cause, const std::function<void()>& action);
  void judge_outcome(const ScenarioStep& step, const Operation& operation, StepResult& result);
  void report_refutations(StepResult& result);
  NodeId node_of(const std::string& name) const;
  Handle* find_handle(const std::string& name);
  void resume_judging(const Handle& handle);

  const Scenario& scenario_;
  ReplayOptions options_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<World> world_;
  std::vector<std::unique_ptr<Policy>> policies_;
  std::vector<std::unique_ptr<Handle>> handles_;
  std::vector<BlobId> images_;
  std::unique_ptr<Judge> judge_;
  /// The operation that the current step is about.
  const Operation* judged_ = nullptr;
  std::uint64_t refutation_count_ = 0;
  /// Where each object's last path from a root was cut, for the trace.
  std::vector<std::pair<ObjectId, std::string>> cut_;
  std::uint64_t expectation_count_ = 0;
  std::uint64_t collections_before_ = 0;
  std::vector<StringId> output_;
};

}  // namespace sweepcheck
