// What drawn scenarios consist of, counted on the model alone: a guard against generators that
// silently lose a kind of operation, and against searches that only ever fail.
#include "conformance/random/distribution.hpp"

#include <gtest/gtest.h>

#include "conformance/random/random_scenarios.hpp"
#include "input/scenario/scenario.hpp"
#include "replay/replay.hpp"
#include "reports/grid.hpp"

namespace sweepcheck {
namespace {

// As the text report shows it.
std::string text_of(const Distribution& distribution) {
  std::string out;
  for (const DistributionEvent& event : distribution.events()) {
    for (const std::string& line : grid_lines(grid_of(event))) out += line + "\n";
  }
  return out;
}

Distribution distribution_of(RandomKind kind, std::uint64_t scenario_count, std::uint32_t length,
                             const Profile& profile, bool first_collection_only = false) {
  Distribution distribution;
  for (std::uint64_t number = 0; number < scenario_count; ++number) {
    const RandomScenario drawn = draw_scenario(kind, 1, number, length, profile);
    const std::string text = drawn.text(std::vector<bool>(drawn.step_count, true), "drawn");
    const ScenarioResultOrDiagnostics read = parse_scenario(text, "drawn");
    EXPECT_TRUE(read.scenario);
    Replay replay(*read.scenario, {.profile = &profile});
    int step_number = 0;
    for (const ScenarioStep& step : read.scenario->steps) {
      const bool collects = step.kind == ActionKind::kCollect;
      if (collects) distribution.add_before_collection(replay.world());
      const StepResult result = replay.perform(step, ++step_number);
      distribution.add_step(step, !result.error_class.empty());
      if (collects) distribution.add_after_collection(replay.world());
      if (collects && first_collection_only) break;
    }
  }
  return distribution;
}

TEST(DistributionOfClients, HasEveryKindOfOperationAndMostSucceed) {
  for (const char* name : {"containerd-1.6", "containerd-1.7", "containerd-2.1"}) {
    const Distribution drawn = distribution_of(RandomKind::kClients, 400, 12, *find_profile(name));
    for (const char* kind : {"pull",
                             "pull by cri",
                             "fetch",
                             "import",
                             "export",
                             "push",
                             "tag",
                             "remove-image",
                             "remove-image by cri",
                             "label-image",
                             "label-content",
                             "label-namespace",
                             "remove-content",
                             "remove-snapshot",
                             "prepare-snapshot",
                             "view-snapshot",
                             "unpack",
                             "check",
                             "prune-images",
                             "prune-references",
                             "create-lease",
                             "delete-lease",
                             "add-resource",
                             "remove-resource",
                             "create-container",
                             "remove-container",
                             "seed-registry",
                             "delete-tag",
                             "delete-manifest",
                             "collect-registry",
                             "stop-registry",
                             "start-registry",
                             "collect",
                             "advance",
                             "restart",
                             "restart with another setting",
                             "kill"}) {
      const auto found = drawn.steps().find(kind);
      EXPECT_TRUE(found != drawn.steps().end()) << kind << " under " << name;
    }
    std::uint64_t performed_count = 0;
    std::uint64_t failed_count = 0;
    for (const auto& [kind, steps] : drawn.steps()) {
      performed_count += steps.performed_count;
      failed_count += steps.failed_count;
    }
    EXPECT_EQ(performed_count, 400U * 12U);
    EXPECT_LT(failed_count, performed_count / 3) << text_of(drawn);
    EXPECT_GT(failed_count, performed_count / 50) << text_of(drawn);
  }
}

TEST(DistributionOfGraphs, HasEveryKindOfObjectAndCollectionsTakeSomeOfEach) {
  for (const char* name : {"containerd-1.6", "containerd-1.7", "containerd-2.1"}) {
    const Distribution drawn = distribution_of(RandomKind::kMetadata, 2, 1000, *find_profile(name));
    for (const char* kind : {"content", "content in default", "content in team", "content in spare",
                             "snapshots", "snapshots in default", "snapshots in team", "leases",
                             "leases that are flat", "leases expired", "leases that will expire",
                             "images", "content with a root label", "snapshots with a root label",
                             "reference labels to something", "reference labels to nothing",
                             "lease resources to something", "lease resources to nothing"}) {
      const auto found = drawn.objects().find(kind);
      ASSERT_TRUE(found != drawn.objects().end()) << kind << " under " << name;
      EXPECT_GT(found->second.before_count, 0U) << kind;
    }
    for (const char* kind : {"content", "snapshots", "leases"}) {
      const Distribution::Objects& objects = drawn.objects().find(kind)->second;
      EXPECT_LT(objects.after_count, objects.before_count) << kind;
      EXPECT_GT(objects.after_count, objects.before_count / 5) << kind;
    }
  }
}

TEST(DistributionOfGraphs, TheFirstCollectionMeetsAsManyObjectsAsWereAskedFor) {
  const Distribution drawn =
      distribution_of(RandomKind::kMetadata, 4, 1000, *find_profile("containerd-2.1"), true);
  std::uint64_t object_count = 0;
  for (const char* kind : {"content", "snapshots", "leases"}) {
    object_count += drawn.objects().find(kind)->second.before_count;
  }
  EXPECT_GE(object_count, 4U * 1000U) << text_of(drawn);
  EXPECT_LT(object_count, 4U * 1100U) << text_of(drawn);
  const Distribution::Steps& prepared = drawn.steps().at("prepare-snapshot by library");
  EXPECT_LT(prepared.failed_count, prepared.performed_count / 8) << text_of(drawn);
}

TEST(Distribution, AddsUpAndTellsOnlyWhatWasCounted) {
  Distribution one;
  ScenarioStep step;
  step.verb = "pull";
  step.by = Client::kCri;
  one.add_step(step, false);
  Distribution other = one;
  other.add_step(step, true);
  one.merge(other);
  EXPECT_EQ(one.steps().at("pull by cri").performed_count, 3U);
  EXPECT_EQ(one.steps().at("pull by cri").failed_count, 1U);
  EXPECT_EQ(text_of(one),
            "steps        performed  failed\n"
            "pull by cri          3       1\n")
      << "and no collection, so no objects";
}

}  // namespace
}  // namespace sweepcheck
