// A table scenario x version in Markdown, for documentation: what held where, and why the rest was
// not performed.
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

  void end(const RunSummary& summary) override {
    std::sort(columns_.begin(), columns_.end());
    out_ << "# Scenarios by version\n\n";
    out_ << fmt::format("`sweepcheck {}`, version {}{}: {}\n\n", info_.command, info_.version,
                        info_.date.empty() ? "" : ", on " + info_.date,
                        markdown_escaped(summary_sentence(summary)));
    out_ << "yes: it held; **no**: it did not; a number: it was not performed, for the reason "
            "below; empty: it is not about that version.\n";
    for (const auto& [folder, files] : rows_) {
      out_ << fmt::format("\n## {}\n\n| scenario |", markdown_escaped(folder));
      for (const std::string& column : columns_) out_ << ' ' << markdown_escaped(column) << " |";
      out_ << "\n|---|";
      for (std::size_t i = 0; i < columns_.size(); ++i) out_ << "---|";
      out_ << '\n';
      for (const auto& [file, cells] : files) write_row(file, cells);
    }
    if (!reasons_.empty()) out_ << "\n## Not performed\n\n";
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      out_ << fmt::format("{}. {}\n", i + 1, markdown_escaped(reasons_[i]));
    }
  }

 private:
  using Cells = std::map<std::string, std::string>;

  void write_row(const std::string& file, const Cells& cells) {
    out_ << "| " << markdown_escaped(file) << " |";
    for (const std::string& column : columns_) {
      const auto found = cells.find(column);
      out_ << ' ' << (found == cells.end() ? "" : found->second + " ") << '|';
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
  std::map<std::string, std::map<std::string, Cells>> rows_;
  std::vector<std::string> reasons_;
};

}  // namespace

constinit const ReportKind kMatrixReport{
    "matrix", "a table scenario x version, in Markdown",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<MatrixReporter>(out);
    }};

}  // namespace sweepcheck
