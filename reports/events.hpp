// What a run tells its reporters: small values without behaviour. Whoever runs something fills
// them in and hands them to a Reporter (reports/reporter.hpp); a writer sees nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  /// Name of the property; empty for the other kinds.
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
  /// Why it was skipped; else what there is to add to the verdict: "still refuted". May be empty.
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

/// The number of findings in all steps and at the end of one scenario.
std::size_t finding_count(const ScenarioResult& result);

/// A property in words, as rules of a report tell of it.
struct PropertyEvent {
  /// As the command line and findings name it: "running-containers".
  std::string name;
  std::string family;
  /// What must be true, in one sentence.
  std::string statement;
  /// Why it matters, where it is known from, and where it is claimed; may be empty.
  std::string why;
  std::string source;
  std::string claimed;
};

/// One finding, with the scenario and the step that it was found in; `step` is null at the end.
/// Both live as long as the call that hands the event over.
struct FindingEvent {
  const ScenarioResult* scenario = nullptr;
  const StepResult* step = nullptr;
  const Finding* finding = nullptr;
};

/// A real daemon died, hung or did not start, and ended a scenario. The scenario lives as long as
/// the call that hands the event over.
struct FaultEvent {
  const ScenarioResult* scenario = nullptr;
  /// What happened, and the daemon's last words, each line on its own.
  std::vector<std::string> lines;
};

/// The axes of a matrix of properties (rows) and policies (columns).
struct MatrixEvent {
  struct Policy {
    /// "containerd-2.1+keep+called+shared", and the same in parts: one for each dimension.
    std::string name;
    std::vector<std::string> settings;
  };
  std::vector<std::string> properties;
  std::vector<Policy> policies;
  /// What the settings say, in their order: "profile", "keep, discard".
  std::vector<std::string> dimensions;
};

enum class CellVerdict : std::uint8_t {
  kHeld,        ///< claimed, and not refuted
  kRefuted,     ///< claimed and refuted: a failure
  kKnown,       ///< known to be false, and refuted
  kNotFound,    ///< known to be false, and no counterexample was found: a failure
  kNotClaimed,  ///< nothing is claimed; its message says what refutes it, if something does
  kUnanswered,  ///< time was up before the first history
};

/// "held", "refuted", "known", "not-found", "not-claimed", "unanswered".
std::string_view cell_verdict_name(CellVerdict verdict);

/// True if the verdict makes `check` fail: kRefuted and kNotFound.
bool is_failure(CellVerdict verdict);

/// What was found of one property under one policy.
struct CellEvent {
  std::string property;
  std::string family;
  /// Places of both in the matrix.
  std::size_t row = 0;
  std::size_t column = 0;
  std::string policy;
  CellVerdict verdict = CellVerdict::kHeld;
  /// What refutes it, or why there is no answer; empty where there is nothing to say.
  std::string message;
  /// One line to copy that asks again.
  std::string reproduce;
};

/// The smallest history that refutes a property, and the policies under which it does.
struct CounterexampleEvent {
  std::string property;
  std::string family;
  std::string statement;
  /// Policies whose cells it stands for; the first is the one that it was found under, of this
  /// profile.
  std::vector<std::string> policies;
  std::string profile;
  /// kRefuted, kKnown or kNotClaimed, as all of those cells.
  CellVerdict verdict = CellVerdict::kRefuted;
  std::string message;
  std::vector<StepResult> steps;
  /// The scenario file, and where it was saved; empty: nowhere.
  std::string text;
  std::string file;
  std::string reproduce;
};

/// A number with a name: {"operations a history", 12.5}.
struct Quantity {
  std::string name;
  double value = 0;
};

/// How often what was drawn, and how often of that something happened.
struct DistributionEvent {
  struct Row {
    std::string name;
    std::uint64_t count = 0;
    std::uint64_t part_count = 0;
  };
  /// What is counted: "steps". The names of the two counts: "performed", "failed".
  std::string title;
  std::string count_name;
  std::string part_name;
  std::vector<Row> rows;
  /// What `count` is a share of, if shares tell more than numbers; 0: they don't.
  std::uint64_t whole_count = 0;
  std::vector<Quantity> averages;
};

/// Where a number is measured: a column, an axis.
struct Measure {
  std::string name;
  /// "bytes", "hours"; empty: a plain number, or a text.
  std::string unit;
};

/// A curve: one value for each x, in order.
struct SeriesEvent {
  std::string name;
  Measure x;
  Measure y;
  std::vector<std::pair<double, double>> points;
};

/// A table of texts. A column with a unit, or with numbers only, is set to the right.
struct TableEvent {
  std::string title;
  std::vector<Measure> columns;
  /// Each has as many texts as there are columns.
  std::vector<std::vector<std::string>> rows;
};

/// A directed graph.
struct GraphEvent {
  struct Node {
    std::string id;
    std::string label;
  };
  struct Edge {
    std::string from;
    std::string to;
    std::string label;
  };
  std::string title;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

struct RunInfo {
  std::string version;
  /// The command line without the program's path.
  std::string command;
  bool trace = false;
  /// The day of a run on real daemons, "2026-11-24"; empty for all that time does not matter to.
  std::string date = {};
  /// What everything drawn follows from, if something is drawn.
  std::optional<std::uint64_t> seed = {};
  /// The absolute path of the folder that relative files are meant from; empty: not known.
  std::string folder = {};
};

/// Sums of a matrix.
struct MatrixSummary {
  std::uint64_t property_count = 0;
  std::uint64_t policy_count = 0;
  /// Cells that are not refuted, whether claimed or not.
  std::uint64_t held_count = 0;
  /// Refuted where that is known.
  std::uint64_t known_count = 0;
  /// Refuted where nothing is claimed.
  std::uint64_t not_claimed_count = 0;
  std::uint64_t unanswered_count = 0;
  /// Those that are not as claimed.
  std::uint64_t failed_count = 0;
  std::uint64_t history_count = 0;
  std::uint64_t operation_count = 0;
};

struct RunSummary {
  std::uint64_t scenario_count = 0;
  std::uint64_t replay_count = 0;
  std::uint64_t held_count = 0;
  std::uint64_t failed_count = 0;
  std::uint64_t skipped_count = 0;
  std::uint64_t step_count = 0;
  std::uint64_t expectation_count = 0;
  /// Of the run's matrix, if it had one.
  std::optional<MatrixSummary> matrix = {};
};

}  // namespace sweepcheck
