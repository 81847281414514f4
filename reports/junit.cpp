// The report for CI systems that show tests: JUnit XML, one test suite a folder, one test case a
// scenario and profile; of a matrix, one test suite a family, one test case a cell. Without times:
// the same run gives the same bytes. A suite's counts stand before its cases, and folders can
// interleave, so cases are kept as text until the end.
//
// What is refuted where that is known is "skipped": a CI system shows it with its message, neither
// as passed nor as failed. A daemon that died is an "error": the test itself could not be ended.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

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

/// The type of a failure: what the first of these kinds that was found is called.
std::string_view failure_type(const ScenarioResult& result) {
  const auto found = [&](Finding::Kind kind) {
    const auto any = [&](const std::vector<Finding>& findings) {
      return std::any_of(findings.begin(), findings.end(),
                         [&](const Finding& finding) { return finding.kind == kind; });
    };
    return any(result.findings) ||
           std::any_of(result.steps.begin(), result.steps.end(),
                       [&](const StepResult& step) { return any(step.findings); });
  };
  if (found(Finding::Kind::kProperty)) return "property";
  return found(Finding::Kind::kDifference) ? "difference" : "expectation";
}

/// Lines that stand as they are, made safe.
std::string xml_text(const std::string& lines) {
  std::string text;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) text += xml_escaped(printable(line)) + "\n";
  return text;
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
    std::string content;
    if (result.verdict == Verdict::kSkipped) {
      content += fmt::format("      <skipped message=\"{}\"/>\n", xml_escaped(result.reason));
    }
    if (result.verdict == Verdict::kFailed) {
      const bool fault = !result.fault.empty();
      const std::string_view element = fault ? "error" : "failure";
      content +=
          fmt::format("      <{} type=\"{}\" message=\"{}\">{}{}reproduce: {}\n</{}>\n", element,
                      fault ? "daemon-fault" : failure_type(result),
                      xml_escaped(failure_message(result)), xml_lines(failure_lines(result)),
                      xml_text(result.fault), xml_escaped(printable(result.reproduce)), element);
    }
    if (trace_ && !result.steps.empty()) {
      content += fmt::format("      <system-out>{}</system-out>\n", xml_lines(trace_lines(result)));
    }
    Suite& suite = suites_[result.folder];
    add_case(suite, result.folder, replay_name(result), result.file, content);
    if (result.verdict == Verdict::kSkipped) ++suite.skipped_count;
    if (result.verdict == Verdict::kFailed) {
      ++(result.fault.empty() ? suite.failure_count : suite.error_count);
    }
  }

  void cell(const CellEvent& cell) override { cells_.push_back(cell); }

  void counterexample(const CounterexampleEvent& counterexample) override {
    counterexamples_.push_back(counterexample);
  }

  void end(const RunSummary&) override {
    for (const CellEvent& cell : cells_) add_cell(cell);
    Suite total;
    for (const auto& [name, suite] : suites_) {
      total.test_count += suite.test_count;
      total.failure_count += suite.failure_count;
      total.error_count += suite.error_count;
      total.skipped_count += suite.skipped_count;
    }
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         << fmt::format("<testsuites name=\"sweepcheck\" {}>\n", counts(total));
    for (const auto& [name, suite] : suites_) {
      out_ << fmt::format("  <testsuite name=\"{}\" {}>\n", xml_escaped(name), counts(suite))
           << suite.cases << "  </testsuite>\n";
    }
    out_ << "</testsuites>\n";
  }

 private:
  struct Suite {
    std::string cases;
    std::uint64_t test_count = 0;
    std::uint64_t failure_count = 0;
    std::uint64_t error_count = 0;
    std::uint64_t skipped_count = 0;
  };

  static std::string counts(const Suite& suite) {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
                       suite.test_count, suite.failure_count, suite.error_count,
                       suite.skipped_count);
  }

  static void add_case(Suite& suite, const std::string& class_name, const std::string& name,
                       const std::string& file, const std::string& content) {
    ++suite.test_count;
    suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                               xml_escaped(class_name), xml_escaped(name));
    if (!file.empty()) suite.cases += fmt::format(" file=\"{}\"", xml_escaped(file));
    suite.cases += content.empty() ? "/>\n" : ">\n" + content + "    </testcase>\n";
  }

  const CounterexampleEvent* find_counterexample(const CellEvent& cell) const {
    for (const CounterexampleEvent& each : counterexamples_) {
      const auto& policies = each.policies;
      if (each.property != cell.property) continue;
      if (std::find(policies.begin(), policies.end(), cell.policy) != policies.end()) return &each;
    }
    return nullptr;
  }

  void add_cell(const CellEvent& cell) {
    const std::string message = xml_escaped(cell_message(cell));
    Suite& suite = suites_[cell.family];
    std::string content;
    std::string file;
    if (is_failure(cell.verdict)) {
      std::string text;
      if (const CounterexampleEvent* example = find_counterexample(cell)) {
        text = xml_lines(counterexample_lines(*example));
        file = example->file;
      }
      ++suite.failure_count;
      content = fmt::format("      <failure type=\"{}\" message=\"{}\">{}again: {}\n</failure>\n",
                            cell.verdict == CellVerdict::kRefuted ? "property" : "not-found",
                            message, text, xml_escaped(printable(cell.reproduce)));
    } else if (cell.verdict != CellVerdict::kHeld) {
      ++suite.skipped_count;
      content = fmt::format("      <skipped message=\"{}\"/>\n", message);
    }
    add_case(suite, cell.family, fmt::format("{} [{}]", cell.property, cell.policy), file, content);
  }

  std::ostream& out_;
  bool trace_ = false;
  /// By folder, or family.
  std::map<std::string, Suite> suites_;
  std::vector<CellEvent> cells_;
  std::vector<CounterexampleEvent> counterexamples_;
};

}  // namespace

constinit const ReportKind kJunitReport{
    "junit", "JUnit XML: a test suite a folder, a test case a replay or a cell",
    [](std::ostream& out, ReportStyle) -> std::unique_ptr<Reporter> {
      return std::make_unique<JunitReporter>(out);
    }};

}  // namespace sweepcheck
