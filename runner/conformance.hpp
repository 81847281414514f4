// One scenario on the model and on a real daemon, step by step beside each other.
#pragma once

#include <string>

#include "conformance/rig.hpp"
#include "input/scenario.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

struct ConformOptions {
  /// Layers have a declared size's so-manieth part.
  std::int64_t scale = 100;
  /// Compare stores after collections only: they are large, and most steps change one object.
  bool at_collections_only = false;
  /// Gets what kept the scenario from being performed: a daemon that does not start or hangs, a
  /// full disk. It is a finding, too.
  std::string* fault = nullptr;
};

/// Performs the scenario on both and compares stores, registries, requests and outcomes after each
/// step. A difference is a finding; a step that a daemon can't perform makes the scenario skipped,
/// and is a finding unless the scenario says so itself. The result's file, folder and reproduce
/// line are the caller's to set.
ScenarioResult conform(const Scenario& scenario, Rig& rig, const ConformOptions& options);

}  // namespace sweepcheck
