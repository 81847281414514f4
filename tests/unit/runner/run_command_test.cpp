// `sweepcheck run` as its users meet it: where reports go, and what is refused before any work.
// Programs are run in this process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "input/scenario/scenario.hpp"
#include "reports/reporter.hpp"
#include "runner/cli/command_line.hpp"
#include "tests/places.hpp"
#include "tests/unit/input/tar_writer.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

using test::Ran;
using test::run;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RunReports : public testing::Test {
 protected:
  RunReports() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy_file(std::string(SWEEPCHECK_SOURCE_DIR) + "/scenarios/discard/only-new-pulls.json",
                  scenario_);
  }
  ~RunReports() override { fs::remove_all(folder_); }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& message) {
    const std::string before = text_of(scenario_);
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, exit_status::kBadUse) << ran.err;
    EXPECT_NE(ran.err.find(message), std::string::npos) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(text_of(scenario_), before);
  }

  // Tests run side by side.
  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("sweepcheck-run-reports-" + std::to_string(getpid()));
  const std::string scenario_ = (folder_ / "scenario.json").string();
  const std::string report_ = (folder_ / "report").string();
};

TEST_F(RunReports, AnImageThatCannotBeReadIsSaidOnceForAllScenarios) {
  fs::copy_file(scenario_, folder_ / "another.json");
  expect_refused({"run", "--image", "app=nosuch.tar", folder_}, "nosuch.tar: error: No such file");
}

TEST_F(RunReports, DoNotOverwriteInputs) {
  expect_refused({"run", "--report", "json:out=" + scenario_, scenario_}, "this file is an input");
  expect_refused({"run", "--report", "json:out=" + scenario_, folder_}, "this file is an input");
  fs::create_symlink(scenario_, report_);
  expect_refused({"run", "--report", "json:out=" + report_, scenario_}, "this file is an input");
  const std::string config = (folder_ / "config.toml").string();
  std::ofstream(config) << "version = 2\n";
  expect_refused({"run", "--config", config, "--report", "json:out=" + config, scenario_},
                 "this file is an input");
  EXPECT_EQ(text_of(config), "version = 2\n");
}

TEST_F(RunReports, AreRefusedBeforeTheWorkIfTheyCannotBeWritten) {
  expect_refused(
      {"run", "--report", "text", "--report", "json:out=" + (folder_ / "no/x").string(), scenario_},
      "can't be written: No such file or directory");
  expect_refused({"run", "--report", "json:out=" + folder_.string(), scenario_},
                 "can't be written: Is a directory");
  expect_refused({"run", "--report", "json:out=" + report_, "--report",
                  "junit:out=" + (folder_ / "." / "report").string(), scenario_},
                 "can't go to the same place");
  EXPECT_FALSE(fs::exists(report_));
}

TEST_F(RunReports, AConfigurationIsForDaemonsThatReadItsVersion) {
  const std::string config = (folder_ / "config.toml").string();
  std::ofstream(config) << "version = 3\n";
  const Ran ran = run({"run", "--config", config, "--set", "scheduler.runs=false", "--set",
                       "cri.discard_unpacked_layers=true", scenario_});
  EXPECT_EQ(ran.err, config +
                         ": warning: config version 3 is not read by containerd-1.6 and "
                         "containerd-1.7; left out\n");
  EXPECT_NE(ran.out.find("2 replays of 1 scenario"), std::string::npos) << ran.out;
  const std::string refusal = "error: config version 3 is not read by containerd-1.6\n";
  for (const std::string command : {"run", "dump"}) {
    expect_refused({command, "--config", config, "-p", "containerd-1.6", scenario_}, refusal);
  }
  expect_refused({"try", "--config", config, "-p", "containerd-1.6", scenario_}, refusal);
}

TEST_F(RunReports, AListOfABadLibraryIsBadInput) {
  std::ofstream(folder_ / "bad.json") << "{";
  setenv("SWEEPCHECK_SCENARIOS", folder_.c_str(), 1);
  const Ran ran = run({"list", "scenarios"});
  unsetenv("SWEEPCHECK_SCENARIOS");
  EXPECT_EQ(ran.status, exit_status::kBadUse);
  EXPECT_NE(ran.err.find("bad.json:1:2: error"), std::string::npos) << ran.err;
  EXPECT_NE(ran.out.find("scenario.json"), std::string::npos) << ran.out;
}

TEST_F(RunReports, EverySettingIsListedAndCanBeSet) {
  const Ran listed = run({"list", "settings"});
  EXPECT_EQ(listed.status, exit_status::kHeld);
  for (const std::string& key : policy_keys()) {
    EXPECT_NE(policy_key_help(key), "") << key;
    EXPECT_NE(listed.out.find(key + "  "), std::string::npos) << key;
  }
  expect_refused({"run", "--set", "foo=1", scenario_}, "see 'sweepcheck list settings'");
}

TEST_F(RunReports, GoToAsManyFilesAsWanted) {
  std::vector<std::string> arguments{"run", scenario_};
  for (const ReportKind& report : report_kinds()) {
    const std::string kind(report.name);
    arguments.insert(arguments.end(), {"--report", kind + ":out=" + report_ + "." + kind});
  }
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.status, exit_status::kHeld) << ran.err;
  EXPECT_EQ(ran.out + ran.err, "");
  for (const ReportKind& report : report_kinds()) {
    const std::string kind(report.name);
    EXPECT_TRUE(fs::exists(report_ + "." + kind)) << kind;
  }
  EXPECT_NE(text_of(report_ + ".text").find("4 held, 0 failed"), std::string::npos);
}

// A node of its own platform, and said so: a node of another would not import it.
TEST_F(RunReports, AnImageIsTriedOnAPlatformThatItIsFor) {
  const std::string tar = test::TarWriter().file("a", "bytes").finish();
  const std::string config =
      R"({"os":"linux","architecture":"arm64","rootfs":{"type":"layers","diff_ids":[")" +
      sha256_digest(tar) + R"("]}})";
  const std::string file = (folder_ / "arm.tar").string();
  std::ofstream(file) << test::TarWriter()
                             .file("config.json", config)
                             .file("layer.tar", tar)
                             .file("manifest.json",
                                   R"([{"Config":"config.json","RepoTags":["a:1"],)"
                                   R"("Layers":["layer.tar"]}])")
                             .finish();
  const Ran ran = run({"try", file, "-p", "containerd-2.1"});
  EXPECT_EQ(ran.status, exit_status::kHeld) << ran.err;
  EXPECT_NE(ran.out.find("linux/arm64, 1 layer of"), std::string::npos) << ran.out;
}

// As registries get them from others than builders of images: the config is empty, the rest may
// look like layers.
std::string artifact_of(test::LayoutWriter& layout, const std::string& layer_type) {
  const std::string part = test::TarWriter().file("a", "bytes").finish();
  return layout.blob(
      test::LayoutWriter::kManifestType,
      test::LayoutWriter::manifest(layout.blob("application/vnd.oci.empty.v1+json", "{}"),
                                   {layout.blob(layer_type, part)}),
      test::LayoutWriter::name("artifact:1"));
}

TEST_F(RunReports, WhatIsNoImageIsNotTried) {
  const std::string file = (folder_ / "artifact.tar").string();
  const std::string no_image =
      "artifact.tar: error: there is no image to try: artifact:1 has no manifest";
  for (const char* type : {"application/vnd.acme.part", test::LayoutWriter::kLayerType}) {
    test::LayoutWriter layout;
    const std::string artifact = artifact_of(layout, type);
    std::ofstream(file) << layout.tar({artifact}).finish();
    expect_refused({"try", file, "-p", "containerd-2.1"}, no_image);
    const std::string image = layout.image({test::TarWriter().file("b", "bytes").finish()},
                                           test::LayoutWriter::name("image:1"));
    std::ofstream(file) << layout.tar({artifact, image}).finish();
    const Ran ran = run({"try", file, "-p", "containerd-2.1"});
    EXPECT_EQ(ran.status, exit_status::kHeld);
    EXPECT_NE(ran.err.find("warning: not tried: artifact:1"), std::string::npos) << ran.err;
    EXPECT_NE(ran.out.find("image image:1, linux/amd64, 1 layer"), std::string::npos) << ran.out;
  }
  test::LayoutWriter layout;
  const std::string report =
      layout.blob("application/vnd.acme.report+json", "{}", test::LayoutWriter::name("artifact:1"));
  std::ofstream(file) << layout.tar({report}).finish();
  expect_refused({"try", file, "-p", "containerd-2.1"}, no_image);
}

// Observed on 1.6.20, 1.7.24 and 2.1.9: image.Unpack holds the layers that there are against those
// of the config, which names none; the unpacker waits for an image's config.
TEST_F(RunReports, ArtifactsAreUnpackedAsContainerdDoes) {
  const std::string file = (folder_ / "artifact.tar").string();
  const std::string mismatch =
      R"({"text": "mismatched image rootfs and manifest layers", "profiles": [)";
  const auto imports = [&](const std::string& how, const std::string& fails) {
    std::ofstream(scenario_) << R"({"about": "An artifact is imported.", "source": "observed",
      "images": {"app": {"layers": ["base"]}},
      "archives": {"a.tar": {"images": {"artifact:1": "app"}}},
      "steps": [{"import": "a.tar")" +
                                    how + fails + R"(}, {"collect": true}]})";
    const Ran ran = run({"run", "--image", "app=" + file, scenario_});
    EXPECT_EQ(ran.status, exit_status::kHeld) << ran.out << ran.err;
  };
  test::LayoutWriter layout;
  const std::string tar = artifact_of(layout, test::LayoutWriter::kLayerType);
  std::ofstream(file) << layout.tar({tar}).finish();
  imports("", R"(, "fails": [)" + mismatch + R"("containerd-1.6", "containerd-1.7"]}])");
  imports(
      R"(, "local": true, "profiles": ["containerd-1.7", "containerd-2.1", "containerd-2.3"])",
      R"(, "fails": [)" + mismatch + R"("containerd-1.7", "containerd-2.1", "containerd-2.3"]}])");
  test::LayoutWriter other;
  const std::string own = artifact_of(other, "application/vnd.acme.part");
  std::ofstream(file) << other.tar({own}).finish();
  imports("", R"(, "fails": [)" + mismatch + R"("containerd-1.6"]}])");
}

}  // namespace
}  // namespace sweepcheck
