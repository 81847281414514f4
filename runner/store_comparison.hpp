// What a model and real daemons and registries hold at one moment of a scenario, beside each other.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "conformance/comparison.hpp"
#include "conformance/rig.hpp"
#include "input/scenario.hpp"
#include "model/world.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

/// A push that fails has uploaded some of its blobs, and nobody can say which: so long as they
/// differ, they are no difference.
class UnsureBlobs {
 public:
  bool any(const std::string& host) const { return unsure_.contains(host); }
  /// Takes them out of what differs in a registry. `push_failed`: since the last time, so that all
  /// blobs which differ now are of it.
  void take_from(StateDifference& stored, const std::string& host, bool push_failed);

 private:
  /// Lines by host.
  std::map<std::string, std::set<std::string>> unsure_;
};

class StoreComparison {
 public:
  /// `notes`: the deviations that the scenario speaks of are among them.
  StoreComparison(Rig& rig, const std::vector<ConformNote>& notes) : rig_(rig), notes_(notes) {}

  /// What differs from here on is a finding of this step.
  void begin_step(const ScenarioStep& place, StepResult& step) {
    place_ = &place;
    step_ = &step;
  }
  /// A push has failed since registries were last compared, and has uploaded some of the blobs.
  void expect_partial_push() { push_failed_ = true; }

  /// Compares so often until they agree. Why the daemon's state can't be read, or nothing.
  std::string compare_node(const World& world, NodeId id, int attempts);
  void compare_registries(const World& world, int attempts);
  /// The one that an export has written.
  void compare_archives(const World& world);
  /// A difference, unless the scenario knows it. Each is told once: they stay from step to step.
  void find(std::string message);
  bool differs() const { return !told_.empty(); }

 private:
  void compare_registry(const Catalog& catalog, const Registry& registry, RegistryServer& server,
                        int attempts);
  void note(const std::string& where, const StateDifference& difference);
  bool is_deviation(const std::string& message) const;
  bool may_push() const;
  bool applies(const std::vector<std::string>& profiles) const;

  Rig& rig_;
  const std::vector<ConformNote>& notes_;
  const ScenarioStep* place_ = nullptr;
  StepResult* step_ = nullptr;
  std::set<std::string> told_;
  bool push_failed_ = false;
  UnsureBlobs unsure_;
};

}  // namespace sweepcheck
