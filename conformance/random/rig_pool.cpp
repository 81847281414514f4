#include "conformance/random/rig_pool.hpp"

#include <algorithm>
#include <atomic>

#include "properties/threads.hpp"
#include "reports/output/terminal.hpp"

namespace sweepcheck {
namespace {

/// Ports of one rig; it needs two a registry.
constexpr std::uint16_t kPortsOfRig = 200;
constexpr std::uint16_t kFirstPort = 20'000;

}  // namespace

void perform_on_rigs(const RigPoolSettings& settings, std::size_t job_count,
                     const std::function<const Containerd&(std::size_t job)>& daemon_of,
                     const std::function<void(std::size_t job, Rig& rig)>& perform) {
  Progress progress("conforming", job_count);
  std::atomic<std::size_t> next{0};
  std::atomic<int> rig_count{0};
  const auto work = [&] {
    std::map<const Containerd*, std::unique_ptr<Rig>> rigs;
    for (std::size_t i = next++; i < job_count; i = next++) {
      const Containerd& containerd = daemon_of(i);
      std::unique_ptr<Rig>& rig = rigs[&containerd];
      if (!rig) {
        const int number = rig_count++;
        rig = std::make_unique<Rig>(
            RigSettings{.containerd = &containerd,
                        .registry_program = settings.registry_program,
                        .folder = settings.folder / std::to_string(number),
                        .first_port = static_cast<std::uint16_t>(kFirstPort + kPortsOfRig * number),
                        .no_containers = settings.no_containers,
                        .keep = settings.keep});
      }
      perform(i, *rig);
      rig->tear_down();
      progress.advance();
    }
  };
  // What one thread throws ends the others after their job.
  work_on_threads(std::min<std::size_t>(settings.thread_count, job_count), work,
                  [&] { next = job_count; });
}

}  // namespace sweepcheck
