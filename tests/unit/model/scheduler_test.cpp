// Aim: collections happen when containerd's scheduler would start them.
// Method: one node with the scheduler on, simulated time moved by hand, collections counted.
#include "model/scheduler.hpp"

#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

class SchedulerTest : public StoreTest {
 protected:
  SchedulerTest() {
    policy.scheduler.runs = true;
    world.start_daemon(static_cast<NodeId>(0));
  }

  std::uint64_t collections_after(Duration duration) {
    const std::uint64_t before = world.collection_count;
    world.advance(duration);
    return world.collection_count - before;
  }

  void mutate(int count) {
    for (int i = 0; i < count; ++i) {
      write("w" + std::to_string(next_++));  // two mutations: open and commit
    }
    world.notice(static_cast<NodeId>(0));
  }

  int next_ = 0;
};

TEST_F(SchedulerTest, TheFirstCollectionComesAfterTheStartupDelay) {
  EXPECT_EQ(collections_after(99 * kMillisecond), 0U);
  EXPECT_EQ(collections_after(kMillisecond), 1U);
}

TEST_F(SchedulerTest, ASingleDeletionIsCollectedAtTheNextTick) {
  world.advance(kSecond);
  write("a");
  ASSERT_FALSE(metadata().delete_content(id("a")));
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(collections_after(kSecond), 1U);
}

TEST_F(SchedulerTest, ADeletionThresholdDoesNotSuppressDeletions) {
  policy.scheduler.deletion_threshold = 1000;
  world.advance(kSecond);
  write("a");
  ASSERT_FALSE(metadata().delete_content(id("a")));
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(collections_after(kSecond), 1U);
}

TEST_F(SchedulerTest, NinetyNineMutationsAreNotEnoughAHundredAre) {
  world.advance(kSecond);
  mutate(49);
  create_lease("l");
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(node().scheduler.mutations, 99);
  EXPECT_EQ(collections_after(10 * kSecond), 0U);
  create_lease("m");
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(collections_after(kSecond), 1U);
}

TEST_F(SchedulerTest, TheIntervalIsFortyNineTimesTheAverageFlooredFrom17On) {
  for (const auto& [profile, interval] :
       {std::pair<std::string_view, Duration>{"containerd-1.6", 98 * kMillisecond},
        {"containerd-2.1", 245 * kMillisecond}}) {
    use(profile);
    node().scheduler = SchedulerState{};
    collection_ended(node(), world.now, 2 * kMillisecond);
    EXPECT_EQ(node().scheduler.interval, interval) << profile;
  }
}

TEST_F(SchedulerTest, APauseThresholdOfZeroLeavesOneSecond) {
  policy.scheduler.pause_threshold = 0;
  node().scheduler = SchedulerState{};
  collection_ended(node(), world.now, 2 * kMillisecond);
  EXPECT_EQ(node().scheduler.interval, kSecond);
}

TEST_F(SchedulerTest, ADeletionThresholdBringsTheCollectionForward) {
  policy.scheduler.deletion_threshold = 1;
  world.advance(kSecond);
  write("a");
  ASSERT_FALSE(metadata().delete_content(id("a")));
  const std::uint64_t before = world.collection_count;
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(world.collection_count - before, 1U);
}

TEST_F(SchedulerTest, WithoutAStartupDelayNothingIsScheduled) {
  policy.scheduler.startup_delay = 0;
  node().scheduler = SchedulerState{};
  world.start_daemon(static_cast<NodeId>(0));
  EXPECT_EQ(collections_after(kHour), 0U);
  write("a");
  ASSERT_FALSE(metadata().delete_content(id("a")));
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(world.collection_count, 1U) << "the first deletion schedules one, after no delay";
}

TEST_F(SchedulerTest, TheScheduleDelayStandsBeforeWhatIsTriggered) {
  policy.scheduler.schedule_delay = 100 * kMillisecond;
  policy.scheduler.startup_delay = 0;
  node().scheduler = SchedulerState{};
  world.start_daemon(static_cast<NodeId>(0));
  write("a");
  ASSERT_FALSE(metadata().delete_content(id("a")));
  world.notice(static_cast<NodeId>(0));
  EXPECT_EQ(collections_after(99 * kMillisecond), 0U);
  EXPECT_EQ(collections_after(kMillisecond), 1U);
}

TEST_F(SchedulerTest, ATickWithoutAReasonIsArmedAgain) {
  world.advance(kSecond);
  const Time armed = node().scheduler.next;
  EXPECT_EQ(collections_after(kHour), 0U);
  EXPECT_GT(node().scheduler.next, armed);
}

TEST_F(SchedulerTest, AMutationThresholdOfZeroNeverCollects) {
  policy.scheduler.mutation_threshold = 0;
  world.advance(kSecond);
  mutate(200);
  EXPECT_EQ(collections_after(kHour), 0U);
}

TEST_F(SchedulerTest, APauseThresholdIsClampedToHalf) {
  for (const auto& [threshold, interval] : {std::pair<double, Duration>{0.5, 10 * kMillisecond},
                                            {0.9, 10 * kMillisecond},
                                            {0.1, 90 * kMillisecond},
                                            {-1.0, kSecond}}) {
    policy.scheduler.pause_threshold = threshold;
    node().scheduler = SchedulerState{};
    collection_ended(node(), world.now, 10 * kMillisecond);
    EXPECT_EQ(node().scheduler.interval, interval) << threshold;
  }
}

TEST_F(SchedulerTest, TheIntervalFollowsTheAverageOfAllCollections) {
  node().scheduler = SchedulerState{};
  collection_ended(node(), world.now, 10 * kMillisecond);
  EXPECT_EQ(node().scheduler.interval, 490 * kMillisecond);
  collection_ended(node(), world.now, 30 * kMillisecond);
  EXPECT_EQ(node().scheduler.interval, 980 * kMillisecond);
}

}  // namespace
}  // namespace sweepcheck
