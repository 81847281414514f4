// What real containers and collectors need and can be told without a daemon: the program that they
// run, ids and what is hidden, durations, and when a state can be compared.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "conformance/compare/eager_twin.hpp"
#include "conformance/daemon/real_time.hpp"
#include "conformance/host/pause_program.hpp"
#include "conformance/host/process.hpp"
#include "conformance/perform/pods.hpp"

namespace sweepcheck {
namespace {

TEST(PauseProgram, RunsUntilItIsKilled) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("pause-program-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << pause_program(host_architecture());
  ASSERT_EQ(::chmod(file.c_str(), 0755), 0);
  auto process = ChildProcess::start({file.string()}, "/dev/null");
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->wait(Milliseconds(200)));
  process->kill();
  EXPECT_EQ(process->wait(Milliseconds(0)), 128 + 9);
  std::filesystem::remove(file);
}

TEST(PauseProgram, IsTheSameOnEveryMachine) {
  EXPECT_EQ(pause_program("amd64").size(), 129U);
  EXPECT_EQ(pause_program("arm64").size(), 148U);
  // e_machine
  EXPECT_EQ(pause_program("amd64")[18], 62);
  EXPECT_EQ(static_cast<unsigned char>(pause_program("arm64")[18]), 183);
}

TEST(Pods, IdsAreShownByTheirNames) {
  Pods pods;
  pods.give_name("0123abcd", "c1");
  EXPECT_EQ(pods.id_of("c1"), "0123abcd");
  EXPECT_EQ(pods.id_of("c2"), "c2");
  EXPECT_EQ(pods.display("overlayfs/0123abcd of 0123abcd"), "overlayfs/c1 of c1");
}

TEST(GoDuration, IsReadInAllItsUnits) {
  EXPECT_EQ(parse_go_duration("10.5ms"), 10 * kMillisecond + 500'000);
  EXPECT_EQ(parse_go_duration("548.938\u00b5s"), 548'938);
  EXPECT_EQ(parse_go_duration("17ns"), 17);
  EXPECT_EQ(parse_go_duration("1m2.5s"), 62 * kSecond + 500 * kMillisecond);
  EXPECT_EQ(parse_go_duration("1h"), kHour);
  EXPECT_FALSE(parse_go_duration(""));
  EXPECT_FALSE(parse_go_duration("12"));
  EXPECT_FALSE(parse_go_duration("soon"));
}

TEST(LeadClock, WaitsForSomeSecondsOnly) {
  LeadClock clock;
  EXPECT_FALSE(clock.advance(kWaitMax + 1));
  LeadClock other;
  EXPECT_TRUE(other.advance(kMillisecond));
  EXPECT_GE(other.lead(), 0);
}

// Both replays of a scenario, step by step; '=' where a node's state can be told, '?' where not.
std::string told_on(NodeId node, const std::string& nodes, const std::string& steps) {
  const std::string text =
      R"({"about": "a", "nodes": {)" + nodes + R"(}, "steps": [)" + steps + "]}";
  const ScenarioResultOrDiagnostics read = parse_scenario(text, "test.json");
  EXPECT_TRUE(read.scenario);
  const Profile* profile = find_profile("containerd-2.1");
  Replay replay(
      *read.scenario,
      {.profile = profile, .trace = false, .policy = std::nullopt, .settings = {}, .last_step = 0});
  EagerTwin twin(*read.scenario, *profile);
  std::string out;
  int number = 0;
  for (const ScenarioStep& step : read.scenario->steps) {
    replay.perform(step, ++number);
    twin.perform(step, number);
    out += twin.agrees(replay, node) ? '=' : '?';
  }
  return out;
}

std::string told(const std::string& scheduler, const std::string& steps) {
  return told_on(static_cast<NodeId>(0), R"("node": {"scheduler": )" + scheduler + "}", steps);
}

TEST(EagerTwin, AnAwaitedCollectionCannotBeToldBeforeItIsOver) {
  EXPECT_EQ(told("true",
                 R"({"advance": "2s"}, {"ingest": "a", "size": 9}, {"create-lease": "l"},
                    {"delete-lease": "l"}, {"advance": "2s"})"),
            "===?=");
}

TEST(EagerTwin, GarbageBeforeTheFirstCollectionCannotBeToldAtAll) {
  // A daemon that collected before the ingest keeps "a" for ever.
  EXPECT_EQ(told("true", R"({"ingest": "a", "size": 9}, {"advance": "2s"})"), "=?");
}

TEST(EagerTwin, WhatIsFarAwayIsNotAwaited) {
  EXPECT_EQ(told(R"({"startup_delay": "10s"})",
                 R"({"ingest": "a", "size": 9}, {"advance": "2s"}, {"advance": "7s"},
                    {"advance": "1s"})"),
            "==?=");
}

constexpr std::string_view kSweptAndNotCleaned =
    R"({"advance": "2s"}, {"create-lease": "l"},
       {"delete-lease": "l", "sync": true, "as": "removal", "until": "clean backend"})";

TEST(EagerTwin, WhileACollectionCleansUpThereIsNoOther) {
  EXPECT_EQ(told("true", std::string(kSweptAndNotCleaned) + R"(, {"ingest": "a", "size": 9},
                    {"advance": "2s"}, {"resume": "removal"}, {"advance": "2s"})"),
            "=======");
}

TEST(EagerTwin, ACleanUpHoldsUpNoCollectionOfAnotherNode) {
  const std::string nodes = R"("a": {"scheduler": true}, "b": {"scheduler": true})";
  const std::string steps = R"({"advance": "2s"}, {"create-lease": "l", "on": "a"},
       {"delete-lease": "l", "on": "a", "sync": true, "as": "removal", "until": "clean backend"},
       {"ingest": "x", "size": 9, "on": "b"}, {"create-lease": "m", "on": "b"},
       {"delete-lease": "m", "on": "b"})";
  EXPECT_EQ(told_on(static_cast<NodeId>(0), nodes, steps), "======");
  EXPECT_EQ(told_on(static_cast<NodeId>(1), nodes, steps), "=====?");
}

TEST(EagerTwin, ACollectionDiesWithItsDaemonAndHoldsUpNoOther) {
  // As above: the one after the restart comes before or after the ingest.
  EXPECT_EQ(told("true", std::string(kSweptAndNotCleaned) + R"(, {"kill": "daemon"},
                    {"restart": true}, {"ingest": "a", "size": 9}, {"advance": "2s"})"),
            "======?");
}

TEST(EagerTwin, ADaemonMayOutrunIt) {
  const ScenarioResultOrDiagnostics read = parse_scenario(
      R"({"about": "a", "nodes": {"node": {"scheduler": {"startup_delay": "10s"}}},
          "steps": [{"collect": true}]})",
      "test.json");
  ASSERT_TRUE(read.scenario);
  const Replay replay(*read.scenario, {.profile = find_profile("containerd-2.1"),
                                       .trace = false,
                                       .policy = std::nullopt,
                                       .settings = {},
                                       .last_step = 0});
  EXPECT_TRUE(EagerTwin::awaits_collection(replay));
  EXPECT_FALSE(EagerTwin::is_outrun(replay, 9 * kSecond));
  EXPECT_TRUE(EagerTwin::is_outrun(replay, 10 * kSecond));
}

}  // namespace
}  // namespace sweepcheck
