// Two things that a runtime developer does with sweepcheck as a library: state a property of his
// own, and ask what a changed rule of the collector breaks.
#include <gtest/gtest.h>

#include <iostream>
#include <sweepcheck/properties/search/search.hpp>
#include <sweepcheck/properties/search/shrink.hpp>

namespace {

using namespace sweepcheck;

// A property, in ten lines: only operators and clients that say so remove image records.
const Property kRecordsAreNotCollected{
    .name = "records-are-not-collected",
    .statement = "A collection removes no image record that has no expiry.",
    .occasion = Occasion::kCollection,
    .judge = [](const Moment& moment, Violations& violations) {
      for (const ObjectId object : moment.swept) {
        if (moment.catalog().kind(object) != ObjectKind::kImage) continue;
        if (moment.collected->scalar(object, ScalarKind::kExpiry)) continue;
        violations.push_back(moment.describe(object) + " was swept");
      }
    }};

TEST(OwnProperty, HoldsUnderEveryPolicy) {
  SearchOptions options;
  options.properties = {&kRecordsAreNotCollected};
  options.policies = policy_cases();
  for (const Cell& cell : search(options).cells) {
    EXPECT_FALSE(cell.refuted_by) << options.policies[cell.policy].name << ": " << cell.message;
  }
}

// A changed label rule: a runtime that does not follow gc.ref.snapshot labels, and so keeps no
// snapshot for the sake of an image. What does that break?
TEST(OwnProfile, ACollectorThatIgnoresSnapshotLabelsLosesWhatWasPulled) {
  Profile profile = *find_profile("containerd-2.1");
  profile.name = "no-snapshot-labels";
  profile.followed &= ~meaning_bit(Meaning::kRefSnapshot);
  const PolicyCase mine = make_policy_case("mine", profile);

  // Stated here for the example; the built-in properties judge the promises of containerd.
  static const Property kStaysUnpacked{
      .name = "stays-unpacked",
      .statement = "A collection takes no snapshot while an image record is on the node.",
      .occasion = Occasion::kCollection,
      .judge = [](const Moment& moment, Violations& violations) {
        const Catalog& catalog = moment.catalog();
        bool has_record = false;
        for (const ObjectId object : catalog.root_candidates()) {
          has_record = has_record || (catalog.kind(object) == ObjectKind::kImage &&
                                      moment.collected->has(object));
        }
        for (const ObjectId object : moment.swept) {
          if (has_record && catalog.kind(object) == ObjectKind::kSnapshot) {
            violations.push_back(moment.describe(object) + " was swept");
          }
        }
      }};
  SearchOptions options;
  options.properties = {&kStaysUnpacked};
  options.policies = {mine};
  const Cell found = search(options).cells.front();
  ASSERT_TRUE(found.refuted_by);
  const History drawn = draw_history(options.seed, *found.refuted_by, options.generator);
  const Shrunk smallest = shrink(drawn, mine, kStaysUnpacked);
  std::cout << history_text(smallest.history) << smallest.message << '\n';
  EXPECT_EQ(history_text(smallest.history),
            "pull app in default on node1\n"
            "collect on node1\n");
}

}  // namespace
