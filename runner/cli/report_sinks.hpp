// Where reports go: `--report KIND:out=FILE`, as often as wanted.
#pragma once

#include <memory>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "reports/reporter.hpp"
#include "runner/cli/command_line.hpp"

namespace sweepcheck {

/// One kind of report: to standard output, or whole into a file at the end.
struct ReportSink {
  ReportRequest request;
  std::ostringstream buffer;
  std::unique_ptr<Reporter> reporter;
};

/// All reports of a run: what `all` is told, each of them is told.
struct ReportSinks {
  std::vector<std::unique_ptr<ReportSink>> sinks;
  ReporterGroup all;

  /// True if one of them is text on standard output: a person reads it as it comes.
  bool has_text_on_output() const;
};

/// What every run says of itself: this version, the command line, and the folder that it runs in.
RunInfo run_info(std::string command);

/// Makes a sink for each --report (text, if there is none); false, with the reason on `err`, if one
/// of them can't be: what would fail after the work, or overwrite one of `inputs`, is refused
/// before it.
bool open_reports(const CommandLine& command_line, std::span<const std::string> inputs,
                  std::ostream& out, std::ostream& err, ReportSinks& sinks);

/// Ends all reports and writes their files; false if one could not be written. Throws
/// std::bad_alloc if one took too much memory.
bool end_reports(ReportSinks& sinks, const RunSummary& summary, std::ostream& err);

/// The folder under which a scenario counts in summaries: the last of its path.
std::string folder_of(const std::string& file);

/// Adds a result to the sums.
void count(const ScenarioResult& result, std::uint64_t expectation_count, RunSummary& summary);

}  // namespace sweepcheck
