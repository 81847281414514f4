// What the judge tells properties of the time between an operation's steps: played as scenarios,
// and read by a property that says what it was told.
#include "properties/judge.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "input/scenario/scenario.hpp"
#include "replay/replay.hpp"

namespace sweepcheck {
namespace {

std::string words_of(std::uint8_t between) {
  std::string out;
  if ((between & kCollections) != 0) out += " collections";
  if ((between & kTimePassed) != 0) out += " time";
  if ((between & kOthers) != 0) out += " others";
  return out.empty() ? " nothing" : out;
}

constexpr std::array<std::string_view, 1> kIngest{"ingest"};

const Property kTeller{.name = "teller",
                       .statement = "Nothing comes between an operation's steps.",
                       .occasion = Occasion::kOperation,
                       .judge =
                           [](const Moment& moment, Violations& violations) {
                             if (!moment.uninterrupted())
                               violations.push_back(words_of(moment.between));
                           },
                       .operations = kIngest};

// What came between the steps of an ingest, as its property is told.
std::string told(const std::string& before, const std::string& between,
                 const std::string& scheduler = "false") {
  const std::string text = R"({"about": "a", "nodes": {"node": {"scheduler": )" + scheduler +
                           R"(}}, "steps": [)" + before +
                           R"({"ingest": "a", "size": 9, "as": "w", "until": "commit content*"},)" +
                           between + R"({"resume": "w"}]})";
  const ScenarioResultOrDiagnostics read = parse_scenario(text, "test.json");
  if (!read.scenario) return to_line(read.diagnostics.front());
  const std::array<const Property*, 1> asked{&kTeller};
  Replay replay(*read.scenario,
                {.profile = find_profile("containerd-2.1"), .policy = {}, .properties = asked});
  const ScenarioResult result = replay.run();
  std::string out;
  for (const StepResult& step : result.steps) {
    for (const Finding& finding : step.findings) out += finding.message;
  }
  return out;
}

constexpr const char* kGarbage = R"({"ingest": "garbage", "size": 9},)";
constexpr const char* kCollect = R"({"collect": true},)";
constexpr const char* kLater = R"({"advance": "2s"},)";
// The first collection comes after a second; this one looks each second.
constexpr const char* kScheduler =
    R"({"startup_delay": "1s", "schedule_delay": "0s", "mutation_threshold": 1})";

TEST(Interference, NothingIsNothing) { EXPECT_EQ(told("", ""), " nothing"); }

TEST(Interference, ACollectionIsOneIfItRemovedSomething) {
  EXPECT_EQ(told(kGarbage, kCollect), " collections");
  EXPECT_EQ(told("", kCollect), " nothing");
}

TEST(Interference, SoIsOneThatTheSchedulerBegan) {
  EXPECT_EQ(told(kGarbage, kLater, kScheduler), " collections time");
  EXPECT_EQ(told("", kLater, kScheduler), " time");
}

TEST(Interference, SoIsOneThatAnotherOperationWaitsFor) {
  const std::string removal = R"({"create-lease": "x"}, {"delete-lease": "x", "sync": true},)";
  EXPECT_EQ(told(kGarbage, removal), " collections others");
  EXPECT_EQ(told("", removal), " others");
}

TEST(Interference, ACleanUpAloneIsOneToo) {
  std::string stopped(kGarbage);
  stopped += R"(
      {"create-lease": "x"},
      {"delete-lease": "x", "sync": true, "as": "removal", "until": "clean backend"},)";
  EXPECT_EQ(told(stopped, R"({"resume": "removal"},)"), " collections others");
}

}  // namespace
}  // namespace sweepcheck
