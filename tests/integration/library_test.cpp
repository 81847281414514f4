// Aim: every scenario of the library holds under every profile that it is for, and what a replay
// prints depends on nothing but its inputs.
// Method: one test a scenario and profile, found in the library's folder; the whole run twice, on
// one thread and on several, compared byte by byte.
#include "replay/library.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <sstream>

#include "replay/replay.hpp"
#include "runner/cli/command_line.hpp"
#include "runner/program.hpp"

namespace sweepcheck {
namespace {

const std::string kLibrary = std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios";

struct Case {
  std::string file;
  std::string profile;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  Diagnostics diagnostics;
  for (const std::string& file : find_scenarios({kLibrary}, diagnostics)) {
    const ScenarioResultOrDiagnostics read = read_scenario(file);
    // A file that can't be read is a case, too: it fails below.
    if (!read.scenario) out.push_back({file, std::string(profiles().front().name)});
    if (!read.scenario) continue;
    for (const std::string& profile : read.scenario->profiles) out.push_back({file, profile});
  }
  return out;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file.substr(kLibrary.size() + 1) + "_" + info.param.profile;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class LibraryTest : public testing::TestWithParam<Case> {};

TEST_P(LibraryTest, Holds) {
  const ScenarioResultOrDiagnostics read = read_scenario(GetParam().file);
  for (const Diagnostic& diagnostic : read.diagnostics) ADD_FAILURE() << to_line(diagnostic);
  ASSERT_TRUE(read.scenario);
  Replay replay(*read.scenario, {.profile = find_profile(GetParam().profile), .trace = true});
  const ScenarioResult result = replay.run();
  for (const StepResult& step : result.steps) {
    for (const Finding& finding : step.findings) {
      ADD_FAILURE_AT(GetParam().file.c_str(), finding.line)
          << "step " << step.number << ": " << finding.message;
    }
  }
  for (const Finding& finding : result.findings) {
    ADD_FAILURE_AT(GetParam().file.c_str(), finding.line) << finding.message;
  }
  EXPECT_GT(replay.expectation_count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Library, LibraryTest, testing::ValuesIn(cases()), case_name);

std::string output_of(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  EXPECT_EQ(run_program(arguments, out, err), exit_status::kHeld) << err.str();
  return out.str();
}

TEST(Determinism, ThreadsDoNotChangeTheOutput) {
  for (const char* kind : {"text", "json", "junit", "markdown"}) {
    const std::string once =
        output_of({"run", "--trace", "--report", kind, "--jobs", "1", kLibrary});
    const std::string again =
        output_of({"run", "--trace", "--report", kind, "--jobs", "4", kLibrary});
    EXPECT_EQ(once, again) << kind;
    EXPECT_FALSE(once.empty());
  }
}

TEST(Dump, IsTheSameTwice) {
  const std::string file = kLibrary + "/discard/cri-discard-export-fails.json";
  const std::string once = output_of({"dump", file});
  EXPECT_EQ(once, output_of({"dump", file}));
  EXPECT_NE(once.find("\"registry.example/lib/app:1\""), std::string::npos);
  EXPECT_NE(once, output_of({"dump", "--after", "1", file}));
}

TEST(Settings, ChangeEveryNodesPolicy) {
  std::ostringstream out, err;
  const std::string file = kLibrary + "/discard/cri-discard-export-fails.json";
  EXPECT_EQ(run_program({"run", "--set", "cri.discard_unpacked_layers=false", file}, out, err),
            exit_status::kFailed);
  EXPECT_EQ(run_program({"run", "--set", "cri.discard_unpacked_layer=false", file}, out, err),
            exit_status::kBadUse);
  EXPECT_NE(err.str().find("cri.discard_unpacked_layers"), std::string::npos) << err.str();
}

TEST(RealImage, TakesTheDeclaredOnesPlace) {
  const std::string file = testing::TempDir() + "/real-image.json";
  std::ofstream(file) << R"json({
    "about": "a declared image of four layers, for a real one to stand in for",
    "images": {"app": {"layers": ["a", "b", "c", "d"]}},
    "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
    "steps": [{"pull": "registry.example/lib/app:1"}, {"prune-references": true}],
    "expect": [
      {"image": "registry.example/lib/app:1", "status": "incomplete (1/5)", "unpacked": true},
      {"absent": {"content": ["layer:a", "layer:d"]}, "disk": {"snapshot_bytes": 10400000}}
    ]
  })json";
  std::ostringstream declared, real, err;
  EXPECT_EQ(run_program({"run", file}, declared, err), exit_status::kHeld) << declared.str();
  // All holds but the size on disk, which is the real image's.
  const std::string image = "app=" + kLibrary + "/images/sample.oci.tar";
  EXPECT_EQ(run_program({"run", "--image", image, file}, real, err), exit_status::kFailed);
  EXPECT_EQ(err.str(), "");
  EXPECT_NE(real.str().find("snapshot_bytes should be 10400000"), std::string::npos) << real.str();
  EXPECT_EQ(real.str().find("layer:"), std::string::npos) << real.str();
}

TEST(Try, SaysWhatDiscardingDoes) {
  const std::string out =
      output_of({"try", std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios/images/sample.oci.tar"});
  EXPECT_NE(out.find("incomplete (1/5)"), std::string::npos) << out;
  EXPECT_NE(out.find("complete (5/5)"), std::string::npos) << out;
}

TEST(Run, NothingToReplayIsExitCodeFour) {
  std::ostringstream out, err;
  EXPECT_EQ(run_program({"run", "--filter", "no-such-scenario", kLibrary}, out, err),
            exit_status::kNothingRan);
  EXPECT_EQ(run_program({"run", "no/such/folder"}, out, err), exit_status::kBadUse);
}

}  // namespace
}  // namespace sweepcheck
