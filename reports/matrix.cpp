// Tables in Markdown, for documentation: scenario x version, with what held where, and why the rest
// was not performed; property x policy, with what is claimed and refuted where.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

std::string file_name(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? file : file.substr(slash + 1);
}

class MatrixReporter final : public Reporter {
 public:
  explicit MatrixReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override { info_ = info; }

  void scenario(const ScenarioResult& result) override {
    if (std::find(columns_.begin(), columns_.end(), result.profile) == columns_.end()) {
      columns_.push_back(result.profile);
    }
    rows_[result.folder][file_name(result.file)][result.profile] = cell(result);
  }

  void cell(const CellEvent& cell) override {
    if (std::find(policies_.begin(), policies_.end(), cell.policy) == policies_.end()) {
      policies_.push_back(cell.policy);
    }
    properties_[cell.family][cell.property][cell.policy] = word_of(cell);
  }

  void end(const RunSummary& summary) override {
    if (summary.replay_count > 0 || !summary.matrix) write_scenarios(summary);
    if (!summary.matrix) return;
    write_head("Properties by policy", matrix_sentence(*summary.matrix, summary.failed_count));
    out_ << "yes: it holds; known: it is refuted, as is known; **no**: it is claimed and refuted; "
            "**not found**: it is known to be refuted, and no counterexample was found; not "
            "claimed: nothing is claimed; empty: there was no time for an answer.\n";
    for (const auto& [family, rows] : properties_) write_table(family, "property", policies_, rows);
  }

 private:
  using Cells = std::map<std::string, std::string>;

  using Rows = std::map<std::string, Cells>;

  static std::string word_of(const CellEvent& cell) {
    switch (cell.verdict) {
      case CellVerdict::kHeld:
        return "yes";
      case CellVerdict::kRefuted:
        return "**no**";
      case CellVerdict::kKnown:
        return "known";
      case CellVerdict::kNotFound:
        return "**not found**";
      case CellVerdict::kNotClaimed:
        return "not claimed";
      case CellVerdict::kUnanswered:
        return "";
    }
    return "";
  }

  void write_head(std::string_view title, const std::string& sentence) {
    out_ << fmt::format("# {}\n\n", title);
    out_ << fmt::format("`sweepcheck {}`, version {}{}: {}\n\n", info_.command, info_.version,
                        info_.date.empty() ? "" : ", on " + info_.date, markdown_escaped(sentence));
  }

  void write_scenarios(const RunSummary& summary) {
    std::sort(columns_.begin(), columns_.end());
    write_head("Scenarios by version", summary_sentence(summary));
    out_ << "yes: it held; **no**: it did not; a number: it was not performed, for the reason "
            "below; empty: it is not about that version.\n";
    for (const auto& [folder, files] : rows_) write_table(folder, "scenario", columns_, files);
    if (!reasons_.empty()) out_ << "\n## Not performed\n\n";
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      out_ << fmt::format("{}. {}\n", i + 1, markdown_escaped(reasons_[i]));
    }
    if (summary.matrix) out_ << '\n';
  }

  void write_table(const std::string& title, std::string_view what,
                   const std::vector<std::string>& columns, const Rows& rows) {
    out_ << fmt::format("\n## {}\n\n| {} |", markdown_escaped(title), what);
    for (const std::string& column : columns) out_ << ' ' << markdown_escaped(column) << " |";
    out_ << "\n|---|";
    for (std::size_t i = 0; i < columns.size(); ++i) out_ << "---|";
    out_ << '\n';
    for (const auto& [name, cells] : rows) write_row(name, columns, cells);
  }

  void write_row(const std::string& name, const std::vector<std::string>& columns,
                 const Cells& cells) {
    out_ << "| " << markdown_escaped(name) << " |";
    for (const std::string& column : columns) {
      const auto found = cells.find(column);
      const bool blank = found == cells.end() || found->second.empty();
      out_ << ' ' << (blank ? "" : found->second + " ") << '|';
    }
    out_ << '\n';
  }

  std::string cell(const ScenarioResult& result) {
    if (result.verdict == Verdict::kHeld) return "yes";
    if (result.verdict == Verdict::kFailed) return "**no**";
    auto reason = std::find(reasons_.begin(), reasons_.end(), result.reason);
    if (reason == reasons_.end()) reason = reasons_.insert(reason, result.reason);
    return std::to_string(reason - reasons_.begin() + 1);
  }

  std::ostream& out_;
  RunInfo info_;
  std::vector<std::string> columns_;
  std::map<std::string, Rows> rows_;
  std::vector<std::string> reasons_;
  /// Of a matrix: its columns in their order, and rows by family.
  std::vector<std::string> policies_;
  std::map<std::string, Rows> properties_;
};

}  // namespace

constinit const ReportKind kMatrixReport{
    "matrix", "tables scenario x version and property x policy, in Markdown",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<MatrixReporter>(out);
    }};

}  // namespace sweepcheck
