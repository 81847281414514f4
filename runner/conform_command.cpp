// `sweepcheck conform`: the scenario library on real daemons.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "conformance/isolation.hpp"
#include "conformance/tools.hpp"
#include "runner/commands.hpp"
#include "runner/conformance.hpp"
#include "runner/report_sinks.hpp"
#include "runner/terminal.hpp"

namespace sweepcheck {
namespace {

/// Ports of one rig; it needs two a registry.
constexpr std::uint16_t kPortsOfRig = 200;
constexpr std::uint16_t kFirstPort = 20'000;

struct Job {
  const Scenario* scenario = nullptr;
  const Containerd* containerd = nullptr;
  ScenarioResult result;
};

bool find_daemons(const CommandLine& command_line, std::vector<Containerd>& daemons,
                  std::ostream& err) {
  std::vector<std::string> wanted = command_line.values("containerd");
  if (wanted.empty()) wanted.emplace_back("containerd");
  const std::string ctr = command_line.value("ctr").value_or("");
  for (const std::string& program : wanted) {
    ContainerdOrReason found = find_containerd(program, ctr);
    if (!found.containerd) {
      err << "sweepcheck: --containerd: " << found.reason << '\n';
      return false;
    }
    if (!found.containerd->exact) {
      err << "sweepcheck: warning: no profile is of containerd " << found.containerd->version
          << "; it is compared with " << found.containerd->profile->name << '\n';
    }
    daemons.push_back(std::move(*found.containerd));
  }
  return true;
}

std::vector<Job> make_jobs(const std::vector<Scenario>& scenarios,
                           const std::vector<Containerd>& daemons) {
  std::vector<Job> jobs;
  for (const Scenario& scenario : scenarios) {
    for (const Containerd& containerd : daemons) {
      const auto& held = scenario.profiles;
      if (std::find(held.begin(), held.end(), containerd.profile->name) == held.end()) continue;
      jobs.push_back({&scenario, &containerd, {}});
    }
  }
  return jobs;
}

// Each thread has a rig for each daemon; jobs of one daemon share its registries.
void conform_all(std::vector<Job>& jobs, const std::filesystem::path& registry,
                 const std::filesystem::path& folder, bool keep, std::size_t thread_count) {
  Progress progress("conforming", jobs.size());
  std::atomic<std::size_t> next{0};
  std::atomic<int> rig_count{0};
  const auto work = [&] {
    std::map<const Containerd*, std::unique_ptr<Rig>> rigs;
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      std::unique_ptr<Rig>& rig = rigs[jobs[i].containerd];
      if (!rig) {
        const int number = rig_count++;
        rig = std::make_unique<Rig>(
            RigSettings{.containerd = jobs[i].containerd,
                        .registry_program = registry,
                        .folder = folder / std::to_string(number),
                        .first_port = static_cast<std::uint16_t>(kFirstPort + kPortsOfRig * number),
                        .keep = keep});
      }
      jobs[i].result = conform(*jobs[i].scenario, *rig, {});
      rig->tear_down();
      progress.advance();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(thread_count, jobs.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

int report(std::vector<Job>& jobs, std::size_t scenario_count, ReportSinks& sinks,
           std::ostream& err) {
  RunSummary summary;
  summary.scenario_count = scenario_count;
  for (auto& sink : sinks) sink->reporter->begin({std::string(kVersion), "conform", false});
  for (Job& job : jobs) {
    job.result.file = job.scenario->file;
    job.result.folder = folder_of(job.scenario->file);
    job.result.reproduce = "sweepcheck conform --containerd " +
                           shell_word(job.containerd->daemon.string()) + " " +
                           shell_word(job.scenario->file);
    count(job.result, 0, summary);
    for (auto& sink : sinks) sink->reporter->scenario(job.result);
  }
  const int status = summary.failed_count > 0                        ? exit_status::kDiffers
                     : summary.skipped_count == summary.replay_count ? exit_status::kNothingRan
                                                                     : exit_status::kHeld;
  return end_reports(sinks, summary, err) ? status : exit_status::kBadUse;
}

}  // namespace

int conform_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  std::vector<Scenario> scenarios;
  if (!read_scenarios(command_line, {}, scenarios, err)) return exit_status::kBadUse;
  std::vector<Containerd> daemons;
  if (!find_daemons(command_line, daemons, err)) return exit_status::kBadUse;
  const std::string registry_name = command_line.value("registry").value_or("docker-registry");
  const std::filesystem::path registry = find_program(registry_name);
  if (registry.empty()) {
    err << "sweepcheck: --registry: " << registry_name
        << " is not a program that can be run (Debian's package docker-registry has one)\n";
    return exit_status::kBadUse;
  }
  ReportSinks sinks;
  if (!open_reports(command_line, out, err, sinks)) return exit_status::kBadUse;
  std::vector<Job> jobs = make_jobs(scenarios, daemons);
  if (jobs.empty()) {
    err << "sweepcheck: nothing to perform: no scenario holds for these daemons\n";
    return exit_status::kNothingRan;
  }
  std::size_t thread_count = std::max(1U, std::thread::hardware_concurrency());
  if (const auto chosen = command_line.value("jobs")) thread_count = std::stoul(*chosen);
  const bool keep = command_line.has("keep");
  const Isolated isolated = run_isolated({.keep = keep}, [&](const std::filesystem::path& folder) {
    conform_all(jobs, registry, folder, keep, std::min<std::size_t>(thread_count, 16));
    return report(jobs, scenarios.size(), sinks, err);
  });
  if (!isolated.possible) {
    err << "sweepcheck: no daemon can be run here: " << isolated.reason << '\n';
    return exit_status::kBadUse;
  }
  if (keep) err << "sweepcheck: kept " << isolated.folder.string() << '\n';
  return isolated.status;
}

}  // namespace sweepcheck
