#include "runner/cli/report_sinks.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iostream>
#include <new>
#include <system_error>

#include "reports/output/atomic_file.hpp"
#include "reports/version.hpp"
#include "runner/cli/options.hpp"

namespace sweepcheck {

namespace {

namespace fs = std::filesystem;

// One name for all that lead to the same place.
std::string place_of(const std::string& file) {
  if (file.empty()) return "";
  std::error_code error;
  const fs::path place = fs::weakly_canonical(file, error);
  return error ? file : place.string();
}

// Why a report can't go to this file, or "". Asked before the work, which can take hours.
std::string obstacle(const std::string& file, std::span<const std::string> inputs) {
  if (file.empty()) return "";
  std::error_code error;
  for (const std::string& input : inputs) {
    if (fs::equivalent(file, input, error)) return "this file is an input";
  }
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) return std::make_error_code(std::errc::is_a_directory).message();
  const fs::path folder = fs::path(file).parent_path();
  const bool replaced = !fs::exists(status) || fs::is_regular_file(status);
  const std::string written = !replaced ? file : folder.empty() ? "." : folder.string();
  return access(written.c_str(), W_OK) == 0 ? "" : std::generic_category().message(errno);
}

}  // namespace

bool ReportSinks::has_text_on_output() const {
  return std::any_of(sinks.begin(), sinks.end(), [](const auto& sink) {
    return sink->request.kind == "text" && sink->request.file.empty();
  });
}

RunInfo run_info(std::string command) {
  std::error_code error;
  const fs::path folder = fs::current_path(error);
  return {.version = std::string(kVersion),
          .command = std::move(command),
          .folder = error ? "" : folder.string()};
}

bool open_reports(const CommandLine& command_line, std::span<const std::string> inputs,
                  std::ostream& out, std::ostream& err, ReportSinks& sinks) {
  std::vector<std::string> wanted = command_line.values("report");
  if (wanted.empty()) wanted.emplace_back("text");
  std::vector<std::string> places;
  for (const std::string& value : wanted) {
    const auto request = parse_report_request(value);
    const ReportKind* kind = request ? find_report_kind(request->kind) : nullptr;
    if (!kind) {
      err << "sweepcheck: --report " << value << ": no such kind\n";
      return false;
    }
    if (const std::string why = obstacle(request->file, inputs); !why.empty()) {
      err << "sweepcheck: --report " << value << ": can't be written: " << why << '\n';
      return false;
    }
    const std::string place = place_of(request->file);
    if (std::find(places.begin(), places.end(), place) != places.end()) {
      err << "sweepcheck: two reports can't go to the same place ("
          << (place.empty() ? "standard output" : request->file) << ")\n";
      return false;
    }
    places.push_back(place);
    auto sink = std::make_unique<ReportSink>();
    sink->request = *request;
    const bool to_out = request->file.empty();
    const ReportStyle style{to_out && &out == &std::cout &&
                            wants_colour(STDOUT_FILENO, command_line)};
    sink->reporter = kind->make(to_out ? out : sink->buffer, style);
    sinks.all.add(*sink->reporter);
    sinks.sinks.push_back(std::move(sink));
  }
  return true;
}

bool end_reports(ReportSinks& sinks, const RunSummary& summary, std::ostream& err) {
  bool written = true;
  sinks.all.end(summary);
  for (auto& sink : sinks.sinks) {
    if (sink->request.file.empty()) continue;
    // A stream without memory for more says so with its state alone.
    if (!sink->buffer) throw std::bad_alloc();
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

void count(const ScenarioResult& result, std::uint64_t expectation_count, RunSummary& summary) {
  ++summary.replay_count;
  ++(result.verdict == Verdict::kHeld     ? summary.held_count
     : result.verdict == Verdict::kFailed ? summary.failed_count
                                          : summary.skipped_count);
  summary.step_count += result.steps.size();
  summary.expectation_count += expectation_count;
}

}  // namespace sweepcheck
