// `sweepcheck conform`: the scenario library, or drawn scenarios, on real daemons. What is found is
// for the reports: standard error has what was going on (the seed, the speed), and one line on
// faults where no report on standard output shows them.
#include "runner/conform/conform_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>

#include "conformance/compare/conformance.hpp"
#include "conformance/daemon/library_client.hpp"
#include "conformance/daemon/tools.hpp"
#include "conformance/host/container_probe.hpp"
#include "conformance/host/isolation.hpp"
#include "conformance/random/random_conform.hpp"
#include "replay/jobs.hpp"
#include "replay/library.hpp"
#include "reports/escape.hpp"
#include "reports/version.hpp"
#include "runner/cli/options.hpp"
#include "runner/cli/report_sinks.hpp"

namespace sweepcheck {
namespace {

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
      if (!names_profile(scenario.profiles, *containerd.profile)) continue;
      jobs.push_back({&scenario, &containerd, {}});
    }
  }
  return jobs;
}

// A daemon that can't be used is tried a few times.
void conform_all(std::vector<Job>& jobs, const RigPoolSettings& settings) {
  std::map<const Containerd*, std::atomic<int>> fault_counts;
  for (const Job& job : jobs) fault_counts[job.containerd] = 0;
  perform_on_rigs(
      settings, jobs.size(),
      [&](std::size_t i) -> const Containerd& { return *jobs[i].containerd; },
      [&](std::size_t i, Rig& rig) {
        Job& job = jobs[i];
        job.result = conform(*job.scenario, rig, {.fault_count = &fault_counts.at(job.containerd)});
      });
}

// The reports have each daemon's last words. Who reads none of them here is told that they are
// worth reading; the status alone doesn't say it.
void tell_faults(const std::vector<ScenarioResult>& results, const ReportSinks& sinks,
                 std::ostream& err) {
  if (sinks.has_text_on_output()) return;
  const auto has_fault = [](const ScenarioResult& result) { return !result.fault.empty(); };
  const auto first = std::find_if(results.begin(), results.end(), has_fault);
  if (first == results.end()) return;
  err << fmt::format(
      "sweepcheck: a daemon died, hung or did not start in {} of {} scenarios; the first is {} "
      "[{}]: {}\n",
      std::count_if(first, results.end(), has_fault), results.size(), printable(first->file),
      printable(first->profile), printable(first->fault.substr(0, first->fault.find('\n'))));
}

int status_of(const RunSummary& summary, const std::vector<ScenarioResult>& results) {
  if (std::any_of(results.begin(), results.end(), differs)) return exit_status::kDiffers;
  if (summary.failed_count > 0) return exit_status::kBadUse;
  return summary.skipped_count == summary.replay_count ? exit_status::kNothingRan
                                                       : exit_status::kHeld;
}

std::string today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return format_rfc3339(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count())
      .substr(0, 10);
}

RunInfo info_of(const std::string& command) {
  RunInfo info = run_info(command);
  info.date = today();
  return info;
}

void report_results(const std::vector<ScenarioResult>& results, RunSummary& summary,
                    Reporter& reporter) {
  for (const ScenarioResult& result : results) {
    count(result, 0, summary);
    report_scenario(result, reporter);
  }
}

int end_run(const std::vector<ScenarioResult>& results, const RunSummary& summary,
            const OutsideView& outside, ReportSinks& sinks, std::ostream& err) {
  bool written = false;
  const std::string obstacle = outside.perform([&] { written = end_reports(sinks, summary, err); });
  if (!obstacle.empty()) err << "sweepcheck: no report can be written: " << obstacle << '\n';
  tell_faults(results, sinks, err);
  return written ? status_of(summary, results) : exit_status::kBadUse;
}

int perform_library(const std::string& command, std::vector<Job>& jobs, std::size_t scenario_count,
                    const RigPoolSettings& settings, const OutsideView& outside, ReportSinks& sinks,
                    std::ostream& err) {
  conform_all(jobs, settings);
  RunSummary summary;
  summary.scenario_count = scenario_count;
  std::vector<ScenarioResult> results;
  for (Job& job : jobs) {
    results.push_back(std::move(job.result));
    ScenarioResult& result = results.back();
    result.file = job.scenario->file;
    result.folder = folder_of(job.scenario->file);
    result.reproduce = "sweepcheck conform --containerd " +
                       shell_word(job.containerd->daemon.string()) + " " +
                       shell_word(job.scenario->file);
  }
  sinks.all.begin(info_of(command));
  report_results(results, summary, sinks.all);
  return end_run(results, summary, outside, sinks, err);
}

constexpr std::array kRandomFlags{"sequences", "length", "seed", "failures"};

bool read_random_options(const CommandLine& command_line, RandomOptions& options,
                         std::ostream& err) {
  const auto kind = command_line.value("random");
  if (!kind) {
    for (const char* flag : kRandomFlags) {
      if (!command_line.has(flag)) continue;
      err << "sweepcheck: --" << flag << " goes with --random KIND only\n";
      return false;
    }
    return true;
  }
  if (!command_line.arguments.empty() || command_line.has("filter")) {
    err << "sweepcheck: --random draws its own scenarios: give it no PATH and no --filter\n";
    return false;
  }
  const auto count = [&](const char* flag, std::uint64_t most, std::uint32_t& out) {
    const auto text = command_line.value(flag);
    if (!text) return true;
    const std::uint64_t number = text->size() > 9 ? most + 1 : std::stoull(*text);
    out = static_cast<std::uint32_t>(number);
    if (number <= most) return true;
    err << "sweepcheck: --" << flag << ' ' << *text << ": must be at most " << most << '\n';
    return false;
  };
  const bool clients = *kind == random_kind_name(RandomKind::kClients);
  options.kind = clients ? RandomKind::kClients : RandomKind::kMetadata;
  options.length = clients ? 12 : 1000;
  options.failures = command_line.value("failures").value_or(options.failures);
  return count("sequences", 1'000'000, options.sequence_count) &&
         count("length", clients ? 100 : 5'000, options.length) &&
         read_seed(command_line, options.seed, err);
}

int perform_random(const std::string& command, const RandomOptions& options,
                   const std::vector<Containerd>& daemons, const RigPoolSettings& settings,
                   const OutsideView& outside, ReportSinks& sinks, std::ostream& err) {
  err << "sweepcheck: seed " << options.seed << '\n';
  const RandomOutcome outcome = conform_random(options, daemons, settings, outside);
  RunSummary summary;
  summary.scenario_count = options.sequence_count;
  for (const std::string& error : outcome.errors) err << "sweepcheck: " << error << '\n';
  err << fmt::format("sweepcheck: {} operations in {:.1f} s, {:.1f} a second for each daemon\n",
                     outcome.step_count, outcome.seconds,
                     static_cast<double>(outcome.step_count) / outcome.seconds /
                         static_cast<double>(daemons.size()));
  RunInfo info = info_of(command);
  info.seed = options.seed;
  sinks.all.begin(info);
  report_results(outcome.results, summary, sinks.all);
  for (const DistributionEvent& event : outcome.distribution.events()) {
    sinks.all.distribution(event);
  }
  // Results that held have lost their steps.
  summary.step_count = outcome.step_count;
  const int status = end_run(outcome.results, summary, outside, sinks, err);
  return outcome.errors.empty() ? status : exit_status::kBadUse;
}

bool pulls_by_library(const std::vector<Scenario>& scenarios) {
  const auto pulls = [](const ScenarioStep& step) {
    return step.by == Client::kLibrary && step.verb == "pull";
  };
  return std::any_of(scenarios.begin(), scenarios.end(), [&](const Scenario& scenario) {
    return std::any_of(scenario.steps.begin(), scenario.steps.end(), pulls);
  });
}

}  // namespace

int conform_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  RandomOptions random;
  if (!read_random_options(command_line, random, err)) return exit_status::kBadUse;
  const bool draws = command_line.has("random");
  std::vector<Scenario> scenarios;
  if (!draws && !read_scenarios(command_line, {}, scenarios, err)) return exit_status::kBadUse;
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
  if (!open_reports(command_line, input_files(command_line, scenarios), out, err, sinks)) {
    return exit_status::kBadUse;
  }
  std::vector<Job> jobs = make_jobs(scenarios, daemons);
  if (!draws && jobs.empty()) {
    err << "sweepcheck: nothing to perform: no scenario holds for these daemons\n";
    return exit_status::kNothingRan;
  }
  const bool keep = command_line.has("keep");
  std::string command = "conform";
  if (draws) {
    command += fmt::format(" --random {} --seed {} --sequences {} --length {}",
                           random_kind_name(random.kind), random.seed, random.sequence_count,
                           random.length);
  }
  for (const std::string& argument : command_line.arguments) command += " " + shell_word(argument);
  IsolationOptions how{.keep = keep};
  if (draws || pulls_by_library(scenarios)) how.writable = library_client_caches();
  const Isolated isolated = run_isolated(how, [&](const IsolatedPlace& place) {
    RigPoolSettings settings{.registry_program = registry,
                             .folder = place.folder,
                             .no_containers = place.no_control_groups,
                             .keep = keep,
                             .thread_count = thread_count_of(command_line, kDaemonCountMax)};
    const OutsideView& outside = *place.outside;
    if (draws) return perform_random(command, random, daemons, settings, outside, sinks, err);
    if (settings.no_containers.empty()) settings.no_containers = why_no_containers(place.folder);
    return perform_library(command, jobs, scenarios.size(), settings, outside, sinks, err);
  });
  if (!isolated.possible) {
    err << "sweepcheck: no daemon can be run here: " << isolated.reason << '\n';
    return exit_status::kBadUse;
  }
  if (isolated.interrupted) {
    err << "sweepcheck: interrupted; its daemons have ended, and nothing is left mounted\n";
  }
  if (keep) err << "sweepcheck: kept " << isolated.folder.string() << '\n';
  return isolated.status;
}

int run_conform_program(const std::vector<std::string>& arguments, std::ostream& out,
                        std::ostream& err) {
  const ParsedCommandLine parsed = parse_command_line(arguments);
  if (!parsed.error.empty()) {
    err << "sweepcheck: " << parsed.error << '\n';
    return exit_status::kBadUse;
  }
  if (parsed.command_line.command != "conform") {
    err << "sweepcheck: sweepcheck-conform performs 'conform' alone: use sweepcheck for all else\n";
    return exit_status::kBadUse;
  }
  return conform_command(parsed.command_line, out, err);
}

}  // namespace sweepcheck
