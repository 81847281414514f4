// The report for CI systems that show tests: JUnit XML, one test suite a folder, one test case a
// scenario and profile. Without times: the same run gives the same bytes. A suite's counts stand
// before its cases, and folders can interleave, so cases are kept as text until the end.
#include <fmt/format.h>

#include <map>

#include "reports/escape.hpp"
#include "reports/kinds.hpp"
#include "reports/lines.hpp"

namespace sweepcheck {
namespace {

/// What went wrong in one sentence: the first finding, and how many more there are.
std::string failure_message(const ScenarioResult& result) {
  const Finding* first = result.findings.empty() ? nullptr : &result.findings.front();
  for (const StepResult& step : result.steps) {
    if (step.findings.empty()) continue;
    first = &step.findings.front();
    break;
  }
  if (first == nullptr) return "failed";
  const std::size_t more = finding_count(result) - 1;
  return finding_message(*first) + (more > 0 ? fmt::format(" (and {} more)", more) : "");
}

bool has_property_finding(const ScenarioResult& result) {
  const auto any = [](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.kind == Finding::Kind::kProperty) return true;
    }
    return false;
  };
  for (const StepResult& step : result.steps) {
    if (any(step.findings)) return true;
  }
  return any(result.findings);
}

/// XML content of several lines; line feeds stay as they are.
std::string xml_lines(const std::vector<ReportLine>& lines) {
  std::string text;
  for (const ReportLine& line : lines) {
    text.append(static_cast<std::size_t>(line.depth) * 2, ' ');
    text += xml_escaped(line.text) + "\n";
  }
  return text;
}

class JunitReporter final : public Reporter {
 public:
  explicit JunitReporter(std::ostream& out) : out_(out) {}

  void begin(const RunInfo& info) override { trace_ = info.trace; }

  void scenario(const ScenarioResult& result) override {
    summary_.add(result);
    std::string& cases = cases_[result.folder];
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\"",
                         xml_escaped(result.folder), xml_escaped(replay_name(result)),
                         xml_escaped(result.file));
    std::string content;
    if (result.verdict == Verdict::kSkipped) {
      content += fmt::format("      <skipped message=\"{}\"/>\n", xml_escaped(result.reason));
    }
    if (result.verdict == Verdict::kFailed) {
      content +=
          fmt::format("      <failure type=\"{}\" message=\"{}\">{}reproduce: {}\n</failure>\n",
                      has_property_finding(result) ? "property" : "expectation",
                      xml_escaped(failure_message(result)), xml_lines(failure_lines(result)),
                      xml_escaped(printable(result.reproduce)));
    }
    if (trace_ && !result.steps.empty()) {
      content += fmt::format("      <system-out>{}</system-out>\n", xml_lines(trace_lines(result)));
    }
    cases += content.empty() ? "/>\n" : ">\n" + content + "    </testcase>\n";
  }

  void end(const RunSummary&) override {
    const FolderTotals total = summary_.total();
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         << fmt::format("<testsuites name=\"sweepcheck\" {}>\n", counts(total));
    for (const FolderTotals& folder : summary_.folders()) {
      out_ << fmt::format("  <testsuite name=\"{}\" {}>\n", xml_escaped(folder.folder),
                          counts(folder))
           << cases_[folder.folder] << "  </testsuite>\n";
    }
    out_ << "</testsuites>\n";
  }

 private:
  static std::string counts(const FolderTotals& totals) {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"",
                       totals.replay_count, totals.failed_count, totals.skipped_count);
  }

  std::ostream& out_;
  bool trace_ = false;
  FolderSummary summary_;
  std::map<std::string, std::string> cases_;
};

}  // namespace

constinit const ReportKind kJunitReport{
    "junit", "JUnit XML: a test suite a folder, a test case a replay",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<JunitReporter>(out);
    }};

}  // namespace sweepcheck
