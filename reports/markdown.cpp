// A job summary in Markdown (GitHub's $GITHUB_STEP_SUMMARY, a merge request's comment): a table by
// folder, of a matrix a table by property, then a section a failure, and tables. GitHub refuses a
// summary above 1 MiB, so sections are limited. What is refuted where that is known is folded.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "reports/escape.hpp"
#include "reports/grid.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kSectionBytesMax = 900'000;

/// A code block whose fence is longer than any run of backquotes in the text.
std::string fenced(std::string_view language, std::string_view text) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char character : text) {
    run = character == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}{}\n{}{}\n", fence, language, text, fence);
}

class MarkdownReporter final : public Reporter {
 public:
  explicit MarkdownReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override { trace_ = info.trace; }

  void scenario(const ScenarioResult& result) override {
    summary_.add(result);
    if (result.verdict != Verdict::kFailed) return;
    std::string section = fmt::format("\n### {}\n\n", markdown_escaped(replay_name(result)));
    if (!result.about.empty()) section += markdown_escaped(result.about) + "\n\n";
    const std::string lines = joined(trace_ ? trace_lines(result) : failure_lines(result));
    if (!lines.empty()) section += fenced("text", lines) + "\n";
    if (!result.fault.empty()) {
      std::string words;
      std::istringstream in(result.fault);
      for (std::string line; std::getline(in, line);) words += printable(line) + "\n";
      section += fenced("text", words) + "\n";
    }
    section += "Reproduce:\n\n" + fenced("sh", printable(result.reproduce) + "\n");
    add_section(section);
  }

  void cell(const CellEvent& cell) override {
    if (cells_.empty() || cells_.back().property != cell.property) {
      cells_.push_back({cell.property, {}});
    }
    ++cells_.back().counts[static_cast<std::size_t>(cell.verdict)];
    if (cell.verdict != CellVerdict::kNotFound) return;
    add_section(fmt::format("\n### {} under {}\n\n{}\n\nAgain:\n\n{}",
                            markdown_escaped(cell.property), markdown_escaped(cell.policy),
                            markdown_escaped(cell.message),
                            fenced("sh", printable(cell.reproduce) + "\n")));
  }

  void counterexample(const CounterexampleEvent& counterexample) override {
    const std::string heading = markdown_escaped(counterexample_heading(counterexample));
    const std::string body = fenced("text", joined(counterexample_lines(counterexample))) +
                             "\nAgain:\n\n" +
                             fenced("sh", printable(counterexample.reproduce) + "\n");
    if (is_failure(counterexample.verdict)) {
      add_section(fmt::format("\n### {}\n\n{}\n\n{}",
                              markdown_escaped(counterexample_name(counterexample)), heading,
                              body));
    } else {
      add_section(fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n",
                              xml_escaped(counterexample_heading(counterexample)), body));
    }
  }

  void distribution(const DistributionEvent& distribution) override {
    std::string section = "\n" + grid_markdown(grid_of(distribution));
    const std::string averages = averages_text(distribution);
    if (!averages.empty()) section += "\nOn average " + markdown_escaped(averages) + ".\n";
    add_section(section);
  }

  void series(const SeriesEvent& series) override { add_grid(series.name, grid_of(series)); }
  void table(const TableEvent& table) override { add_grid(table.title, grid_of(table)); }
  void graph(const GraphEvent& graph) override { add_grid(graph.title, grid_of(graph)); }

  void end(const RunSummary& summary) override {
    out_ << "## sweepcheck\n";
    if (summary.replay_count > 0 || (!summary.matrix && !has_figures_)) {
      out_ << "\n" << markdown_escaped(summary_sentence(summary)) << "\n";
    }
    if (summary.matrix) {
      out_ << "\n"
           << markdown_escaped(matrix_sentence(*summary.matrix, summary.failed_count)) << "\n";
    }
    write_folders();
    write_cells();
    out_ << sections_;
    if (left_out_ > 0) out_ << fmt::format("\n{} more sections are left out.\n", left_out_);
  }

 private:
  /// A property with the number of its cells by verdict.
  struct Cells {
    std::string property;
    std::array<std::uint64_t, 6> counts{};
  };

  void add_section(const std::string& section) {
    if (sections_.size() + section.size() > kSectionBytesMax) {
      ++left_out_;
      return;
    }
    sections_ += section;
  }

  void add_grid(const std::string& title, const Grid& grid) {
    has_figures_ = true;
    add_section(fmt::format("\n### {}\n\n{}", markdown_escaped(title), grid_markdown(grid)));
  }

  void write_folders() {
    std::vector<FolderTotals> rows = summary_.folders();
    if (rows.empty()) return;
    rows.push_back(summary_.total());
    out_ << "\n| folder | scenarios | replays | held | failed | skipped |\n"
            "|---|---:|---:|---:|---:|---:|\n";
    for (const FolderTotals& row : rows) {
      out_ << fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_escaped(row.folder),
                          row.scenario_count, row.replay_count, row.held_count, row.failed_count,
                          row.skipped_count);
    }
  }

  void write_cells() {
    if (cells_.empty()) return;
    Grid grid{{{"property"},
               {"held", true},
               {"refuted", true},
               {"refuted, as is known", true},
               {"known, and not found", true},
               {"not claimed", true},
               {"unanswered", true}},
              {}};
    for (const Cells& cells : cells_) {
      std::vector<std::string>& row = grid.rows.emplace_back();
      row.push_back(cells.property);
      for (const std::uint64_t count : cells.counts) row.push_back(std::to_string(count));
    }
    out_ << "\n" << grid_markdown(grid);
  }

  std::ostream& out_;
  bool trace_ = false;
  FolderSummary summary_;
  std::vector<Cells> cells_;
  std::string sections_;
  std::uint64_t left_out_ = 0;
  /// Something was told that is not a scenario.
  bool has_figures_ = false;
};

}  // namespace

constinit const ReportKind kMarkdownReport{
    "markdown", "a job summary: tables, and a section a failure",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<MarkdownReporter>(out);
    }};

}  // namespace sweepcheck
