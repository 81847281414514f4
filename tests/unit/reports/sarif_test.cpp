// Aim: what the SARIF 2.1.0 standard and code scanning ask of a report is in it.
// Method: the sample runs, read as JSON; each required field is looked for, and each reference
// followed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/reports/sample_runs.hpp"

namespace sweepcheck {
namespace {

using nlohmann::json;

template <typename Run>
json run_of(const Run& run) {
  const json log = json::parse(test::written("sarif", run));
  EXPECT_EQ(log.at("version"), "2.1.0");
  EXPECT_EQ(log.at("runs").size(), 1U);
  return log.at("runs").at(0);
}

// Relative, with a base that the run knows; or a file's absolute address; or a text in the report.
void expect_location(const json& run, const json& location) {
  const json& physical = location.at("physicalLocation");
  const json& artifact = physical.at("artifactLocation");
  const std::string uri = artifact.at("uri");
  EXPECT_GE(physical.at("region").at("startLine"), 1);
  EXPECT_EQ(uri.find(' '), std::string::npos) << uri;
  EXPECT_FALSE(uri.starts_with("/")) << uri;
  EXPECT_FALSE(uri.starts_with("..")) << uri;
  if (artifact.contains("index")) {
    const json& embedded = run.at("artifacts").at(artifact.at("index").get<std::size_t>());
    EXPECT_EQ(embedded.at("location").at("uri"), uri);
    EXPECT_FALSE(embedded.at("contents").at("text").get<std::string>().empty());
  } else if (artifact.contains("uriBaseId")) {
    EXPECT_TRUE(run.at("originalUriBaseIds").contains(artifact.at("uriBaseId"))) << uri;
  } else {
    EXPECT_TRUE(uri.starts_with("file:///")) << uri;
  }
}

void expect_valid(const json& run) {
  const json& driver = run.at("tool").at("driver");
  EXPECT_EQ(driver.at("name"), "sweepcheck");
  EXPECT_TRUE(driver.at("informationUri").get<std::string>().starts_with("https://"));
  std::set<std::string> ids;
  for (const json& rule : driver.at("rules")) {
    EXPECT_TRUE(ids.insert(rule.at("id")).second) << rule;
    EXPECT_FALSE(rule.at("name").get<std::string>().empty());
    for (const char* key : {"shortDescription", "fullDescription", "help"}) {
      EXPECT_FALSE(rule.at(key).at("text").get<std::string>().empty()) << key;
    }
    EXPECT_TRUE(rule.at("help").contains("markdown"));
  }
  for (const json& result : run.at("results")) {
    EXPECT_EQ(driver.at("rules").at(result.at("ruleIndex").get<std::size_t>()).at("id"),
              result.at("ruleId"));
    EXPECT_TRUE(result.at("level") == "error" || result.at("level") == "note");
    EXPECT_FALSE(result.at("message").at("text").get<std::string>().empty());
    EXPECT_FALSE(result.at("partialFingerprints").empty());
    ASSERT_FALSE(result.at("locations").empty()) << "code scanning refuses a result without";
    for (const json& location : result.at("locations")) expect_location(run, location);
    if (!result.contains("codeFlows")) continue;
    const json& flow = result.at("codeFlows").at(0).at("threadFlows").at(0).at("locations");
    EXPECT_FALSE(flow.empty());
    for (const json& place : flow) expect_location(run, place.at("location"));
  }
}

TEST(Sarif, HasWhatTheStandardAsksFor) {
  expect_valid(run_of(test::report_check_sample));
  expect_valid(run_of(test::report_conform_sample));
  expect_valid(run_of(test::report_figures_sample));
}

TEST(Sarif, RulesAreProperties) {
  const json run = run_of(test::report_check_sample);
  const json& rule = run.at("tool").at("driver").at("rules").at(0);
  const PropertyEvent property = test::sample_property();
  EXPECT_EQ(rule.at("id"), property.name);
  EXPECT_EQ(rule.at("shortDescription").at("text"), property.statement);
  const std::string full = rule.at("fullDescription").at("text");
  for (const std::string& part : {property.statement, property.why, property.source}) {
    EXPECT_NE(full.find(part), std::string::npos) << full;
  }
}

TEST(Sarif, DaemonsHaveRulesOfTheirOwn) {
  std::vector<std::string> rules;
  const json run = run_of(test::report_conform_sample);
  for (const json& result : run.at("results")) {
    rules.push_back(result.at("ruleId"));
  }
  EXPECT_EQ(rules, (std::vector<std::string>{"model-differs", "daemon-fault", "daemon-fault"}));
  EXPECT_EQ(run.at("invocations").at(0).at("executionSuccessful"), false);
}

TEST(Sarif, WhatIsKnownIsASuppressedNote) {
  int known_count = 0;
  const json run = run_of(test::report_check_sample);
  for (const json& result : run.at("results")) {
    const bool note = result.at("level") == "note";
    EXPECT_EQ(note, result.contains("suppressions")) << result;
    if (!note) continue;
    ++known_count;
    EXPECT_EQ(result.at("suppressions").at(0).at("kind"), "external");
    EXPECT_EQ(result.at("suppressions").at(0).at("status"), "accepted");
  }
  EXPECT_EQ(known_count, 2);
}

// The fingerprint of the one result of a run that tells of one counterexample.
std::string fingerprint_of(const CounterexampleEvent& counterexample) {
  const json run = run_of([&](Reporter& reporter) {
    reporter.begin({.version = "0.0.0", .command = "check"});
    reporter.counterexample(counterexample);
    reporter.end({});
  });
  return run.at("results").at(0).at("partialFingerprints").begin().value();
}

TEST(Sarif, FingerprintsAreOfPropertyVersionAndStepsAlone) {
  const CounterexampleEvent one = test::sample_refutation();
  const std::string usual = fingerprint_of(one);
  CounterexampleEvent other = one;
  for (StepResult& step : other.steps) step.line += 100;
  other.policies = {"containerd-1.7+discard+called"};
  other.file = "elsewhere.json";
  other.message = "in other words";
  EXPECT_EQ(fingerprint_of(other), usual);
  other = one;
  other.profile = "containerd-2.1";
  EXPECT_NE(fingerprint_of(other), usual);
  other = one;
  other.property = "pulls-complete";
  EXPECT_NE(fingerprint_of(other), usual);
  other = one;
  other.steps[1].text = "push registry.example/lib/web:1";
  EXPECT_NE(fingerprint_of(other), usual);
}

// A saved counterexample that is replayed has the profile's whole policy for a name.
TEST(Sarif, FingerprintOfASavedCounterexampleIsTheOneItWasFoundWith) {
  const CounterexampleEvent found = test::sample_refutation();
  ScenarioResult saved{.file = found.file, .profile = "containerd-1.7+keep+called"};
  saved.verdict = Verdict::kFailed;
  saved.steps = found.steps;
  const json run = run_of([&](Reporter& reporter) {
    reporter.begin({.version = "0.0.0", .command = "check"});
    report_scenario(saved, reporter);
    reporter.end({});
  });
  EXPECT_EQ(run.at("results").at(0).at("partialFingerprints").begin().value(),
            fingerprint_of(found));
}

TEST(Sarif, PathsAreRelativeToTheFolderOfTheRun) {
  const auto uri_of = [](const std::string& file, const std::string& folder) {
    const json run = run_of([&](Reporter& reporter) {
      reporter.begin({.version = "0.0.0", .command = "run", .folder = folder});
      report_scenario({.file = file, .profile = "p", .findings = {{.message = "m"}}}, reporter);
      reporter.end({});
    });
    expect_valid(run);
    return run.at("results")
        .at(0)
        .at("locations")
        .at(0)
        .at("physicalLocation")
        .at("artifactLocation")
        .at("uri")
        .get<std::string>();
  };
  EXPECT_EQ(uri_of("./a b.json", "/home/me"), "a%20b.json");
  EXPECT_EQ(uri_of("/home/me/x/a.json", "/home/me"), "x/a.json");
  EXPECT_EQ(uri_of("../you/a.json", "/home/me"), "file:///home/you/a.json");
  EXPECT_EQ(uri_of("/tmp/a.json", "/home/me"), "file:///tmp/a.json");
  EXPECT_EQ(uri_of("/tmp/a.json", ""), "file:///tmp/a.json");
}

}  // namespace
}  // namespace sweepcheck
