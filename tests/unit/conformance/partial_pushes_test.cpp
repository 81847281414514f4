// Aim: what a failed push leaves unsure is of that push alone: of its registry, its blobs, and the
// requests about them.
// Method: a scenario's steps and hand-made differences, as a comparison would hand them on.
#include "conformance/compare/partial_pushes.hpp"

#include <gtest/gtest.h>

namespace sweepcheck {
namespace {

// Steps: a push to other.example that is stopped and resumed, one to registry.example, and the
// resumption of a pull.
class PartialPushesTest : public testing::Test {
 protected:
  PartialPushesTest() {
    ScenarioResultOrDiagnostics read = parse_scenario(R"({
      "about": "a", "images": {"app": {"layers": ["base"]}},
      "registries": {"registry.example": {"images": {"lib/app:1": "app"}}, "other.example": {}},
      "steps": [
        {"push": "registry.example/lib/app:1", "to": "other.example/lib/app:1",
         "as": "p1", "until": "head blob layer:base"},
        {"resume": "p1", "until": "put manifest *"},
        {"push": "registry.example/lib/app:1"},
        {"pull": "registry.example/lib/app:1", "as": "p2", "until": "resolve *"},
        {"resume": "p2"},
        {"push": "registry.example/lib/app:1", "to": "other.example/lib/app:1"}
      ]})",
                                                      "test.json");
    EXPECT_TRUE(read.scenario);
    steps_ = std::move(read.scenario->steps);
  }

  void begin(int number) { pushes_.begin_step(steps_[static_cast<std::size_t>(number)], names_); }
  void fail(int number) {
    begin(number);
    pushes_.step_failed();
  }
  StateLines stored(const std::string& host, StateLines lines) {
    StateDifference difference{std::move(lines), {}};
    pushes_.take_from_stored(difference, host);
    return difference.only_model;
  }
  StateLines asked(const std::string& host, StateLines lines) {
    StateDifference difference{{}, std::move(lines)};
    pushes_.take_from_requests(difference, host);
    return difference.only_daemon;
  }

  std::vector<ScenarioStep> steps_;
  Catalog names_;
  PartialPushes pushes_;
};

enum StepNumber { kBegun, kResumed, kPushed, kPulled, kPullResumed, kPushedAgain };

TEST_F(PartialPushesTest, BlobsAreUnsureWhileTheyDiffer) {
  const StateLines differs{"blob layer:a", "lib/app blob layer:b", "tag app:1"};
  begin(kPushedAgain);
  EXPECT_EQ(stored("other.example", differs), differs);
  fail(kPushedAgain);
  EXPECT_EQ(stored("other.example", differs), StateLines{"tag app:1"});
  pushes_.compared();
  // Others are sure, and so is what has once agreed.
  EXPECT_EQ(stored("other.example", {"blob layer:a", "blob layer:c"}), StateLines{"blob layer:c"});
  EXPECT_EQ(stored("other.example", {"lib/app blob layer:b"}), StateLines{"lib/app blob layer:b"});
  EXPECT_FALSE(pushes_.any("other.example"));
}

TEST_F(PartialPushesTest, AResumedPushThatFailsIsOne) {
  begin(kBegun);
  pushes_.compared();
  fail(kResumed);
  EXPECT_EQ(stored("other.example", {"blob layer:a"}), StateLines{});
  EXPECT_EQ(asked("other.example", {"PUT /v2/lib/app/manifests/1 400"}), StateLines{});
}

TEST_F(PartialPushesTest, AFailureIsOfOnePush) {
  begin(kBegun);
  fail(kResumed);
  stored("other.example", {});
  pushes_.compared();
  // It has ended, and fails no second time.
  fail(kResumed);
  EXPECT_EQ(stored("other.example", {"blob layer:a"}), StateLines{"blob layer:a"});
  // A pull under its own handle is none.
  begin(kPulled);
  fail(kPullResumed);
  EXPECT_EQ(stored("registry.example", {"blob layer:a"}), StateLines{"blob layer:a"});
}

TEST_F(PartialPushesTest, OtherRegistriesAreSure) {
  fail(kPushed);
  EXPECT_EQ(stored("other.example", {"blob layer:a"}), StateLines{"blob layer:a"});
  EXPECT_EQ(asked("other.example", {"HEAD /v2/lib/app/blobs/layer:a 404"}),
            StateLines{"HEAD /v2/lib/app/blobs/layer:a 404"});
  EXPECT_EQ(stored("registry.example", {"blob layer:a"}), StateLines{});
  EXPECT_EQ(asked("registry.example", {"HEAD /v2/lib/app/blobs/layer:a 404"}), StateLines{});
}

// What a failing push does side by side stops a moment later, and a registry may see it in the next
// step.
TEST_F(PartialPushesTest, WhatWasOnItsWayComesInTheNextStep) {
  fail(kPushedAgain);
  pushes_.compared();
  begin(kPushed);
  const std::string late = "HEAD /v2/lib/app/blobs/layer:a 404";
  const std::string new_one = "HEAD /v2/lib/app/manifests/1 404";
  EXPECT_EQ(asked("other.example", {late, new_one}), StateLines{new_one});
  EXPECT_EQ(asked("registry.example", {late}), StateLines{late});
  pushes_.compared();
  EXPECT_EQ(asked("other.example", {late}), StateLines{late});
}

TEST_F(PartialPushesTest, LaterPushesMayAskForUnsureBlobsOnly) {
  fail(kPushedAgain);
  stored("other.example", {"lib/app blob layer:a"});
  pushes_.compared();
  // A step later nothing of it is on its way.
  stored("other.example", {"lib/app blob layer:a"});
  pushes_.compared();
  const StateLines about_it{
      "HEAD /v2/lib/app/blobs/layer:a 404",
      "POST /v2/lib/app/blobs/uploads/ 202",
      "POST /v2/lib/app/blobs/uploads/?mount=layer:a&from=lib/web 201",
      "PUT /v2/lib/app/blobs/uploads/ 201",
  };
  StateLines all = about_it;
  const StateLines others{
      "HEAD /v2/lib/app/blobs/layer:a1 404",
      "HEAD /v2/lib/app/manifests/1 404",
      "POST /v2/lib/app/blobs/uploads/?mount=layer:b&from=lib/web 202",
  };
  all.insert(all.end(), others.begin(), others.end());
  // The resumption of a pull, or a push elsewhere, asks for all that the model does.
  begin(kPulled);
  begin(kPullResumed);
  begin(kPushed);
  EXPECT_EQ(asked("other.example", all), all);
  pushes_.compared();
  begin(kPushedAgain);
  // The push has uploaded it by now.
  EXPECT_EQ(stored("other.example", {}), StateLines{});
  EXPECT_EQ(asked("other.example", all), others);
  pushes_.compared();
  begin(kPushedAgain);
  EXPECT_EQ(asked("other.example", all), all);
}

}  // namespace
}  // namespace sweepcheck
