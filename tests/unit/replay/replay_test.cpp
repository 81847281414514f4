// What a replay adds to its scenario: configurations from outside, the trace, names of
// expectations.
#include "replay/replay.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "input/scenario/scenario.hpp"
#include "replay/library.hpp"
#include "runner/cli/command_line.hpp"
#include "runner/program.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

Scenario scenario_of(const std::string& text) {
  ScenarioResultOrDiagnostics read = parse_scenario(text, "test.json");
  EXPECT_TRUE(read.scenario) << to_line(read.diagnostics.front());
  return std::move(*read.scenario);
}

const Policy& policy_after(Replay& replay, const Scenario& scenario) {
  int number = 0;
  for (const ScenarioStep& step : scenario.steps) replay.perform(step, ++number);
  return *replay.world().nodes.front().policy;
}

constexpr const char* kRestarts = R"({
  "about": "a node of another platform restarts",
  "nodes": {"node": {"platform": "linux/arm64", "cri": {"sandbox_image": "pause:1"}}},
  "steps": [{"restart": true, "cri": {"discard_unpacked_layers": true}}]
})";

TEST(ReplayConfig, KeepsTheNodesPlatform) {
  const Scenario scenario = scenario_of(kRestarts);
  Policy config;
  config.cri.snapshotter = "native";
  Replay replay(scenario, {.profile = find_profile("containerd-1.7"), .policy = config});
  EXPECT_EQ(replay.world().nodes.front().policy->platform, "linux/arm64");
  EXPECT_EQ(replay.world().nodes.front().policy->cri.snapshotter, "native");
}

TEST(ReplayConfig, ARestartChangesOnlyWhatItNames) {
  const Scenario scenario = scenario_of(kRestarts);
  Policy config;
  config.cri.snapshotter = "native";
  config.scheduler.mutation_threshold = 7;
  Replay replay(scenario, {.profile = find_profile("containerd-1.7"), .policy = config});
  const Policy& policy = policy_after(replay, scenario);
  EXPECT_TRUE(policy.cri.discard_unpacked_layers);
  EXPECT_EQ(policy.cri.snapshotter, "native");
  EXPECT_EQ(policy.scheduler.mutation_threshold, 7);
  EXPECT_EQ(policy.cri.sandbox_image, config.cri.sandbox_image);
}

TEST(ReplayConfig, WhatARestartNamesWinsEvenIfTheScenarioHadIt) {
  const Scenario scenario = scenario_of(R"({
    "about": "a restart says again what was declared",
    "nodes": {"node": {"cri": {"discard_unpacked_layers": true}}},
    "steps": [{"restart": true, "cri": {"discard_unpacked_layers": true}}]
  })");
  Replay replay(scenario, {.profile = find_profile("containerd-1.7"), .policy = Policy{}});
  EXPECT_FALSE(replay.world().nodes.front().policy->cri.discard_unpacked_layers);
  EXPECT_TRUE(policy_after(replay, scenario).cri.discard_unpacked_layers);
}

TEST(ReplayTrace, NamesEachStepAndIndentsWhatItChanged) {
  const Scenario scenario = scenario_of(R"({
    "about": "one lease",
    "steps": [{"create-lease": "hold", "by": "library"}]
  })");
  Replay replay(scenario, {.profile = find_profile("containerd-1.7"), .trace = true});
  const StepResult result = replay.perform(scenario.steps.front(), 1);
  ASSERT_GE(result.changes.size(), 2U);
  EXPECT_EQ(result.changes[0], "> create lease hold");
  EXPECT_EQ(result.changes[1], "  added lease default hold");
}

TEST(Expectations, NameSnapshotsOfOtherSnapshotters) {
  const Scenario scenario = scenario_of(R"({
    "about": "two snapshotters",
    "images": {"app": {"layers": ["base"]}},
    "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
    "steps": [
      {"prepare-snapshot": "c", "snapshotter": "native"},
      {"prepare-snapshot": "a/b"},
      {
        "pull": "registry.example/lib/app:1", "by": "library", "snapshotter": "native",
        "expect": [
          {"present": {"snapshots": ["native/c", "a/b", "native/chain:base"]}},
          {"absent": {"snapshots": ["c", "b", "chain:base", "native/b"]}},
          {"exactly": {"snapshots": ["a/b", "native/c", "native/chain:base"]}},
          {
            "labels_of": {"kind": "snapshot", "name": "native/c"},
            "labels": {"containerd.io/gc.root": "*"}
          }
        ]
      }
    ]
  })");
  Replay replay(scenario, {.profile = find_profile("containerd-1.7")});
  const ScenarioResult result = replay.run();
  for (const StepResult& step : result.steps) {
    for (const Finding& finding : step.findings) ADD_FAILURE() << finding.message;
  }
  EXPECT_GE(replay.expectation_count(), 9U);
}

TEST(Help, NamesFilesThatExist) {
  for (const CommandSpec& command : commands()) {
    for (const ExampleSpec& example : command.examples) {
      std::istringstream words{std::string(example.command)};
      for (std::string word; words >> word;) {
        if (!word.starts_with("scenarios/")) continue;
        EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(SWEEPCHECK_SOURCE_DIR) / word))
            << example.command;
      }
    }
  }
}

TEST(BadInput, OfThePastStaysMended) {
  // Each of these once crashed, hung, or passed without a word.
  const std::pair<const char*, int> cases[] = {
      {R"({"about": "a", "steps": [{"ingest":
           "sha256:0000000000000000000000000000000000000000000000000000000000000000"}]})",
       1},
      {R"({"about": "a", "steps": [{"advance": "2000000h"}, {"advance": "2000000h"}]})", 0},
      {R"({"about": "a", "nodes": {"node": {"scheduler": {"pause_threshold": 1e-300}}},
           "steps": [{"create-lease": "a"}, {"delete-lease": "a"}, {"advance": "1h"}]})",
       0},
      {R"({"about": "a", "steps": [{"kill": "daemon"}, {"collect": true}]})", 1},
      {R"({"about": "a", "images": {"app": {"layers": ["base"]}},
           "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
           "steps": [{"pull": "registry.example/lib/app:1", "as": "p",
                      "until": "get content layer:base",
                      "fails": {"class": "not-found"}}, {"resume": "p"}]})",
       1},
  };
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "sweepcheck-past.json";
  for (const auto& [text, status] : cases) {
    std::ofstream(file) << text;
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_program({"run", file.string()}, out, err), status) << text << err.str();
    EXPECT_NE(out.str() + err.str(), "");
  }
  std::filesystem::remove(file);
}

// Its collection was in the step before, and a resumption that does nothing is not a second
// deletion.
TEST(Replay, WhatHasEndedIsNotJudgedAgain) {
  const Scenario scenario = scenario_of(R"({
    "about": "a deletion that never comes to where it should stop is resumed",
    "steps": [{"create-lease": "l"},
              {"delete-lease": "l", "sync": true, "as": "d", "until": "nowhere"},
              {"resume": "d"}]
  })");
  const Property* property = find_property("sync-collects");
  ASSERT_NE(property, nullptr);
  Replay replay(scenario,
                {.profile = find_profile("containerd-2.1"), .properties = {&property, 1}});
  replay.run();
  EXPECT_EQ(replay.refutation_count(), 0U);
}

TEST(BadInput, ALoopOfLinksIsOneLine) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "sweepcheck-loop";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "self");
  std::filesystem::create_directory_symlink("self", folder / "self");
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_program({"run", (folder / "self").string()}, out, err), 2);
  EXPECT_NE(err.str().find("self"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sweepcheck
