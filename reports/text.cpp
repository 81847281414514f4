// The report for people: each failure (with a trace, each scenario) as it comes, a matrix with its
// counterexamples, tables, then one line a folder and one sentence for the whole.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/escape.hpp"
#include "reports/grid.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"
#include "reports/matrix_text.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

/// Shares run on in lines of this width, since each is only a few characters.
constexpr std::size_t kShareLineMax = 96;

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
    case LineRole::kPlain:
      return "";
  }
  return "";
}

class TextReporter final : public Reporter {
 public:
  TextReporter(std::ostream& out, ReportStyle style) : out_(out), style_(style) {}

  void begin(const RunInfo& info) override {
    trace_ = info.trace;
    if (info.seed) out_ << fmt::format("seed {}\n\n", *info.seed);
  }

  void scenario(const ScenarioResult& result) override {
    summary_.add(result);
    if (result.verdict == Verdict::kSkipped) note_skipped(result);
    const bool remarkable = result.verdict == Verdict::kHeld && !result.reason.empty();
    if (result.verdict != Verdict::kFailed && !trace_ && !remarkable) return;
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

  void fault(const FaultEvent& fault) override {
    out_ << coloured(fmt::format("fault of a daemon in {} [{}]:", printable(fault.scenario->file),
                                 printable(fault.scenario->profile)),
                     kRed)
         << '\n';
    for (const std::string& line : fault.lines) out_ << "  " << printable(line) << '\n';
    out_ << '\n';
  }

  void matrix(const MatrixEvent& matrix) override { matrix_.emplace(matrix); }

  void cell(const CellEvent& cell) override {
    if (matrix_) matrix_->add(cell);
    if (cell.verdict != CellVerdict::kNotFound) return;
    not_found_ += fmt::format("\n{} under {}: {}\n",
                              coloured("NOT REFUTED " + printable(cell.property), kRed),
                              printable(cell.policy), printable(cell.message));
  }

  void counterexample(const CounterexampleEvent& counterexample) override {
    write_matrix();
    const bool fails = is_failure(counterexample.verdict);
    const std::string heading = counterexample_heading(counterexample);
    gap_ = true;
    out_ << '\n' << (fails ? coloured(heading, kRed) : heading) << '\n';
    write_lines(counterexample_lines(counterexample));
    out_ << "  again: " << printable(counterexample.reproduce) << '\n';
  }

  void distribution(const DistributionEvent& distribution) override {
    write_matrix();
    if (distribution.rows.empty()) return;
    if (distribution.whole_count > 0) {
      write_shares(distribution);
    } else {
      write_grid("", grid_of(distribution));
    }
    const std::string averages = averages_text(distribution);
    if (!averages.empty()) out_ << "  on average " << averages << '\n';
    out_ << '\n';
  }

  void series(const SeriesEvent& series) override {
    write_grid(series.name, grid_of(series));
    out_ << '\n';
  }

  void table(const TableEvent& table) override {
    write_grid(table.title, grid_of(table));
    out_ << '\n';
  }

  void graph(const GraphEvent& graph) override {
    write_grid(graph.title, grid_of(graph));
    out_ << '\n';
  }

  void end(const RunSummary& summary) override {
    write_matrix();
    write_gap();
    write_skipped();
    if (summary.replay_count > 0 || (!summary.matrix && !has_figures_)) {
      write_table();
      const std::string_view colour = summary.failed_count > 0 ? kRed : kGreen;
      out_ << coloured(summary_sentence(summary), colour) << '\n';
    }
    if (!summary.matrix) return;
    const bool failed = summary.matrix->failed_count + summary.failed_count > 0;
    out_ << coloured(matrix_sentence(*summary.matrix, summary.failed_count), failed ? kRed : kGreen)
         << '\n';
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
    const bool remark = result.verdict != Verdict::kSkipped && !result.reason.empty();
    out_ << fmt::format("{} {} [{}]{}\n", verdict, printable(result.file),
                        printable(result.profile), remark ? ": " + printable(result.reason) : "");
    if (!result.about.empty()) out_ << "  " << printable(result.about) << '\n';
  }

  void write_lines(const std::vector<ReportLine>& lines) {
    for (const ReportLine& line : lines) {
      out_ << fmt::format("{:{}}{}\n", "", 2 + 2 * line.depth,
                          coloured(line.text, colour_of(line.role)));
    }
  }

  // Once, when its last cell has come.
  void write_matrix() {
    if (!matrix_) return;
    out_ << matrix_->text() << not_found_;
    matrix_.reset();
    gap_ = true;
  }

  // What is written next stands apart from the matrix and its counterexamples.
  void write_gap() {
    if (gap_) out_ << '\n';
    gap_ = false;
  }

  void write_grid(const std::string& title, const Grid& grid) {
    has_figures_ = true;
    write_gap();
    if (!title.empty()) out_ << coloured(printable(title), kBold) << '\n';
    bool head = true;
    for (const std::string& line : grid_lines(grid)) {
      out_ << (title.empty() ? "" : "  ") << (head && title.empty() ? coloured(line, kBold) : line)
           << '\n';
      head = false;
    }
  }

  void write_shares(const DistributionEvent& distribution) {
    write_gap();
    out_ << fmt::format("{} (in brackets: of these {}):\n", printable(distribution.title),
                        printable(distribution.part_name));
    std::string line;
    const Grid grid = grid_of(distribution);
    for (std::size_t i = 0; i < grid.rows.size(); ++i) {
      const auto& row = distribution.rows[i];
      // What is below half a percent reads as none.
      const bool some = row.part_count * 200 >= row.count && row.part_count > 0;
      const std::string item = fmt::format(
          "{} {}{}", printable(row.name), grid.rows[i][1],
          some ? fmt::format(" ({:.0f} %)", 100.0 * static_cast<double>(row.part_count) /
                                                static_cast<double>(row.count))
               : "");
      if (line.size() + item.size() > kShareLineMax) {
        out_ << "  " << line << '\n';
        line.clear();
      }
      line += (line.empty() ? "" : ", ") + item;
    }
    if (!line.empty()) out_ << "  " << line << '\n';
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
  std::optional<MatrixText> matrix_;
  bool gap_ = false;
  /// Something was told that is not a scenario.
  bool has_figures_ = false;
  /// Known refutations that were not found, as they stand below the matrix.
  std::string not_found_;
  /// Reasons in the order of their first appearance, each with its files.
  std::vector<std::pair<std::string, std::vector<std::string>>> skipped_;
};

}  // namespace

constinit const ReportKind kTextReport{
    "text", "what failed, matrices and tables, and one line a folder, for people",
    [](std::ostream& out, ReportStyle style) -> std::unique_ptr<Reporter> {
      return std::make_unique<TextReporter>(out, style);
    }};

}  // namespace sweepcheck
