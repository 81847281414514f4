// The report for people: each failure (with a trace, each scenario) as it comes, then one line a
// folder and one sentence for the whole.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

std::string_view colour_of(LineRole role) {
  switch (role) {
    case LineRole::kStep:
      return kBold;
    case LineRole::kSuccess:
      return kGreen;
    case LineRole::kError:
      return kYellow;
    case LineRole::kChange:
      return kDim;
    case LineRole::kFinding:
      return kRed;
  }
  return "";
}

class TextReporter final : public Reporter {
 public:
  TextReporter(std::ostream& out, ReportStyle style) : out_(out), style_(style) {}

  void begin(const RunInfo& info) override { trace_ = info.trace; }

  void scenario(const ScenarioResult& result) override {
    summary_.add(result);
    if (result.verdict == Verdict::kSkipped) note_skipped(result);
    if (result.verdict != Verdict::kFailed && !trace_) return;
    write_heading(result);
    if (result.verdict == Verdict::kSkipped) {
      out_ << "  " << printable(result.reason) << '\n';
    } else {
      write_lines(trace_ ? trace_lines(result) : failure_lines(result));
    }
    if (result.verdict == Verdict::kFailed) {
      out_ << "  reproduce: " << printable(result.reproduce) << '\n';
    }
    out_ << '\n';
  }

  void end(const RunSummary& summary) override {
    write_skipped();
    write_table();
    const std::string_view colour = summary.failed_count > 0 ? kRed : kGreen;
    out_ << coloured(summary_sentence(summary), colour) << '\n';
  }

 private:
  std::string coloured(std::string_view text, std::string_view colour) const {
    return style_.colour ? fmt::format("{}{}{}", colour, text, kReset) : std::string(text);
  }

  void write_heading(const ScenarioResult& result) {
    std::string verdict;
    switch (result.verdict) {
      case Verdict::kHeld:
        verdict = coloured("held", kGreen);
        break;
      case Verdict::kFailed:
        verdict = coloured("FAILED", kRed);
        break;
      case Verdict::kSkipped:
        verdict = coloured("skipped", kYellow);
        break;
    }
    out_ << fmt::format("{} {} [{}]\n", verdict, printable(result.file), printable(result.profile));
    if (!result.about.empty()) out_ << "  " << printable(result.about) << '\n';
  }

  void write_lines(const std::vector<ReportLine>& lines) {
    for (const ReportLine& line : lines) {
      out_ << fmt::format("{:{}}{}\n", "", 2 + 2 * line.depth,
                          coloured(line.text, colour_of(line.role)));
    }
  }

  void note_skipped(const ScenarioResult& result) {
    for (auto& [reason, files] : skipped_) {
      if (reason != result.reason) continue;
      if (files.back() != result.file) files.push_back(result.file);
      return;
    }
    skipped_.push_back({result.reason, {result.file}});
  }

  void write_skipped() {
    for (const auto& [reason, files] : skipped_) {
      out_ << coloured("skipped: ", kYellow) << printable(reason) << '\n';
      for (const std::string& file : files) out_ << "  " << printable(file) << '\n';
    }
    if (!skipped_.empty()) out_ << '\n';
  }

  void write_table() {
    std::vector<FolderTotals> rows = summary_.folders();
    if (rows.empty()) return;
    rows.push_back(summary_.total());
    std::size_t width = 6;
    for (const FolderTotals& row : rows) width = std::max(width, printable(row.folder).size());
    out_ << coloured(
                fmt::format("{:<{}}  scenarios  replays    held  failed  skipped", "folder", width),
                kBold)
         << '\n';
    for (const FolderTotals& row : rows) {
      const std::string line =
          fmt::format("{:<{}}  {:>9}  {:>7}  {:>6}  {:>6}  {:>7}", printable(row.folder), width,
                      row.scenario_count, row.replay_count, row.held_count, row.failed_count,
                      row.skipped_count);
      out_ << (row.failed_count > 0 ? coloured(line, kRed) : line) << '\n';
    }
    out_ << '\n';
  }

  std::ostream& out_;
  ReportStyle style_;
  bool trace_ = false;
  FolderSummary summary_;
  /// Reasons in the order of their first appearance, each with its files.
  std::vector<std::pair<std::string, std::vector<std::string>>> skipped_;
};

}  // namespace

constinit const ReportKind kTextReport{
    "text", "what failed, and one line a folder, for people",
    [](std::ostream& out, ReportStyle style) -> std::unique_ptr<Reporter> {
      return std::make_unique<TextReporter>(out, style);
    }};

}  // namespace sweepcheck
