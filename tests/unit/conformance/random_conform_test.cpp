// What random conformance decides without a daemon: what is drawn, and how it is shrunk.
#include "conformance/random/random_conform.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <sstream>

#include "input/scenario/scenario.hpp"
#include "properties/search/history_options.hpp"
#include "replay/dump.hpp"
#include "replay/library.hpp"
#include "replay/replay.hpp"
#include "runner/conform/conform_command.hpp"

namespace sweepcheck {
namespace {

std::string whole(const RandomScenario& drawn) {
  return drawn.text(std::vector<bool>(drawn.step_count, true), "drawn");
}

class RandomScenarios : public testing::TestWithParam<RandomKind> {};

TEST_P(RandomScenarios, FollowFromSeedAndNumber) {
  const Profile& profile = *find_profile("containerd-2.1");
  const std::string text = whole(draw_scenario(GetParam(), 7, 3, 40, profile));
  EXPECT_EQ(text, whole(draw_scenario(GetParam(), 7, 3, 40, profile)));
  EXPECT_NE(text, whole(draw_scenario(GetParam(), 7, 4, 40, profile)));
  EXPECT_NE(text, whole(draw_scenario(GetParam(), 8, 3, 40, profile)));
}

TEST_P(RandomScenarios, AnyPartOfThemIsAScenarioThatTheModelReplays) {
  for (const Profile& profile : profiles()) {
    for (std::uint64_t number = 0; number < 8; ++number) {
      const RandomScenario drawn = draw_scenario(GetParam(), 1, number, 30, profile);
      std::vector<bool> kept(drawn.step_count, true);
      if (number % 2 == 1) {
        for (std::size_t i = number; i < kept.size(); i += 3) kept[i] = false;
      }
      const ScenarioResultOrDiagnostics read = parse_scenario(drawn.text(kept, "drawn"), "drawn");
      ASSERT_TRUE(read.scenario) << to_line(read.diagnostics.front());
      Replay replay(*read.scenario, {.profile = &profile});
      const ScenarioResult result = replay.run();
      EXPECT_EQ(replay.refutation_count(), 0U) << drawn.text(kept, "drawn");
      EXPECT_EQ(result.steps.size(), read.scenario->steps.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, RandomScenarios,
                         testing::Values(RandomKind::kClients, RandomKind::kMetadata),
                         [](const auto& info) {
                           return std::string(random_kind_name(info.param));
                         });

TEST(RandomClients, DoWhatCanBeDoneForReal) {
  std::set<HistoryVerb> seen;
  for (const Profile& profile : profiles()) {
    for (std::uint64_t number = 0; number < 200; ++number) {
      const History history = draw_client_history(1, number, 12, profile);
      EXPECT_EQ(history.steps.size(), 12U);
      EXPECT_EQ(history.declaration.node_count, 1);
      bool killed = false;
      for (const HistoryStep& step : history.steps) {
        seen.insert(step.verb);
        EXPECT_EQ(step.stop, 0);
        EXPECT_NE(step.verb, HistoryVerb::kResume);
        EXPECT_NE(step.verb, HistoryVerb::kStartContainer);
        if (killed) {
          EXPECT_EQ(step.verb, HistoryVerb::kRestart);
        }
        killed = step.verb == HistoryVerb::kKillDaemon;
        if (step.verb == HistoryVerb::kPull) {
          EXPECT_TRUE(step.option <= kPullByCri || step.option == kPullAllPlatforms);
        }
      }
    }
  }
  for (const HistoryVerb verb :
       {HistoryVerb::kPull, HistoryVerb::kImport, HistoryVerb::kExport, HistoryVerb::kPush,
        HistoryVerb::kTag, HistoryVerb::kRemoveImage, HistoryVerb::kRestart, HistoryVerb::kCollect,
        HistoryVerb::kAdvance, HistoryVerb::kCreateContainer, HistoryVerb::kCreateLease,
        HistoryVerb::kKillDaemon}) {
    EXPECT_TRUE(seen.contains(verb)) << static_cast<int>(verb);
  }
}

TEST(RandomClients, PlayUnderEveryPolicyOfAProfile) {
  const Profile& profile = *find_profile("containerd-1.7");
  std::set<std::string> names;
  for (std::uint64_t number = 0; number < 8; ++number) {
    names.insert(random_policy(number, profile).name);
  }
  EXPECT_EQ(names.size(), 4U);
}

TEST(RandomGraphs, SomeObjectsGoAndSomeStay) {
  const Profile& profile = *find_profile("containerd-2.1");
  const ScenarioResultOrDiagnostics read =
      parse_scenario(whole(draw_scenario(RandomKind::kMetadata, 1, 0, 400, profile)), "drawn");
  ASSERT_TRUE(read.scenario);
  Replay replay(*read.scenario, {.profile = &profile});
  int number = 0;
  std::size_t before = 0;
  for (const ScenarioStep& step : read.scenario->steps) {
    if (step.kind == ActionKind::kCollect) {
      before = replay.world().nodes.front().state.objects.count();
    }
    replay.perform(step, ++number);
    if (step.kind == ActionKind::kCollect) break;
  }
  const std::size_t after = replay.world().nodes.front().state.objects.count();
  EXPECT_GT(before, 400U);
  EXPECT_LT(after, before * 3 / 4);
  EXPECT_GT(after, before / 20);
}

TEST(SmallestPart, IsWhatIsNeeded) {
  const auto differs = [](const std::vector<bool>& part) {
    return part[3] && part[17] && part[90];
  };
  const std::vector<bool> part = smallest_part(100, differs, [] { return false; });
  std::vector<bool> expected(100, false);
  expected[3] = expected[17] = expected[90] = true;
  EXPECT_EQ(part, expected);
}

TEST(SmallestPart, KeepsOneOfTwoAndNeverNothing) {
  const auto either = [](const std::vector<bool>& part) { return part[2] || part[5]; };
  const std::vector<bool> part = smallest_part(8, either, [] { return false; });
  EXPECT_EQ(std::accumulate(part.begin(), part.end(), 0), 1);
  const std::vector<bool> one = smallest_part(
      4, [](const std::vector<bool>&) { return true; }, [] { return false; });
  EXPECT_EQ(std::accumulate(one.begin(), one.end(), 0), 1);
}

TEST(SmallestPart, EndsWhenTimeIsUp) {
  int attempts = 0;
  const std::vector<bool> part = smallest_part(
      1000, [&](const std::vector<bool>& p) { return ++attempts > 0 && p[999]; },
      [&] { return attempts >= 5; });
  EXPECT_LE(attempts, 5);
  EXPECT_TRUE(part[999]);
}

struct BadUse {
  std::vector<std::string> words;
  std::string says;
};

TEST(ConformRandom, ContradictionsAreOneLine) {
  const BadUse cases[] = {
      {{"conform", "--seed", "3"}, "--seed goes with --random KIND only"},
      {{"conform", "--random", "clients", "scenarios"}, "give it no PATH"},
      {{"conform", "--random", "clients", "--length", "101"}, "at most 100"},
      {{"conform", "--random", "clients", "--seed", "x"}, "--seed x: must be an integer"},
      {{"conform", "--random", "client"}, "clients"},
  };
  for (const BadUse& bad : cases) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_conform_program(bad.words, out, err), 2);
    EXPECT_NE(err.str().find(bad.says), std::string::npos) << err.str();
    EXPECT_EQ(out.str(), "");
  }
}

}  // namespace
}  // namespace sweepcheck
