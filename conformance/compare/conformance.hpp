// One scenario on the model and on a real daemon, step by step beside each other.
#pragma once

#include <atomic>
#include <cstdint>

#include "conformance/perform/rig.hpp"
#include "conformance/random/distribution.hpp"
#include "input/scenario/scenario.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

struct ConformOptions {
  /// Layers have a declared size's so-manieth part.
  std::int64_t scale = 100;
  /// Compare stores after collections only: they are large, and most steps change one object.
  bool at_collections_only = false;
  /// A push that depends on a race inside the daemon is left out; else it ends the scenario.
  bool leaves_out_undecided = false;
  /// Where steps and objects are counted, if anywhere.
  Distribution* distribution = nullptr;
  /// Counts the scenarios that ended with a daemon that died, hung or did not start. After five,
  /// further ones are skipped: each may take its time limits' time.
  std::atomic<int>* fault_count = nullptr;
};

/// Performs the scenario on both and compares stores, registries, requests and outcomes after each
/// step. A difference is a finding; a step that a daemon can't perform makes the scenario skipped,
/// and is a finding unless the scenario says so itself. The result's file, folder and reproduce
/// line are the caller's to set.
ScenarioResult conform(const Scenario& scenario, Rig& rig, const ConformOptions& options);

/// Whether model and daemon differ in it; a daemon that died or hung alone is not a difference.
bool differs(const ScenarioResult& result);

}  // namespace sweepcheck
