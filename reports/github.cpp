// Annotations for GitHub Actions: one workflow command a finding, which the web page shows at the
// line of the scenario file. Written to standard output; everything else there is plain log. A
// property that is refuted where that is known is a notice, once a counterexample, not once a cell.
//
//   ::error file=scenarios/push/discarded-by-mount.json,line=17,title=discarded-by-mount
//   [containerd-1.7]::expected...
#include <fmt/format.h>

#include <sstream>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

class GithubReporter final : public Reporter {
 public:
  explicit GithubReporter(std::ostream& out) : out_(out) {}

  void scenario(const ScenarioResult& result) override {
    if (result.verdict != Verdict::kFailed) return;
    if (finding_count(result) == 0) annotate(result, 0, "failed");
    for (const StepResult& step : result.steps) {
      for (const Finding& finding : step.findings) {
        annotate(result, finding.line > 0 ? finding.line : step.line,
                 fmt::format("{}\nstep {}: {}\n{}", message_of(result, finding), step.number,
                             printable(step.text), outcome(step)));
      }
    }
    for (const Finding& finding : result.findings) {
      annotate(result, finding.line, message_of(result, finding) + "\nat the end");
    }
  }

  void cell(const CellEvent& cell) override {
    if (cell.verdict != CellVerdict::kNotFound) return;
    annotate("error", "", 0, printable(cell.property + " under " + cell.policy),
             printable(cell.message) + "\nagain: " + printable(cell.reproduce));
  }

  void counterexample(const CounterexampleEvent& counterexample) override {
    const bool fails = is_failure(counterexample.verdict);
    int line = 0;
    for (const StepResult& step : counterexample.steps) {
      if (!step.findings.empty() || line == 0) line = step.line;
    }
    annotate(fails ? "error" : "notice", counterexample.file,
             counterexample.file.empty() ? 0 : line, counterexample_name(counterexample),
             counterexample_heading(counterexample) + "\n" +
                 joined(counterexample_lines(counterexample)) +
                 "again: " + printable(counterexample.reproduce));
  }

  void end(const RunSummary& summary) override {
    if (summary.replay_count > 0 || !summary.matrix) out_ << summary_sentence(summary) << '\n';
    if (!summary.matrix) return;
    if (summary.matrix->unanswered_count > 0) {
      annotate("warning", "", 0, "sweepcheck check",
               fmt::format("{} cells have no answer: time was up before their first history",
                           summary.matrix->unanswered_count));
    }
    out_ << matrix_sentence(*summary.matrix, summary.failed_count) << '\n';
  }

 private:
  // A fault comes with the daemon's last words.
  static std::string message_of(const ScenarioResult& result, const Finding& finding) {
    if (finding.kind != Finding::Kind::kFault || result.fault.empty()) {
      return finding_message(finding);
    }
    std::string text;
    std::istringstream lines(result.fault);
    for (std::string line; std::getline(lines, line);) {
      text += (text.empty() ? "" : "\n") + printable(line);
    }
    return text;
  }

  void annotate(const ScenarioResult& result, int line, const std::string& message) {
    annotate("error", result.file, line, printable(replay_name(result)),
             message + "\nreproduce: " + printable(result.reproduce));
  }

  void annotate(std::string_view level, const std::string& file, int line, const std::string& title,
                const std::string& message) {
    out_ << "::" << level << ' ';
    if (!file.empty()) out_ << "file=" << github_property(file) << ',';
    if (line > 0) out_ << "line=" << line << ',';
    out_ << "title=" << github_property(title) << "::" << github_message(message) << '\n';
  }

  std::ostream& out_;
};

}  // namespace

constinit const ReportKind kGithubReport{
    "github", "annotations for GitHub Actions, one a finding",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<GithubReporter>(out);
    }};

}  // namespace sweepcheck
