// Aim: wherever a profile is named, a release is as good; a release that is none is refused.
// Method: scenarios that differ by release, run as users run them, in this process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "properties/search/policy_case.hpp"
#include "runner/cli/command_line.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

using test::Ran;
using test::run;

class Releases : public testing::Test {
 protected:
  Releases() { fs::create_directories(folder_); }
  ~Releases() override { fs::remove_all(folder_); }

  // A prepare over an existing snapshot joins the lease in 1.7.17 and later, and in 1.6.32 on.
  std::string scenario(const std::string& profiles, bool leased) {
    const fs::path file = folder_ / "s.json";
    std::ofstream(file) << R"({"about": "a", )" << profiles << R"("steps": [
      {"create-lease": "l", "by": "library"},
      {"prepare-snapshot": "s", "by": "library"},
      {"prepare-snapshot": "s", "by": "library", "lease": "l",
       "fails": {"class": "already-exists"}},
      {"collect": true, "expect": {")"
                        << (leased ? "present" : "absent") << R"(": {"snapshots": ["s"]}}}]})";
    return file.string();
  }

  void expect_held(const std::vector<std::string>& arguments, int replay_count) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, exit_status::kHeld) << ran.out << ran.err;
    EXPECT_NE(ran.out.find(": " + std::to_string(replay_count) + " held"), std::string::npos)
        << ran.out;
  }

  // Tests run side by side.
  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("sweepcheck-releases-" + std::to_string(getpid()));
};

TEST_F(Releases, AreProfilesOfTheCommandLine) {
  for (const char* release : {"1.6.32", "1.7.17", "1.7.24", "2.3.7"}) {
    expect_held({"run", "--profile", release, scenario("", true)}, 1);
  }
  for (const char* release : {"1.6.31", "1.7.0", "1.7.16"}) {
    expect_held({"run", "--profile", release, scenario("", false)}, 1);
  }
  expect_held({"run", "-p", "1.7.17", "-p", "containerd-2.1", "-p", "1.7.17", scenario("", true)},
              2);
}

TEST_F(Releases, AreProfilesOfScenarios) {
  expect_held({"run", scenario(R"("profiles": ["1.7.16", "1.6.31"], )", false)}, 2);
  expect_held({"run", scenario(R"("profiles": ["2.1.9", "containerd-2.1"], )", true)}, 1);
  // A name is one release, and is it by either name.
  expect_held({"run", "-p", "2.1.9", scenario(R"("profiles": "containerd-2.1", )", true)}, 1);
  expect_held({"run", "-p", "containerd-2.1", scenario(R"("profiles": "2.1.9", )", true)}, 1);
  EXPECT_EQ(run({"run", "-p", "2.1.8", scenario(R"("profiles": "containerd-2.1", )", true)}).status,
            exit_status::kNothingRan);
}

TEST_F(Releases, ThatAreNoneAreRefusedAndTheNearestIsNamed) {
  const Ran flag = run({"run", "--profile", "1.8.0", scenario("", true)});
  EXPECT_EQ(flag.status, exit_status::kBadUse);
  EXPECT_NE(flag.err.find("no release 1.8.0 is known; the nearest is 1.7.36"), std::string::npos)
      << flag.err;
  const Ran key = run({"validate", scenario(R"("profiles": ["2.1.99"], )", true)});
  EXPECT_EQ(key.status, exit_status::kBadUse);
  EXPECT_NE((key.out + key.err).find("the nearest release is 2.1.9;"), std::string::npos)
      << key.out << key.err;
  const auto error = selection_error("1.7.99+keep");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "no release 1.7.99 is known");
  EXPECT_EQ(error->hint.find("the nearest is 1.7.36"), 0U) << error->hint;
}

TEST_F(Releases, HavePoliciesOfTheirOwn) {
  EXPECT_FALSE(selection_error("1.7.15+discard"));
  const auto cases = select_policies({"1.7.15+discard", "containerd-2.1+keep+called"});
  ASSERT_EQ(cases.size(), 6U);
  EXPECT_EQ(cases[0].name, "containerd-2.1+keep+called+shared");
  EXPECT_EQ(cases[2].name, "1.7.15+discard+called+shared");
  EXPECT_EQ(cases[2].profile, find_profile("1.7.15"));
  EXPECT_EQ(select_policies({}).size(), policy_cases().size());
}

TEST_F(Releases, AreListed) {
  const Ran listed = run({"list", "profiles"});
  EXPECT_NE(listed.out.find("containerd-2.1"), std::string::npos);
  EXPECT_NE(listed.out.find("1.6.20 to 1.6."), std::string::npos) << listed.out;
  for (const char* topic : {"kinds", "meanings", "behaviours"}) {
    EXPECT_NE(run({"list", topic}).out.find("and later"), std::string::npos) << topic;
    EXPECT_EQ(run({"list", topic, "--json"}).status, exit_status::kHeld);
  }
}

}  // namespace
}  // namespace sweepcheck
