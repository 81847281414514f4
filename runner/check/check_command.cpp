// `sweepcheck check`: replays what was saved, searches, shrinks what it finds, saves and reports.
#include "runner/check/check_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <mutex>

#include "properties/search/shrink.hpp"
#include "replay/jobs.hpp"
#include "reports/escape.hpp"
#include "reports/output/atomic_file.hpp"
#include "reports/output/terminal.hpp"
#include "runner/check/check_report.hpp"
#include "runner/check/saved_failures.hpp"
#include "runner/cli/options.hpp"
#include "runner/cli/report_sinks.hpp"

namespace sweepcheck {
namespace {

constexpr std::array kFlagsOfCheck{"seed",     "histories", "length",   "time",
                                   "property", "policy",    "failures", "jobs"};

void search_all(CheckOptions& options, CheckOutcome& outcome) {
  const auto start = std::chrono::steady_clock::now();
  const bool draws = is_terminal(STDERR_FILENO);
  std::mutex mutex;
  std::uint64_t shown = 0;
  if (options.time_limit > 0) {
    options.search.is_over = [&] {
      return std::chrono::steady_clock::now() - start >=
             std::chrono::nanoseconds(options.time_limit);
    };
  }
  if (draws) {
    options.search.progress = [&](std::uint64_t done, std::uint64_t all) {
      const std::scoped_lock lock(mutex);
      if (done < shown + 16 && done != all) return;
      shown = done;
      const std::string of = options.time_limit > 0 ? "" : fmt::format("/{}", all * kChunkSize);
      std::cerr << fmt::format("\rsearching {}{} histories\x1b[K", done * kChunkSize, of)
                << std::flush;
    };
  }
  outcome.result = search(options.search);
  if (draws) std::cerr << "\r\x1b[K" << std::flush;
}

struct ShrinkJob {
  std::size_t cell = 0;
  Shrunk shrunk;
};

// What is claimed and refuted is shrunk under each policy; what is known to be false, under the
// first of each profile only.
std::vector<ShrinkJob> choose_jobs(const CheckOptions& options, const SearchResult& result) {
  std::vector<ShrinkJob> jobs;
  std::vector<std::pair<const Property*, std::string_view>> known;
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    const Cell& cell = result.cells[i];
    if (!cell.refuted_by) continue;
    if (!cell.is_surprise()) {
      const std::pair key{cell.property, options.search.policies[cell.policy].profile->name};
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      known.push_back(key);
    }
    jobs.push_back({i, {}});
  }
  return jobs;
}

void shrink_all(const CheckOptions& options, const SearchResult& result,
                std::vector<ShrinkJob>& jobs) {
  Progress progress("shrinking", jobs.size());
  for_each_job(jobs.size(), options.search.jobs, [&](std::size_t i) {
    const Cell& cell = result.cells[jobs[i].cell];
    jobs[i].shrunk =
        shrink(draw_history(options.search.seed, *cell.refuted_by, options.search.generator),
               options.search.policies[cell.policy], *cell.property);
    progress.advance();
  });
}

// One history that refutes one property is one finding, under however many policies.
void gather_findings(const CheckOptions& options, CheckOutcome& outcome) {
  std::vector<ShrinkJob> jobs = choose_jobs(options, outcome.result);
  shrink_all(options, outcome.result, jobs);
  std::vector<const History*> histories;
  for (const ShrinkJob& job : jobs) {
    const Cell& cell = outcome.result.cells[job.cell];
    bool known = false;
    for (std::size_t i = 0; i < histories.size() && !known; ++i) {
      CheckFinding& finding = outcome.findings[i];
      known = finding.property == cell.property && *histories[i] == job.shrunk.history &&
              outcome.result.cells[finding.cells.front()].is_surprise() == cell.is_surprise();
      if (known) finding.cells.push_back(job.cell);
    }
    if (known) continue;
    CheckFinding finding;
    finding.property = cell.property;
    finding.cells = {job.cell};
    finding.message = job.shrunk.message;
    finding.counterexample = make_counterexample(
        job.shrunk.history, options.search.policies[cell.policy], *cell.property, finding.message);
    outcome.inconsistent = outcome.inconsistent || !finding.counterexample.confirmed;
    outcome.findings.push_back(std::move(finding));
    histories.push_back(&job.shrunk.history);
  }
}

// Only surprises are saved: what is known to be false is not a failure to come back to.
bool save_findings(const CheckOptions& options, CheckOutcome& outcome, std::ostream& err) {
  if (options.failures.empty()) return true;
  for (CheckFinding& finding : outcome.findings) {
    const Cell& cell = outcome.result.cells[finding.cells.front()];
    if (!cell.is_surprise()) continue;
    finding.file =
        (std::filesystem::path(options.failures) /
         fmt::format("{}.{}.json", cell.property->name, options.search.policies[cell.policy].name))
            .string();
    if (const auto error = write_file_atomically(finding.file, finding.counterexample.text)) {
      return fail(err, *error);
    }
  }
  return true;
}

std::string command_text(const CommandLine& command_line) {
  std::string out = "check";
  for (const char* flag : kFlagsOfCheck) {
    for (const std::string& value : command_line.values(flag)) {
      out += " --" + std::string(flag) + " " + shell_word(value);
    }
  }
  return out;
}

bool report(const CommandLine& command_line, const CheckOptions& options,
            const CheckOutcome& outcome, ReportSinks& sinks, std::ostream& err) {
  RunInfo info = run_info(command_text(command_line));
  info.seed = options.search.seed;
  sinks.all.begin(info);
  return end_reports(sinks, report_check(options, outcome, sinks.all), err);
}

}  // namespace

int check_command(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  CheckOptions options;
  ReportSinks sinks;
  if (!read_check_options(command_line, options, err) ||
      !open_reports(command_line, {}, out, err, sinks)) {
    return exit_status::kBadUse;
  }
  CheckOutcome outcome;
  if (!options.failures.empty() && !replay_saved(options.failures, outcome.saved, err)) {
    return exit_status::kBadUse;
  }
  search_all(options, outcome);
  gather_findings(options, outcome);
  if (!save_findings(options, outcome, err)) return exit_status::kBadUse;
  if (!report(command_line, options, outcome, sinks, err)) return exit_status::kBadUse;
  if (outcome.inconsistent) {
    err << "sweepcheck: internal error: the replay of a counterexample's file doesn't refute its "
           "property\n";
    return exit_status::kInternal;
  }
  if (outcome.surprise_count() > 0) return exit_status::kFailed;
  if (outcome.unanswered_count() > 0) {
    err << "sweepcheck: time was up before each policy had a history; give a longer --time, or "
           "fewer policies\n";
    return exit_status::kOutOfBudget;
  }
  return exit_status::kHeld;
}

}  // namespace sweepcheck
