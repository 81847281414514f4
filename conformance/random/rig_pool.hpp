// Rigs for many jobs: each thread has one for each daemon, and puts it back after each job.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "conformance/perform/rig.hpp"

namespace sweepcheck {

struct RigPoolSettings {
  std::filesystem::path registry_program;
  /// An empty folder of its own.
  std::filesystem::path folder;
  /// Why no containers can be run; empty: they can.
  std::string no_containers = {};
  bool keep = false;
  std::size_t thread_count = 1;
};

/// Performs jobs 0 to `job_count` - 1, each on a rig of its daemon, in any order.
void perform_on_rigs(const RigPoolSettings& settings, std::size_t job_count,
                     const std::function<const Containerd&(std::size_t job)>& daemon_of,
                     const std::function<void(std::size_t job, Rig& rig)>& perform);

}  // namespace sweepcheck
