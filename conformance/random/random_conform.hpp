// Random differential testing: drawn scenarios on the model and on real daemons. What differs is
// shrunk on the daemon itself and saved as a scenario file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/daemon/tools.hpp"
#include "conformance/host/host_files.hpp"
#include "conformance/random/distribution.hpp"
#include "conformance/random/random_scenarios.hpp"
#include "conformance/random/rig_pool.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

struct RandomOptions {
  RandomKind kind = RandomKind::kClients;
  std::uint64_t seed = 1;
  /// Scenarios of each daemon.
  std::uint32_t sequence_count = 100;
  std::uint32_t length = 12;
  /// Where scenarios that differ are saved.
  std::string failures = "conform-failures";
};

struct RandomOutcome {
  /// By daemon, in the order of their numbers. Those that held have no steps.
  std::vector<ScenarioResult> results;
  /// Steps of them all that were performed, without those of shrinking.
  std::uint64_t step_count = 0;
  /// Of the scenarios alone, without shrinking.
  double seconds = 0;
  Distribution distribution;
  /// What could not be saved.
  std::vector<std::string> errors;
};

/// Performs the scenarios. A result's file is where its scenario was saved, or its name.
RandomOutcome conform_random(const RandomOptions& options, const std::vector<Containerd>& daemons,
                             const RigPoolSettings& settings, const OutsideView& outside);

/// The smallest part of `size` things that still `differs`, given that all of them do: no one of
/// what is kept can be left out, unless `is_over` said so before (ddmin, then one by one).
std::vector<bool> smallest_part(std::size_t size,
                                const std::function<bool(const std::vector<bool>&)>& differs,
                                const std::function<bool()>& is_over);

}  // namespace sweepcheck
