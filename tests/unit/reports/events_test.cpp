// Aim: each event appears in every report whose readers can use it, byte for byte, and in no other.
// Method: fixed runs of `check` and `conform`, and figures, go to each writer; the results are
// compared with files in tests/data/reports.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/escape.hpp"
#include "reports/grid.hpp"
#include "tests/unit/reports/approved.hpp"
#include "tests/unit/reports/sample_runs.hpp"

namespace sweepcheck {
namespace {

using test::expect_approved;
using test::report_check_sample;
using test::report_conform_sample;
using test::report_figures;
using test::report_figures_sample;
using test::written;

/// Each kind, and how its approved files end.
constexpr std::array<std::array<const char*, 2>, 7> kKinds{{{"github", "github"},
                                                            {"json", "json"},
                                                            {"junit", "xml"},
                                                            {"markdown", "md"},
                                                            {"matrix", "matrix.md"},
                                                            {"sarif", "sarif"},
                                                            {"text", "txt"}}};

TEST(Events, OfACheckInEveryReport) {
  for (const auto& [kind, end] : kKinds) {
    expect_approved(std::string("check.") + end, written(kind, report_check_sample));
  }
}

TEST(Events, OfAConformanceRunInEveryReport) {
  for (const auto& [kind, end] : kKinds) {
    expect_approved(std::string("conform.") + end, written(kind, report_conform_sample));
  }
}

TEST(Events, FiguresInReportsThatCanShowThem) {
  for (const auto& [kind, end] :
       {std::array{"json", "json"}, std::array{"markdown", "md"}, std::array{"text", "txt"}}) {
    expect_approved(std::string("figures.") + end, written(kind, report_figures_sample));
  }
}

TEST(Events, FiguresChangeNoOtherReport) {
  const auto with_figures = [](Reporter& reporter) {
    report_figures(reporter);
    report_conform_sample(reporter);
  };
  for (const char* kind : {"junit", "sarif", "github", "matrix"}) {
    EXPECT_EQ(written(kind, with_figures), written(kind, report_conform_sample)) << kind;
  }
}

// Every verdict of a cell can be told from every other in every report that has cells.
TEST(Events, NoReportCallsAKnownRefutationHeld) {
  const auto one_cell = [](CellVerdict verdict) {
    return [verdict](Reporter& reporter) {
      reporter.begin({.version = "0.0.0", .command = "check"});
      reporter.matrix({.properties = {"snapshots-have-parents"},
                       .policies = {{"containerd-1.7+keep", {"containerd-1.7", "keep"}}},
                       .dimensions = {"profile", "keep, discard"}});
      reporter.cell(test::sample_cell(0, 0, verdict, "it is"));
      if (verdict == CellVerdict::kKnown) {
        CounterexampleEvent known = test::sample_refutation();
        known.verdict = verdict;
        reporter.counterexample(known);
      }
      reporter.end({.matrix = MatrixSummary{}});
    };
  };
  for (const auto& [kind, end] : kKinds) {
    const std::string known = written(kind, one_cell(CellVerdict::kKnown));
    EXPECT_NE(known, written(kind, one_cell(CellVerdict::kHeld))) << kind;
    EXPECT_NE(known.find("known"), std::string::npos) << kind << known;
  }
}

TEST(Events, AReporterAnswersEachWithNothing) {
  Reporter silent;
  ReporterGroup group;
  group.add(silent);
  report_check_sample(group);
  report_conform_sample(group);
  report_figures(group);
}

// Counts what it is told of.
class Counter final : public Reporter {
 public:
  void scenario(const ScenarioResult&) override { ++counts[0]; }
  void finding(const FindingEvent&) override { ++counts[1]; }
  void difference(const FindingEvent&) override { ++counts[2]; }
  void fault(const FaultEvent& fault) override {
    ++counts[3];
    line_count += fault.lines.size();
  }

  std::array<int, 4> counts{};
  std::size_t line_count = 0;
};

TEST(Events, AScenarioIsAlsoItsFindingsDifferencesAndFaults) {
  Counter first;
  Counter second;
  ReporterGroup group;
  group.add(first);
  group.add(second);
  report_conform_sample(group);
  EXPECT_EQ(first.counts, (std::array{3, 0, 1, 2}));
  EXPECT_EQ(first.line_count, 3U);
  EXPECT_EQ(second.counts, first.counts);
}

TEST(Events, ColourIsOnlyForText) {
  for (const auto& [kind, end] : kKinds) {
    const std::string coloured = written(kind, report_check_sample, {.colour = true});
    EXPECT_EQ(coloured.find('\x1b') != std::string::npos, std::string(kind) == "text") << kind;
  }
  EXPECT_EQ(written("text", report_conform_sample).find('\x1b'), std::string::npos);
}

TEST(Events, JsonHasThemAll) {
  const auto json = nlohmann::json::parse(
      written("json", [](Reporter& reporter) { report_check_sample(reporter); }));
  EXPECT_EQ(json.at("seed"), 7);
  std::set<std::string> verdicts;
  for (const auto& cell : json.at("cells")) verdicts.insert(cell.at("verdict"));
  EXPECT_EQ(verdicts, (std::set<std::string>{"held", "known", "not-claimed", "not-found", "refuted",
                                             "unanswered"}));
  EXPECT_EQ(json.at("counterexamples").at(1).at("verdict"), "known");
  EXPECT_EQ(json.at("summary").at("matrix").at("known_count"), 1);
}

TEST(Grid, AlignsByCharactersAndSetsNumbersToTheRight) {
  const Grid grid = grid_of(TableEvent{.title = "t",
                                       .columns = {{"name"}, {"count"}, {"size", "B"}},
                                       .rows = {{"Zürich", "7", "n/a"}, {"x", "1200", "1"}}});
  EXPECT_EQ(grid_lines(grid),
            (std::vector<std::string>{"name    count  size (B)", "Zürich      7       n/a",
                                      "x        1200         1"}));
}

TEST(Grid, LongCurvesKeepTheirEnds) {
  SeriesEvent series{.name = "s", .x = {"x"}, .y = {"y"}};
  for (int i = 0; i < 1000; ++i) series.points.emplace_back(i, 2 * i);
  const Grid grid = grid_of(series);
  EXPECT_EQ(grid.rows.front(), (std::vector<std::string>{"0", "0"}));
  EXPECT_EQ(grid.rows.back(), (std::vector<std::string>{"999", "1998"}));
  EXPECT_EQ(grid.rows.size() + grid.left_out_count, 1000U);
  series.points.clear();
  EXPECT_TRUE(grid_of(series).rows.empty());
}

TEST(Escape, UrisHaveNothingButTheirOwnCharacters) {
  EXPECT_EQ(uri_escaped("a/b c%~é.json"), "a/b%20c%25~%C3%A9.json");
}

}  // namespace
}  // namespace sweepcheck
