// Aim: each report kind writes what its readers can rely on, byte for byte.
// Method: one fixed set of events that covers every case goes to each writer, and the result is
// compared with a file in tests/data/reports (approved.hpp).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "reports/escape.hpp"
#include "reports/reporter.hpp"
#include "tests/places.hpp"
#include "tests/unit/reports/approved.hpp"

// Events name only the fields that matter to a case.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace sweepcheck {
namespace {

using test::expect_approved;

ScenarioResult held() {
  return {.file = "scenarios/discard/cri-discard.json",
          .folder = "scenarios/discard",
          .about = "A CRI pull with discard_unpacked_layers keeps no compressed layer.",
          .profile = "containerd-1.7",
          .steps = {{.number = 1,
                     .line = 12,
                     .text = "pull registry.example/lib/app:1 by cri",
                     .changes = {"image + registry.example/lib/app:1", "blob + app.manifest"}},
                    {.number = 2,
                     .line = 13,
                     .text = "collect",
                     .changes = {"blob - app.layer.0, 3000 bytes: no path from a root since step 1 "
                                 "left out containerd.io/gc.ref.content.l.0"}}},
          .reproduce =
              "sweepcheck run scenarios/discard/cri-discard.json --profile "
              "containerd-1.7"};
}

ScenarioResult failed_by_expectation() {
  return {.file = "scenarios/push/no-layers.json",
          .folder = "scenarios/push",
          .about = "A push fails when layers are gone & <not> in the registry.",
          .profile = "containerd-1.6",
          .verdict = Verdict::kFailed,
          .steps = {{.number = 1, .line = 20, .text = "collect"},
                    {.number = 2,
                     .line = 21,
                     .text = "push app:1 to registry \"a|b\"",
                     .error_class = "not-found",
                     .error_text = "content digest sha256:0123: not found\n100% \x1b[31m`of`",
                     .changes = {"ingest + push-1"},
                     .findings = {{.message = "expected success, but the step failed",
                                   .line = 21,
                                   .pointer = "/steps/1"},
                                  {.message = "expected 1 request, saw 2: HEAD, HEAD",
                                   .line = 24,
                                   .pointer = "/steps/1/expect/requests"}}}},
          .reproduce = "sweepcheck run scenarios/push/no-layers.json --profile containerd-1.6"};
}

ScenarioResult failed_by_property() {
  return {.file = "scenarios/push/no-layers.json",
          .folder = "scenarios/push",
          .about = "A push fails when layers are gone & <not> in the registry.",
          .profile = "containerd-2.1",
          .verdict = Verdict::kFailed,
          .steps = {{.number = 1,
                     .line = 20,
                     .text = "collect",
                     .findings = {{.kind = Finding::Kind::kProperty,
                                   .property = "snapshots-have-parents",
                                   .message = "snapshot \xff"
                                              "b has no parent",
                                   .line = 20,
                                   .pointer = "/steps/0"}}}},
          .findings = {{.message = "expected 0 bytes, found 10", .line = 30, .pointer = "/end"}},
          .reproduce = "sweepcheck run scenarios/push/no-layers.json --profile containerd-2.1"};
}

ScenarioResult skipped() {
  return {.file = "scenarios/push,more: 50%.json",
          .folder = "scenarios",
          .profile = "containerd-2.3",
          .verdict = Verdict::kSkipped,
          .reason = "holds for \"containerd-1.6\" only"};
}

ScenarioResult failed_without_finding() {
  return {.file = "scenarios/push,more: 50%.json",
          .folder = "scenarios",
          .profile = "containerd-1.6",
          .verdict = Verdict::kFailed,
          .reproduce = "sweepcheck run 'scenarios/push,more: 50%.json' --profile containerd-1.6"};
}

std::string report(std::string_view kind_name, bool trace, ReportStyle style = {}) {
  const ReportKind* kind = find_report_kind(kind_name);
  if (kind == nullptr) return "no such kind";
  std::ostringstream out;
  const auto reporter = kind->make(out, style);
  reporter->begin({.version = "0.0.0", .command = "run scenarios", .trace = trace});
  reporter->property({.name = "snapshots-have-parents",
                      .family = "states",
                      .statement = "A snapshot's parent is there as long as the snapshot is."});
  for (const ScenarioResult& result : {held(), failed_by_expectation(), failed_by_property(),
                                       failed_without_finding(), skipped()}) {
    report_scenario(result, *reporter);
  }
  reporter->end({.scenario_count = 3,
                 .replay_count = 5,
                 .held_count = 1,
                 .failed_count = 3,
                 .skipped_count = 1,
                 .step_count = 5,
                 .expectation_count = 7});
  return out.str();
}

TEST(Reports, Text) { expect_approved("expected.txt", report("text", false)); }
TEST(Reports, TextWithTrace) { expect_approved("expected.trace.txt", report("text", true)); }
TEST(Reports, Json) { expect_approved("expected.json", report("json", true)); }
TEST(Reports, Junit) { expect_approved("expected.xml", report("junit", true)); }
TEST(Reports, Github) { expect_approved("expected.github", report("github", false)); }
TEST(Reports, Sarif) { expect_approved("expected.sarif", report("sarif", false)); }
TEST(Reports, Matrix) { expect_approved("expected.matrix.md", report("matrix", false)); }

TEST(Reports, Markdown) { expect_approved("expected.md", report("markdown", false)); }

TEST(Reports, TextIsColouredOnlyWhenAsked) {
  EXPECT_EQ(report("text", true).find('\x1b'), std::string::npos);
  EXPECT_NE(report("text", true, {.colour = true}).find("\x1b[31m"), std::string::npos);
}

TEST(Reports, JsonIsOneDocumentAlsoWithoutResults) {
  const ReportKind* kind = find_report_kind("json");
  ASSERT_NE(kind, nullptr);
  std::ostringstream out;
  const auto reporter = kind->make(out, {});
  reporter->begin({.version = "0.0.0", .command = "run"});
  reporter->end({});
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json.at("schema_version"), 2);
  EXPECT_TRUE(json.at("scenarios").empty());
  EXPECT_EQ(nlohmann::json::parse(report("json", false)).at("scenarios").size(), 5U);
}

TEST(Reports, KindsAreListedByName) {
  std::string last;
  for (const ReportKind& kind : report_kinds()) {
    EXPECT_LT(last, kind.name);
    last = kind.name;
    EXPECT_EQ(find_report_kind(kind.name)->help, kind.help);
  }
  EXPECT_EQ(find_report_kind("nonsense"), nullptr);
}

TEST(Reports, FindingsAreCountedInStepsAndAtTheEnd) {
  EXPECT_EQ(finding_count(held()), 0U);
  EXPECT_EQ(finding_count(failed_by_expectation()), 2U);
  EXPECT_EQ(finding_count(failed_by_property()), 2U);
}

TEST(Escape, KeepsGoodTextAndReplacesBad) {
  EXPECT_EQ(printable("Zürich \xE2\x82\xAC \xF0\x9F\x90\xB3"),
            "Zürich \xE2\x82\xAC \xF0\x9F\x90\xB3");
  EXPECT_EQ(printable("a\tb\nc\x7f\xC2\x9B"), "a\\tb\\nc\\x7f\\x9b");
  // Overlong, surrogate, beyond U+10FFFF, cut off.
  for (const std::string_view bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_EQ(printable(bad).substr(0, 3), "\xEF\xBF\xBD") << bad;
  }
  EXPECT_EQ(xml_escaped("<a b=\"&\">\n\x01\xEF\xBF\xBF"),
            "&lt;a b=&quot;&amp;&quot;&gt;&#10;\\x01\xEF\xBF\xBD");
  EXPECT_EQ(github_message("50%\r\n: ,"), "50%25%0D%0A: ,");
  EXPECT_EQ(github_property("50%\r\n: ,"), "50%25%0D%0A%3A %2C");
  EXPECT_EQ(markdown_escaped("a|b_c"), "a\\|b\\_c");
}

}  // namespace
}  // namespace sweepcheck
