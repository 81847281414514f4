#include "runner/report_sinks.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "runner/atomic_file.hpp"
#include "runner/terminal.hpp"

namespace sweepcheck {

bool open_reports(const CommandLine& command_line, std::ostream& out, std::ostream& err,
                  ReportSinks& sinks) {
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
    auto sink = std::make_unique<ReportSink>();
    sink->request = *request;
    const bool to_out = request->file.empty();
    const ReportStyle style{to_out && &out == &std::cout &&
                            wants_colour(STDOUT_FILENO, command_line)};
    sink->reporter = kind->make(to_out ? out : sink->buffer, style);
    sinks.push_back(std::move(sink));
  }
  return true;
}

bool end_reports(ReportSinks& sinks, const RunSummary& summary, std::ostream& err) {
  bool written = true;
  for (auto& sink : sinks) {
    sink->reporter->end(summary);
    if (sink->request.file.empty()) continue;
    if (const auto error = write_file_atomically(sink->request.file, sink->buffer.str())) {
      err << "sweepcheck: " << *error << '\n';
      written = false;
    }
  }
  return written;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  const std::string folder = file.substr(0, slash);
  const std::size_t parent = folder.rfind('/');
  return parent == std::string::npos ? folder : folder.substr(parent + 1);
}

std::string shell_word(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;!#~") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void count(const ScenarioResult& result, std::uint64_t expectation_count, RunSummary& summary) {
  ++summary.replay_count;
  ++(result.verdict == Verdict::kHeld     ? summary.held_count
     : result.verdict == Verdict::kFailed ? summary.failed_count
                                          : summary.skipped_count);
  summary.step_count += result.steps.size();
  summary.expectation_count += expectation_count;
}

}  // namespace sweepcheck
