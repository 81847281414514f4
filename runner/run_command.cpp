// `sweepcheck run`: many replays on several threads, reported in one fixed order.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "runner/atomic_file.hpp"
#include "runner/commands.hpp"
#include "runner/replay.hpp"
#include "runner/terminal.hpp"

namespace sweepcheck {
namespace {

struct Job {
  const Scenario* scenario = nullptr;
  const Profile* profile = nullptr;
  ScenarioResult result;
  std::uint64_t expectation_count = 0;
};

// The path below the scenario's library names its folder in the summary.
std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  const std::string folder = file.substr(0, slash);
  const std::size_t parent = folder.rfind('/');
  return parent == std::string::npos ? folder : folder.substr(parent + 1);
}

// Words that the shell would split or expand are put in quotes.
std::string quoted(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;!#~") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The flags that a replay depends on, for its one line to copy.
std::string replay_flags(const CommandLine& command_line) {
  std::string out;
  for (const char* flag : {"config", "set", "image"}) {
    for (const std::string& value : command_line.values(flag)) {
      out += " --" + std::string(flag) + " " + quoted(value);
    }
  }
  return out;
}

std::string command_text(const CommandLine& command_line) {
  std::string out = "run";
  for (const char* flag : {"trace", "profile", "config", "set", "image", "filter"}) {
    for (const std::string& value : command_line.values(flag)) {
      out += " --" + std::string(flag) + (value.empty() ? "" : " " + quoted(value));
    }
  }
  for (const std::string& path : command_line.arguments) out += " " + quoted(path);
  return out;
}

// One kind of report and where it goes: to standard output, or whole into a file at the end.
struct Sink {
  ReportRequest request;
  std::ostringstream buffer;
  std::unique_ptr<Reporter> reporter;
};

bool open_sinks(const CommandLine& command_line, std::ostream& out, std::ostream& err,
                std::vector<std::unique_ptr<Sink>>& sinks) {
  std::vector<std::string> wanted = command_line.values("report");
  if (wanted.empty()) wanted.emplace_back("text");
  std::vector<std::string> files;
  for (const std::string& value : wanted) {
    const auto request = parse_report_request(value);
    const ReportKind* kind = request ? find_report_kind(request->kind) : nullptr;
    if (!kind) {
      err << "sweepcheck: --report " << value << ": no such kind\n";
      return false;
    }
    if (std::find(files.begin(), files.end(), request->file) != files.end()) {
      err << "sweepcheck: two reports can't go to the same place ("
          << (request->file.empty() ? "standard output" : request->file) << ")\n";
      return false;
    }
    files.push_back(request->file);
    auto sink = std::make_unique<Sink>();
    sink->request = *request;
    const bool to_out = request->file.empty();
    const ReportStyle style{to_out && &out == &std::cout &&
                            wants_colour(STDOUT_FILENO, command_line)};
    sink->reporter = kind->make(to_out ? out : sink->buffer, style);
    sinks.push_back(std::move(sink));
  }
  return true;
}

void replay_all(std::vector<Job>& jobs, const CommonOptions& common, bool trace,
                std::size_t thread_count) {
  Progress progress("replaying", jobs.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) {
      Job& job = jobs[i];
      Replay replay(*job.scenario, {.profile = job.profile,
                                    .trace = trace,
                                    .policy = common.policy,
                                    .settings = common.settings});
      job.result = replay.run();
      job.expectation_count = replay.expectation_count();
      progress.advance();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(thread_count, jobs.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

std::vector<Job> make_jobs(const std::vector<Scenario>& scenarios,
                           const std::vector<std::string>& chosen) {
  std::vector<Job> jobs;
  for (const Scenario& scenario : scenarios) {
    for (const std::string& name : scenario.profiles) {
      if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), name) == chosen.end()) {
        continue;
      }
      Job job;
      job.scenario = &scenario;
      job.profile = find_profile(name);
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

int report(std::vector<Job>& jobs, std::size_t scenario_count, const CommandLine& command_line,
           std::vector<std::unique_ptr<Sink>>& sinks, std::ostream& err) {
  RunSummary summary;
  summary.scenario_count = scenario_count;
  for (auto& sink : sinks) {
    sink->reporter->begin(
        {std::string(kVersion), command_text(command_line), command_line.has("trace")});
  }
  const std::string flags = replay_flags(command_line);
  for (Job& job : jobs) {
    job.result.file = job.scenario->file;
    job.result.folder = folder_of(job.scenario->file);
    job.result.reproduce = "sweepcheck run --trace --profile " + job.result.profile + flags + " " +
                           quoted(job.scenario->file);
    ++summary.replay_count;
    ++(job.result.verdict == Verdict::kHeld     ? summary.held_count
       : job.result.verdict == Verdict::kFailed ? summary.failed_count
                                                : summary.skipped_count);
    summary.step_count += job.result.steps.size();
    summary.expectation_count += job.expectation_count;
    for (auto& sink : sinks) sink->reporter->scenario(job.result);
  }
  int status = summary.failed_count > 0 ? exit_status::kFailed : exit_status::kHeld;
  for (auto& sink : sinks) {
    sink->reporter->end(summary);
    if (sink->request.file.empty()) continue;
    if (const auto error = write_file_atomically(sink->request.file, sink->buffer.str())) {
      err << "sweepcheck: " << *error << '\n';
      status = exit_status::kBadUse;
    }
  }
  return status;
}

}  // namespace

int run_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  CommonOptions common;
  if (!read_common_options(command_line, common, err)) return exit_status::kBadUse;
  std::vector<std::string> paths = command_line.arguments;
  if (paths.empty()) paths.push_back(library_path());
  Diagnostics diagnostics;
  std::vector<std::string> files = find_scenarios(paths, diagnostics);
  if (const auto filter = command_line.value("filter")) {
    std::erase_if(files, [&](const std::string& file) {
      return !matches_pattern(file, "*" + *filter + "*");
    });
  }
  std::vector<Scenario> scenarios;
  for (const std::string& file : files) {
    ScenarioResultOrDiagnostics read = read_scenario(file, common.overrides);
    diagnostics.insert(diagnostics.end(), read.diagnostics.begin(), read.diagnostics.end());
    if (read.scenario) scenarios.push_back(std::move(*read.scenario));
  }
  print_diagnostics(diagnostics, err);
  if (has_errors(diagnostics)) return exit_status::kBadUse;
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!open_sinks(command_line, out, err, sinks)) return exit_status::kBadUse;
  std::vector<Job> jobs = make_jobs(scenarios, command_line.values("profile"));
  if (jobs.empty()) {
    err << "sweepcheck: nothing to replay: no scenario matches\n";
    return exit_status::kNothingRan;
  }
  std::size_t thread_count = std::max(1U, std::thread::hardware_concurrency());
  if (const auto chosen = command_line.value("jobs")) thread_count = std::stoul(*chosen);
  replay_all(jobs, common, command_line.has("trace"), std::min<std::size_t>(thread_count, 64));
  return report(jobs, scenarios.size(), command_line, sinks, err);
}

}  // namespace sweepcheck
