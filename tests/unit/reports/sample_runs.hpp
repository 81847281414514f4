// Fixed runs of each kind, as the events that reporters get of them: what `run`, `check` and
// `conform` tell, and figures that no command tells yet.
#pragma once

#include <sstream>
#include <string>

#include "reports/reporter.hpp"

// Events name only the fields that matter to a case.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace sweepcheck::test {

inline PropertyEvent sample_property() {
  return {.name = "snapshots-have-parents",
          .family = "states",
          .statement = "A snapshot's parent is there as long as the snapshot is.",
          .why = "without it a container's files are incomplete",
          .source = "metadata/snapshot.go; issue|4711",
          .claimed = "everywhere"};
}

inline CellEvent sample_cell(std::size_t row, std::size_t column, CellVerdict verdict,
                             const std::string& message) {
  const std::string property = row == 0   ? "snapshots-have-parents"
                               : row == 1 ? "pulls-complete"
                                          : "disk-usage";
  const std::string policy = column == 0   ? "containerd-1.7+keep"
                             : column == 1 ? "containerd-1.7+discard"
                                           : "containerd-2.1+keep";
  return {.property = property,
          .family = row == 2 ? "accounting" : "states",
          .row = row,
          .column = column,
          .policy = policy,
          .verdict = verdict,
          .message = message,
          .reproduce = "sweepcheck check --property " + property + " --policy " + policy};
}

inline CounterexampleEvent sample_refutation() {
  return {.property = "snapshots-have-parents",
          .family = "states",
          .statement = sample_property().statement,
          .policies = {"containerd-1.7+keep", "containerd-1.7+discard"},
          .profile = "containerd-1.7",
          .verdict = CellVerdict::kRefuted,
          .message =
              "snapshot \xff"
              "b has no parent",
          .steps = {{.number = 1, .line = 9, .text = "pull registry.example/lib/app:1"},
                    {.number = 2,
                     .line = 10,
                     .text = "push registry.example/lib/app:1",
                     .error_class = "not-found",
                     .error_text = "content <x>: not found\n100%"},
                    {.number = 3,
                     .line = 11,
                     .text = "collect",
                     .findings = {{.kind = Finding::Kind::kProperty,
                                   .property = "snapshots-have-parents",
                                   .message = "snapshot b has no parent",
                                   .line = 11,
                                   .pointer = "/steps/2"}}}},
          .text = "{\n  \"about\": \"...\"\n}\n",
          .file = "failures/snapshots-have-parents.containerd-1.7+keep.json",
          .reproduce = "sweepcheck check --seed 7 --property snapshots-have-parents"};
}

/// What `check` finds: each verdict of a cell, and each kind of counterexample.
inline void report_check_sample(Reporter& reporter) {
  reporter.begin(
      {.version = "0.0.0", .command = "check --seed 7", .seed = 7, .folder = "/home/me/project"});
  reporter.property(sample_property());
  report_scenario({.file = "failures/old.json",
                   .folder = "saved",
                   .about = "Refutes something.",
                   .profile = "containerd-1.7+keep",
                   .verdict = Verdict::kHeld,
                   .reason = "no longer refuted",
                   .steps = {{.number = 1, .line = 3, .text = "collect"}},
                   .reproduce = "sweepcheck run --trace failures/old.json"},
                  reporter);
  reporter.matrix({.properties = {"snapshots-have-parents", "pulls-complete", "disk-usage"},
                   .policies = {{"containerd-1.7+keep", {"containerd-1.7", "keep"}},
                                {"containerd-1.7+discard", {"containerd-1.7", "discard"}},
                                {"containerd-2.1+keep", {"containerd-2.1", "keep"}}},
                   .dimensions = {"profile", "keep, discard"}});
  const std::string lost = "a pull leaves out layer:base";
  reporter.cell(sample_cell(0, 0, CellVerdict::kRefuted, "snapshot b has no parent"));
  reporter.cell(sample_cell(0, 1, CellVerdict::kRefuted, "snapshot b has no parent"));
  reporter.cell(sample_cell(0, 2, CellVerdict::kUnanswered, "time was up"));
  reporter.cell(sample_cell(1, 0, CellVerdict::kKnown, lost));
  reporter.cell(sample_cell(1, 1, CellVerdict::kNotFound, "known to be false, and not found"));
  reporter.cell(sample_cell(1, 2, CellVerdict::kHeld, ""));
  reporter.cell(sample_cell(2, 0, CellVerdict::kNotClaimed, "usage <is> 3 bytes off"));
  reporter.cell(sample_cell(2, 1, CellVerdict::kNotClaimed, ""));
  reporter.cell(sample_cell(2, 2, CellVerdict::kHeld, ""));
  reporter.counterexample(sample_refutation());
  CounterexampleEvent known = sample_refutation();
  known.property = "pulls-complete";
  known.statement = "A pull leaves out no layer.";
  known.policies = {"containerd-1.7+keep"};
  known.verdict = CellVerdict::kKnown;
  known.message = lost;
  known.file.clear();
  known.steps.resize(2);
  reporter.counterexample(known);
  CounterexampleEvent unclaimed = known;
  unclaimed.property = "disk-usage";
  unclaimed.statement = "Usage is the sum of what is there.";
  unclaimed.verdict = CellVerdict::kNotClaimed;
  unclaimed.message = "usage <is> 3 bytes off";
  reporter.counterexample(unclaimed);
  reporter.distribution({.title = "drawn",
                         .count_name = "of all steps",
                         .part_name = "fail",
                         .rows = {{"pull", 60, 6}, {"collect", 39, 0}, {"re-tag", 1, 1}},
                         .whole_count = 100,
                         .averages = {{"operations a history", 12.25}, {"collections", 3}}});
  reporter.end({.scenario_count = 1,
                .replay_count = 1,
                .held_count = 1,
                .step_count = 1,
                .matrix = MatrixSummary{.property_count = 3,
                                        .policy_count = 3,
                                        .held_count = 3,
                                        .known_count = 1,
                                        .not_claimed_count = 1,
                                        .unanswered_count = 1,
                                        .failed_count = 3,
                                        .history_count = 40,
                                        .operation_count = 490}});
}

/// What `conform` finds: a difference, a daemon that died, one that did not start, and what was
/// drawn.
inline void report_conform_sample(Reporter& reporter) {
  reporter.begin({.version = "0.0.0",
                  .command = "conform --random clients --seed 3",
                  .date = "2026-11-24",
                  .seed = 3,
                  .folder = "/home/me/project"});
  report_scenario(
      {.file = "/home/me/project/conform-failures/a.json",
       .folder = "random clients containerd-2.1",
       .about = "The model and containerd 2.1.9 differ",
       .profile = "containerd-2.1 (2.1.9)",
       .verdict = Verdict::kFailed,
       .steps = {{.number = 1, .line = 5, .text = "pull registry.example/lib/app:1"},
                 {.number = 2,
                  .line = 6,
                  .text = "collect",
                  .findings = {{.kind = Finding::Kind::kDifference,
                                .message = "node: only the model has \"content layer:base\"",
                                .line = 6,
                                .pointer = "/steps/1"}}}},
       .reproduce = "sweepcheck conform conform-failures/a.json"},
      reporter);
  report_scenario(
      {.file = "../b c.json",
       .folder = "random clients containerd-2.1",
       .about = "Here containerd 2.1.9 died or hung",
       .profile = "containerd-2.1 (2.1.9)",
       .verdict = Verdict::kFailed,
       .steps = {{.number = 1,
                  .line = 5,
                  .text = "restart",
                  .findings = {{.kind = Finding::Kind::kFault,
                                .message = "node: containerd was killed by signal 9",
                                .line = 5,
                                .pointer = "/steps/0"}}}},
       .fault = "node: containerd was killed by signal 9; its last words:\npanic: \x1b[31m]]>\n",
       .reproduce = "sweepcheck conform '../b c.json'"},
      reporter);
  report_scenario({.file = "scenarios/c.json",
                   .folder = "scenarios",
                   .profile = "containerd-1.6 (1.6.20)",
                   .verdict = Verdict::kFailed,
                   .findings = {{.kind = Finding::Kind::kFault,
                                 .message = "node: containerd did not start within 20 s"}},
                   .fault = "node: containerd did not start within 20 s",
                   .reproduce = "sweepcheck conform scenarios/c.json"},
                  reporter);
  reporter.distribution({.title = "steps",
                         .count_name = "performed",
                         .part_name = "failed",
                         .rows = {{"collect", 12, 0}, {"pull by cri", 31, 4}}});
  reporter.distribution({.title = "at collections",
                         .count_name = "before",
                         .part_name = "after",
                         .rows = {{"content", 340, 12}}});
  reporter.end({.scenario_count = 3, .replay_count = 3, .failed_count = 3, .step_count = 3});
}

/// A table, a curve and a graph, with texts that each format must escape.
inline void report_figures(Reporter& reporter) {
  reporter.table({.title = "Disks by policy",
                  .columns = {{"policy"}, {"content", "bytes"}, {"nodes"}},
                  .rows = {{"keep | all", "24300", "3"}, {"discard", "1700", "12"}}});
  reporter.series({.name = "disk",
                   .x = {"time", "hours"},
                   .y = {"content", "bytes"},
                   .points = {{0, 0}, {0.5, 1e9}, {24, 24300.25}}});
  SeriesEvent steps{.name = "objects, step by step", .x = {"step"}, .y = {"objects"}};
  for (int i = 0; i <= 100; ++i) steps.points.emplace_back(i, i * i);
  reporter.series(steps);
  reporter.graph(
      {.title = "what keeps app:1",
       .nodes = {{"1", "image app:1"}, {"2", "content \"manifest\""}, {"3", "lease <l>"}},
       .edges = {{"1", "2", "target"}}});
}

/// A run that tells nothing but figures.
inline void report_figures_sample(Reporter& reporter) {
  reporter.begin({.version = "0.0.0", .command = "what-if"});
  report_figures(reporter);
  reporter.end({});
}

/// What the report of this kind has of a run.
template <typename Run>
std::string written(std::string_view kind_name, const Run& run, ReportStyle style = {}) {
  const ReportKind* kind = find_report_kind(kind_name);
  if (kind == nullptr) return "no such kind";
  std::ostringstream out;
  run(*kind->make(out, style));
  return out.str();
}

}  // namespace sweepcheck::test
