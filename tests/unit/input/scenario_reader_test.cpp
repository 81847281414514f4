// Aim: a bad scenario file gets clear diagnostics with their place, all of them, and a good one is
// read as it is written. Method: bad files as data in tests/data/scenarios/bad, each beside the
// lines that it must give; the limits, which would make large files, are built here.
// SWEEPCHECK_APPROVE=1 writes the lines anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "input/scenario/scenario.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

const fs::path kBad = fs::path(SWEEPCHECK_SOURCE_DIR) / "tests/data/scenarios/bad";

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kBad)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadScenario : public testing::TestWithParam<std::string> {};

TEST_P(BadScenario, IsDiagnosedAsExpected) {
  const fs::path file = kBad / (GetParam() + ".json");
  const ScenarioResultOrDiagnostics read = read_scenario(file.string());
  EXPECT_EQ(read.scenario.has_value(), !has_errors(read.diagnostics));
  EXPECT_FALSE(read.diagnostics.empty());
  std::string lines;
  for (const Diagnostic& diagnostic : read.diagnostics) {
    std::string line = to_line(diagnostic);
    const std::string folder = kBad.string() + "/";
    for (std::size_t at = line.find(folder); at != std::string::npos; at = line.find(folder)) {
      line.erase(at, folder.size());
    }
    lines += line + "\n";
  }
  const fs::path expected = kBad / (GetParam() + ".expected");
  if (std::getenv("SWEEPCHECK_APPROVE")) std::ofstream(expected) << lines;
  EXPECT_EQ(lines, read_text(expected));
}

INSTANTIATE_TEST_SUITE_P(Files, BadScenario, testing::ValuesIn(bad_files()), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

std::string rule_of(std::string_view text) {
  const ScenarioResultOrDiagnostics read = parse_scenario(text, "test.json");
  return read.diagnostics.empty() ? "" : read.diagnostics.front().rule;
}

TEST(ScenarioLimits, AMillionLevelsAreRefusedWithoutRecursion) {
  EXPECT_EQ(rule_of(std::string(1'000'000, '[')), "too-deep");
  EXPECT_EQ(rule_of(std::string(1'000'000, '{')), "syntax");
}

TEST(ScenarioLimits, ALargeFileIsRefusedByItsSize) {
  const fs::path file = fs::path(testing::TempDir()) / "sparse.json";
  std::ofstream(file) << "{";
  fs::resize_file(file, 10'000'000'000);  // sparse: takes no space
  const ScenarioResultOrDiagnostics read = read_scenario(file.string());
  fs::remove(file);
  ASSERT_EQ(read.diagnostics.size(), 1U);
  EXPECT_NE(to_line(read.diagnostics.front()).find("at most 8388608 bytes"), std::string::npos)
      << to_line(read.diagnostics.front());
}

TEST(ScenarioReader, ReadsWhatIsWritten) {
  const ScenarioResultOrDiagnostics read = parse_scenario(R"json({
    "about": "a",
    "profiles": ["containerd-2.1", "containerd-1.6"],
    "images": {"app": {"layers": ["l"]}},
    "registries": {"r.example": {"images": {"lib/app:1": "app"}}},
    "nodes": {"n": {"cri": {"discard_unpacked_layers": true},
                    "scheduler": {"startup_delay": "5s"}}},
    "steps": [
      {"pull": "r.example/lib/app:1", "by": "cri", "as": "p", "until": "commit *"},
      {"resume": "p", "steps": 2},
      {"restart": true, "cri": {"discard_unpacked_layers": false}}
    ]
  })json",
                                                          "test.json");
  for (const Diagnostic& diagnostic : read.diagnostics) ADD_FAILURE() << to_line(diagnostic);
  ASSERT_TRUE(read.scenario);
  const Scenario& scenario = *read.scenario;
  EXPECT_EQ(scenario.profiles, (std::vector<std::string>{"containerd-1.6", "containerd-2.1"}));
  EXPECT_TRUE(scenario.nodes[0].policy.scheduler.runs);
  EXPECT_EQ(scenario.nodes[0].policy.scheduler.startup_delay, 5 * kSecond);
  EXPECT_EQ(scenario.steps[0].by, Client::kCri);
  EXPECT_EQ(scenario.steps[0].until, "commit *");
  EXPECT_EQ(scenario.steps[1].step_count, 2);
  ASSERT_TRUE(scenario.steps[2].policy);
  EXPECT_FALSE(scenario.steps[2].policy->cri.discard_unpacked_layers);
  EXPECT_EQ(scenario.images.at("app").target().alias, "manifest:app");
}

TEST(ScenarioReader, DeclaredImagesHaveTheSameDigestsEverywhere) {
  const auto digest = [](const char* layers) {
    const std::string text = std::string(R"({"about": "a", "images": {"app": {"layers": )") +
                             layers + R"(}}, "steps": [{"collect": true}]})";
    return parse_scenario(text, "test.json").scenario->images.at("app").target().digest;
  };
  EXPECT_EQ(digest(R"(["a", "b"])"), digest(R"(["a", "b"])"));
  EXPECT_NE(digest(R"(["a", "b"])"), digest(R"(["b", "a"])"));
}

TEST(Pattern, StarsStandForAnything) {
  EXPECT_TRUE(matches_pattern("commit content layer:a1", "commit * layer:a1"));
  EXPECT_TRUE(matches_pattern("", "*"));
  EXPECT_TRUE(matches_pattern("aab", "*ab"));
  EXPECT_FALSE(matches_pattern("commit", "commi"));
  EXPECT_FALSE(matches_pattern("abc", "*b"));
}

TEST(PolicyKeys, AreSetByNameAndRefusedWithTheNearest) {
  Policy policy;
  EXPECT_EQ(set_policy_key(policy, "scheduler.mutation_threshold", "7"), "");
  EXPECT_EQ(policy.scheduler.mutation_threshold, 7);
  EXPECT_EQ(set_policy_key(policy, "content_sharing_policy", "isolated"), "");
  EXPECT_EQ(policy.content_sharing, ContentSharing::kIsolated);
  EXPECT_NE(set_policy_key(policy, "cri.discard_unpacked_layer", "true"), "");
  EXPECT_NE(set_policy_key(policy, "scheduler.pause_threshold", "often"), "");
  for (const std::string& key : policy_keys()) EXPECT_FALSE(key.empty());
}

}  // namespace
}  // namespace sweepcheck
