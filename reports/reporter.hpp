// What happens in a run, as events that writers turn into text, JSON, JUnit XML, GitHub annotations
// or Markdown. A writer sees values only: it never looks into the model.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweepcheck {

/// Something that should have been true and was not.
struct Finding {
  enum class Kind : std::uint8_t {
    kExpectation,  ///< the scenario said otherwise
    kProperty,     ///< a built-in invariant does not hold
    kDifference,   ///< a real daemon does something else than the model
    kFault,        ///< a real daemon died, hung or did not start: nobody knows what it would do
  };
  Kind kind = Kind::kExpectation;
  /// Name of the property; empty for an expectation.
  std::string property;
  /// One sentence: what was expected, and what was there.
  std::string message;
  /// 1-based line of the scenario file, and the JSON pointer, of what is not met.
  int line = 0;
  std::string pointer;
};

/// One step of a scenario, performed.
struct StepResult {
  /// 1-based.
  int number = 0;
  int line = 0;
  /// The step as a person would say it: "pull registry.example/lib/app:1 by cri".
  std::string text;
  /// Error class and text as containerd gives them; both empty if the step succeeded.
  std::string error_class;
  std::string error_text;
  /// With --trace: one line for each change of the stores.
  std::vector<std::string> changes;
  std::vector<Finding> findings;
};

enum class Verdict : std::uint8_t { kHeld, kFailed, kSkipped };

/// One scenario under one profile.
struct ScenarioResult {
  /// As given or found, with '/' separators, and the folder it counts under in the summary.
  std::string file;
  std::string folder;
  std::string about;
  std::string profile;
  Verdict verdict = Verdict::kHeld;
  /// Why it was skipped.
  std::string reason;
  std::vector<StepResult> steps;
  /// Findings of the scenario's final expectations; those of a step are with the step.
  std::vector<Finding> findings;
  /// How a real daemon died, hung or did not start, with its last words, in lines; the first is
  /// a finding, too. Empty if none did.
  std::string fault = {};
  /// One line to copy that replays this scenario alone.
  std::string reproduce;
};

struct RunInfo {
  std::string version;
  /// The command line without the program's path.
  std::string command;
  bool trace = false;
  /// The day of a run on real daemons, "2026-11-24"; empty for all that time does not matter to.
  std::string date = {};
};

struct RunSummary {
  std::uint64_t scenario_count = 0;
  std::uint64_t replay_count = 0;
  std::uint64_t held_count = 0;
  std::uint64_t failed_count = 0;
  std::uint64_t skipped_count = 0;
  std::uint64_t step_count = 0;
  std::uint64_t expectation_count = 0;
};

/// Receives the events of one run, in a fixed order whatever the number of threads:
/// begin, then scenario for each result by file and profile, then end.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin(const RunInfo& info) = 0;
  virtual void scenario(const ScenarioResult& result) = 0;
  virtual void end(const RunSummary& summary) = 0;
};

/// How a writer may look when it writes to a terminal.
struct ReportStyle {
  bool colour = false;
};

/// A kind of report that `--report KIND:out=FILE` can ask for.
struct ReportKind {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<Reporter> (*make)(std::ostream& out, ReportStyle style);
};

/// All kinds, by name.
std::span<const ReportKind> report_kinds();

/// The kind of that name, or nullptr.
const ReportKind* find_report_kind(std::string_view name);

/// The number of findings in all steps and at the end of one scenario.
std::size_t finding_count(const ScenarioResult& result);

}  // namespace sweepcheck
