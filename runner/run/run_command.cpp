// `sweepcheck run`: many replays on several threads, reported in one fixed order.
#include "runner/run/run_command.hpp"

#include <unistd.h>

#include <algorithm>

#include "replay/jobs.hpp"
#include "replay/property_event.hpp"
#include "replay/replay.hpp"
#include "reports/escape.hpp"
#include "reports/output/terminal.hpp"
#include "runner/cli/options.hpp"
#include "runner/cli/report_sinks.hpp"

namespace sweepcheck {
namespace {

struct Job {
  const Scenario* scenario = nullptr;
  const Profile* profile = nullptr;
  ScenarioResult result;
  std::uint64_t expectation_count = 0;
};

// The flags that a replay depends on, for its one line to copy.
std::string replay_flags(const CommandLine& command_line) {
  std::string out;
  for (const char* flag : {"config", "set", "image"}) {
    for (const std::string& value : command_line.values(flag)) {
      out += " --" + std::string(flag) + " " + shell_word(value);
    }
  }
  return out;
}

std::string command_text(const CommandLine& command_line) {
  std::string out = "run";
  for (const char* flag : {"trace", "profile", "config", "set", "image", "filter"}) {
    for (const std::string& value : command_line.values(flag)) {
      out += " --" + std::string(flag) + (value.empty() ? "" : " " + shell_word(value));
    }
  }
  for (const std::string& path : command_line.arguments) out += " " + shell_word(path);
  return out;
}

void replay_all(std::vector<Job>& jobs, const CommonOptions& common, bool trace,
                std::size_t thread_count) {
  Progress progress("replaying", jobs.size());
  for_each_job(jobs.size(), thread_count, [&](std::size_t i) {
    Job& job = jobs[i];
    Replay replay(*job.scenario, {.profile = job.profile,
                                  .trace = trace,
                                  .policy = common.policy,
                                  .settings = common.settings});
    job.result = replay.run();
    job.expectation_count = replay.expectation_count();
    progress.advance();
  });
}

// True if the scenario is for all of containerd: then it is for any release, too.
bool is_for_all(const Scenario& scenario) {
  return std::all_of(profiles().begin(), profiles().end(), [&](const Profile& profile) {
    return names_profile(scenario.profiles, profile);
  });
}

// What is to be played: the profiles that the command line leaves, and whether it chose them; if
// not, a scenario's own releases are played, too, where they read the configuration.
struct Choice {
  std::vector<std::string> profiles;
  bool all = true;
  std::int64_t config_version = 0;
};

std::vector<std::string> profiles_to_play(const Scenario& scenario, const Choice& choice) {
  std::vector<std::string> out;
  const std::vector<std::string>& chosen = choice.profiles;
  for (const std::string& name : scenario.profiles) {
    const bool is_chosen = std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    const Profile& profile = *find_profile(name);
    const bool is_own = choice.all && profile.name == profile.release &&
                        profile.highest_config_version >= choice.config_version;
    if (is_chosen || is_own) out.push_back(name);
  }
  if (choice.all) return out;
  const bool for_all = is_for_all(scenario);
  for (const std::string& name : chosen) {
    if (std::find(out.begin(), out.end(), name) != out.end()) continue;
    if (for_all || names_profile(scenario.profiles, *find_profile(name))) out.push_back(name);
  }
  return out;
}

std::vector<Job> make_jobs(const std::vector<Scenario>& scenarios, const Choice& choice) {
  std::vector<Job> jobs;
  for (const Scenario& scenario : scenarios) {
    for (const std::string& name : profiles_to_play(scenario, choice)) {
      Job job;
      job.scenario = &scenario;
      job.profile = find_profile(name);
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

int report(std::vector<Job>& jobs, std::size_t scenario_count, const CommandLine& command_line,
           ReportSinks& sinks, std::ostream& err) {
  RunSummary summary;
  summary.scenario_count = scenario_count;
  RunInfo info = run_info(command_text(command_line));
  info.trace = command_line.has("trace");
  sinks.all.begin(info);
  report_properties(replay_properties(), sinks.all);
  const std::string flags = replay_flags(command_line);
  for (Job& job : jobs) {
    job.result.file = job.scenario->file;
    job.result.folder = folder_of(job.scenario->file);
    job.result.reproduce = "sweepcheck run --trace --profile " + job.result.profile + flags + " " +
                           shell_word(job.scenario->file);
    count(job.result, job.expectation_count, summary);
    report_scenario(job.result, sinks.all);
  }
  const int status = summary.failed_count > 0 ? exit_status::kFailed : exit_status::kHeld;
  return end_reports(sinks, summary, err) ? status : exit_status::kBadUse;
}

}  // namespace

int run_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  CommonOptions common;
  std::vector<std::string> chosen = profile_names();
  if (!read_common_options(command_line, common, err) ||
      !take_profiles(command_line, common, chosen, err)) {
    return exit_status::kBadUse;
  }
  std::vector<Scenario> scenarios;
  if (!read_scenarios(command_line, common.overrides, scenarios, err)) return exit_status::kBadUse;
  ReportSinks sinks;
  if (!open_reports(command_line, input_files(command_line, scenarios), out, err, sinks)) {
    return exit_status::kBadUse;
  }
  std::vector<Job> jobs =
      make_jobs(scenarios, {chosen, command_line.values("profile").empty(), common.config_version});
  if (jobs.empty()) {
    err << "sweepcheck: nothing to replay: no scenario matches\n";
    return exit_status::kNothingRan;
  }
  replay_all(jobs, common, command_line.has("trace"),
             thread_count_of(command_line, kThreadCountMax));
  return report(jobs, scenarios.size(), command_line, sinks, err);
}

}  // namespace sweepcheck
