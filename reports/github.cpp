// Annotations for GitHub Actions: one workflow command a finding, which the web page shows at the
// line of the scenario file. Written to standard output; everything else there is plain log.
//
//   ::error file=scenarios/push/discarded-by-mount.json,line=17,title=discarded-by-mount
//   [containerd-1.7]::expected...
#include <fmt/format.h>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

class GithubReporter final : public Reporter {
 public:
  explicit GithubReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo&) override {}

  void scenario(const ScenarioResult& result) override {
    if (result.verdict != Verdict::kFailed) return;
    if (finding_count(result) == 0) annotate(result, 0, "failed");
    for (const StepResult& step : result.steps) {
      for (const Finding& finding : step.findings) {
        annotate(result, finding.line > 0 ? finding.line : step.line,
                 fmt::format("{}\nstep {}: {}\n{}", finding_message(finding), step.number,
                             printable(step.text), outcome(step)));
      }
    }
    for (const Finding& finding : result.findings) {
      annotate(result, finding.line, finding_message(finding) + "\nat the end");
    }
  }

  void end(const RunSummary& summary) override { out_ << summary_sentence(summary) << '\n'; }

 private:
  void annotate(const ScenarioResult& result, int line, const std::string& message) {
    out_ << "::error file=" << github_property(result.file);
    if (line > 0) out_ << ",line=" << line;
    out_ << ",title=" << github_property(printable(replay_name(result)))
         << "::" << github_message(message + "\nreproduce: " + printable(result.reproduce)) << '\n';
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
