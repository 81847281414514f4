// A job summary in Markdown (GitHub's $GITHUB_STEP_SUMMARY, a merge request's comment): a table by
// folder, then a section a failure. GitHub refuses a summary above 1 MiB, so sections are limited.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "reports/escape.hpp"
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
    section += "Reproduce:\n\n" + fenced("sh", printable(result.reproduce) + "\n");
    if (sections_.size() + section.size() > kSectionBytesMax) {
      ++left_out_;
      return;
    }
    sections_ += section;
  }

  void end(const RunSummary& summary) override {
    out_ << "## sweepcheck\n\n" << markdown_escaped(summary_sentence(summary)) << "\n";
    std::vector<FolderTotals> rows = summary_.folders();
    if (!rows.empty()) {
      rows.push_back(summary_.total());
      out_ << "\n| folder | scenarios | replays | held | failed | skipped |\n"
              "|---|---:|---:|---:|---:|---:|\n";
    }
    for (const FolderTotals& row : rows) {
      out_ << fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_escaped(row.folder),
                          row.scenario_count, row.replay_count, row.held_count, row.failed_count,
                          row.skipped_count);
    }
    out_ << sections_;
    if (left_out_ > 0) out_ << fmt::format("\n{} more failures are left out.\n", left_out_);
  }

 private:
  std::ostream& out_;
  bool trace_ = false;
  FolderSummary summary_;
  std::string sections_;
  std::uint64_t left_out_ = 0;
};

}  // namespace

constinit const ReportKind kMarkdownReport{
    "markdown", "a job summary: a table by folder, a section a failure",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<MarkdownReporter>(out);
    }};

}  // namespace sweepcheck
