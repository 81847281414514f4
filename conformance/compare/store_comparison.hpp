// What a model and real daemons and registries hold at one moment of a scenario, beside each other.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "conformance/compare/comparison.hpp"
#include "conformance/compare/partial_pushes.hpp"
#include "conformance/perform/rig.hpp"
#include "input/scenario/scenario.hpp"
#include "model/world.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

class StoreComparison {
 public:
  /// `notes`: the deviations that the scenario speaks of are among them.
  StoreComparison(Rig& rig, const std::vector<ConformNote>& notes) : rig_(rig), notes_(notes) {}

  /// What differs from here on is a finding of this step.
  void begin_step(const ScenarioStep& place, StepResult& step) {
    place_ = &place;
    step_ = &step;
    pushes_.begin_step(place, rig_.names());
  }
  /// The step has failed on the daemon. A push has then uploaded some of its blobs.
  void step_failed() { pushes_.step_failed(); }

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
  bool applies(const std::vector<std::string>& profiles) const;

  Rig& rig_;
  const std::vector<ConformNote>& notes_;
  const ScenarioStep* place_ = nullptr;
  StepResult* step_ = nullptr;
  std::set<std::string> told_;
  PartialPushes pushes_;
};

}  // namespace sweepcheck
