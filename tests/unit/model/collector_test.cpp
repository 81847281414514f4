// Aim: each rule of the collector, as facts and experiments state it, holds in the model.
// Method: stores of a few objects, built through the metadata store's own transactions; each test
// is one rule, with the case next to it that the rule must not cover.
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

using CollectorTest = StoreTest;

TEST_F(CollectorTest, ContentWithoutReferenceIsSwept) {
  write("a");
  collect();
  EXPECT_FALSE(has(content("a")));
}

TEST_F(CollectorTest, AnImageKeepsItsTargetAndWhatItsLabelsName) {
  write("manifest");
  write("layer");
  write("other");
  label(content("manifest"), "containerd.io/gc.ref.content.l.0", "layer");
  ASSERT_FALSE(metadata().create_image(id("app"), id("manifest")));
  collect();
  EXPECT_TRUE(has(content("manifest")));
  EXPECT_TRUE(has(content("layer")));
  EXPECT_FALSE(has(content("other")));
}

TEST_F(CollectorTest, ReferenceKeysAreExactOrGoOnWithADotOrASlash) {
  for (const char* key :
       {"containerd.io/gc.ref.content", "containerd.io/gc.ref.content.x",
        "containerd.io/gc.ref.content/x", "containerd.io/gc.ref.contentx", "other/label"}) {
    write("manifest");
    write("layer");
    label(content("manifest"), key, "layer");
    label(content("manifest"), "containerd.io/gc.root", "yes");
    collect();
    const std::string_view text = key;
    EXPECT_EQ(has(content("layer")),
              text != "containerd.io/gc.ref.contentx" && text != "other/label")
        << key;
    label(content("manifest"), key, "");
  }
}

TEST_F(CollectorTest, SnapshotsKeepTheirParents) {
  commit("base");
  commit("top", "base");
  write("config");
  label(content("config"), "containerd.io/gc.root", "yes");
  label(content("config"), "containerd.io/gc.ref.snapshot.overlayfs", "top");
  collect();
  EXPECT_TRUE(has(snapshot("top")));
  EXPECT_TRUE(has(snapshot("base")));
  label(content("config"), "containerd.io/gc.ref.snapshot.overlayfs", "");
  collect();
  EXPECT_FALSE(has(snapshot("top")));
  EXPECT_FALSE(has(snapshot("base")));
}

TEST_F(CollectorTest, ASnapshotReferenceNamesItsSnapshotter) {
  commit("top");
  write("config");
  label(content("config"), "containerd.io/gc.root", "yes");
  label(content("config"), "containerd.io/gc.ref.snapshot.native", "top");
  collect();
  EXPECT_FALSE(has(snapshot("top")));
}

TEST_F(CollectorTest, AContainerKeepsItsSnapshotNotItsImage) {
  write("manifest");
  commit("base");
  ASSERT_FALSE(
      metadata().prepare(id("overlayfs"), id("c1"), id("base"), "active", kNone<StringId>));
  ASSERT_FALSE(metadata().create_container(id("c1"), id("app"), id("overlayfs"), id("c1")));
  collect();
  EXPECT_TRUE(has(snapshot("c1")));
  EXPECT_TRUE(has(snapshot("base")));
  EXPECT_FALSE(has(content("manifest")));
}

TEST_F(CollectorTest, ALeaseKeepsTreesAFlatLeaseOnlyItsResources) {
  for (const bool flat : {false, true}) {
    write("manifest");
    write("layer");
    label(content("manifest"), "containerd.io/gc.ref.content.l.0", "layer");
    create_lease("l");
    if (flat) label(lease("l"), "containerd.io/gc.flat", "1");
    hold("l", content("manifest"));
    collect();
    EXPECT_TRUE(has(content("manifest")));
    EXPECT_EQ(has(content("layer")), !flat);
    ASSERT_FALSE(metadata().delete_lease(id("l")));
    collect();
  }
}

TEST_F(CollectorTest, AFlatSnapshotKeepsItsParentsWithoutTheirLabels) {
  write("blob");
  commit("base");
  commit("top", "base");
  label(snapshot("base"), "containerd.io/gc.ref.content", "blob");
  create_lease("l");
  label(lease("l"), "containerd.io/gc.flat", "1");
  hold("l", snapshot("top"));
  collect();
  EXPECT_TRUE(has(snapshot("top")));
  EXPECT_TRUE(has(snapshot("base")));
  EXPECT_FALSE(has(content("blob")));
}

TEST_F(CollectorTest, AFullAndAFlatLeaseOnOneObjectKeepItsTree) {
  write("manifest");
  write("layer");
  label(content("manifest"), "containerd.io/gc.ref.content.l.0", "layer");
  for (const char* name : {"flat", "full"}) create_lease(name);
  label(lease("flat"), "containerd.io/gc.flat", "1");
  hold("flat", content("manifest"));
  hold("full", content("manifest"));
  collect();
  EXPECT_TRUE(has(content("layer")));
}

TEST_F(CollectorTest, EmptyLabelValuesAreNotStored) {
  write("a");
  label(content("a"), "containerd.io/gc.root", "");
  create_lease("l");
  label(lease("l"), "containerd.io/gc.flat", "");
  write("b");
  write("c");
  label(content("b"), "containerd.io/gc.ref.content", "c");
  hold("l", content("b"));
  collect();
  EXPECT_FALSE(has(content("a")));
  EXPECT_TRUE(has(content("c"))) << "gc.flat= is not flat";
}

TEST_F(CollectorTest, AnExpiredLeaseGoesWithItsResourcesInOneCollection) {
  write("a");
  create_lease("l");
  hold("l", content("a"));
  label(lease("l"), "containerd.io/gc.expire", "2026-01-01T01:00:00Z");
  world.now = *parse_rfc3339("2026-01-01T01:00:00Z");
  collect();
  EXPECT_TRUE(has(lease("l"))) << "exactly at its time it has not expired";
  world.now += 1;
  collect();
  EXPECT_FALSE(has(lease("l")));
  EXPECT_FALSE(has(content("a")));
}

TEST_F(CollectorTest, AnUnreadableExpiryNeverExpires) {
  create_lease("l");
  label(lease("l"), "containerd.io/gc.expire", "not-a-time");
  world.now += 1000 * 24 * kHour;
  collect();
  EXPECT_TRUE(has(lease("l")));
}

TEST_F(CollectorTest, LeaseLabelsAreNotFollowed) {
  write("a");
  create_lease("l");
  label(lease("l"), "containerd.io/gc.ref.content", "a");
  collect();
  EXPECT_TRUE(has(lease("l")));
  EXPECT_FALSE(has(content("a")));
}

TEST_F(CollectorTest, ExpiryOfContentMeansNothing) {
  write("a");
  label(content("a"), "containerd.io/gc.root", "x");
  label(content("a"), "containerd.io/gc.expire", "2000-01-01T00:00:00Z");
  collect();
  EXPECT_TRUE(has(content("a")));
}

TEST_F(CollectorTest, ImagesExpireFrom20On) {
  for (const char* profile : {"containerd-1.6", "containerd-1.7", "containerd-2.1"}) {
    use(profile);
    write("manifest");
    if (!has(image("app"))) {
      ASSERT_FALSE(metadata().create_image(id("app"), id("manifest")));
    }
    label(image("app"), "containerd.io/gc.expire", "2000-01-01T00:00:00Z");
    collect();
    const bool kept = std::string_view(profile) != "containerd-2.1";
    EXPECT_EQ(has(image("app")), kept) << profile;
    EXPECT_EQ(has(content("manifest")), kept) << profile;
  }
}

TEST_F(CollectorTest, AnExpiredImageThatAnotherRefersToStays) {
  write("a");
  write("b");
  ASSERT_FALSE(metadata().create_image(id("old"), id("a")));
  ASSERT_FALSE(metadata().create_image(id("new"), id("b")));
  label(image("old"), "containerd.io/gc.expire", "2000-01-01T00:00:00Z");
  label(image("new"), "containerd.io/gc.ref.image", "old");
  collect();
  EXPECT_TRUE(has(image("old")));
  EXPECT_TRUE(has(content("a")));
}

TEST_F(CollectorTest, RootLabelsMatchExactlyUntil22ThenByPrefix) {
  for (const char* profile : {"containerd-2.1", "containerd-2.3"}) {
    use(profile);
    write("a");
    label(content("a"), "containerd.io/gc.rooted", "x");
    collect();
    EXPECT_EQ(has(content("a")), std::string_view(profile) == "containerd-2.3") << profile;
  }
}

TEST_F(CollectorTest, BackReferencesKeepTheirOwnerFrom22On) {
  for (const char* profile : {"containerd-2.1", "containerd-2.3"}) {
    use(profile);
    write("parent");
    write("child");
    label(content("parent"), "containerd.io/gc.root", "x");
    label(content("child"), "containerd.io/gc.bref.content", "parent");
    collect();
    EXPECT_EQ(has(content("child")), std::string_view(profile) == "containerd-2.3") << profile;
  }
}

TEST_F(CollectorTest, AFlatObjectPullsNoBackReferences) {
  use("containerd-2.3");
  write("parent");
  write("child");
  create_lease("l");
  label(lease("l"), "containerd.io/gc.flat", "1");
  hold("l", content("parent"));
  label(content("child"), "containerd.io/gc.bref.content", "parent");
  collect();
  EXPECT_TRUE(has(content("parent")));
  EXPECT_FALSE(has(content("child")));
}

TEST_F(CollectorTest, ConditionalReferencesHoldWhileTheirConditionDoes) {
  use("containerd-2.3");
  commit("s");
  label(snapshot("s"), "containerd.io/gc.cond.value-usedat", "2026-01-01T00:00:00Z");
  write("config");
  label(content("config"), "containerd.io/gc.root", "x");
  label(content("config"), "containerd.io/gc.cond.snapshot.overlayfs", "usedat<24h|s");
  world.now = kEpoch + 24 * kHour - 1;
  collect();
  EXPECT_TRUE(has(snapshot("s")));
  world.now = kEpoch + 24 * kHour;
  collect();
  EXPECT_FALSE(has(snapshot("s")));
}

TEST_F(CollectorTest, ConditionsAreAlternativesAndUnknownOnesAreSkipped) {
  use("containerd-2.3");
  commit("s");
  label(snapshot("s"), "containerd.io/gc.cond.value-usedat", "2026-01-01T00:00:00Z");
  write("config");
  label(content("config"), "containerd.io/gc.root", "x");
  label(content("config"), "containerd.io/gc.cond.snapshot.overlayfs",
        "size<5,usedat=1h,usedat>48h|s");
  world.now = kEpoch + 49 * kHour;
  collect();
  EXPECT_TRUE(has(snapshot("s")));
}

TEST_F(CollectorTest, SandboxLabelsAreFollowedFrom20On) {
  for (const char* profile : {"containerd-1.7", "containerd-2.1"}) {
    use(profile);
    write("a");
    if (!has(metadata().sandbox(id("s")))) {
      ASSERT_FALSE(metadata().create_sandbox(id("s")));
    }
    label(metadata().sandbox(id("s")), "containerd.io/gc.ref.content", "a");
    collect();
    EXPECT_EQ(has(content("a")), std::string_view(profile) == "containerd-2.1") << profile;
  }
}

TEST_F(CollectorTest, NamespacesDoNotReachIntoEachOther) {
  write("a");
  Metadata other = metadata("", "other");
  ASSERT_FALSE(other.create_image(id("app"), id("a")));
  collect();
  EXPECT_FALSE(has(content("a")));
}

TEST_F(CollectorTest, ALeftoverEntryOfASweptChildBlocksItsParentsRemoval) {
  commit("base");
  commit("top", "base");
  create_lease("l");
  hold("l", snapshot("base"));
  collect();
  ASSERT_FALSE(has(snapshot("top")));
  EXPECT_EQ(text(metadata().remove_snapshot(id("overlayfs"), id("base"))),
            "cannot remove snapshot with child: failed precondition");
}

TEST_F(CollectorTest, IngestsWithoutLeaseLiveForADay) {
  Opened opened = Opened::kNew;
  ASSERT_FALSE(metadata().open_writer(id("ref"), kNone<StringId>, opened));
  world.now += 24 * kHour;
  collect();
  EXPECT_TRUE(has(metadata().ingest(id("ref"))));
  world.now += 1;
  collect();
  EXPECT_FALSE(has(metadata().ingest(id("ref"))));
  EXPECT_FALSE(node().state.objects.test(index_of(
      catalog.object({ObjectKind::kIngestFile, id("default"), kNone<StringId>, id("ref")}))));
}

TEST_F(CollectorTest, IngestsUnderALeaseGoWithIt) {
  create_lease("l");
  Opened opened = Opened::kNew;
  ASSERT_FALSE(metadata("l").open_writer(id("ref"), kNone<StringId>, opened));
  collect();
  EXPECT_TRUE(has(metadata().ingest(id("ref"))));
  ASSERT_FALSE(metadata().delete_lease(id("l")));
  collect();
  EXPECT_FALSE(has(metadata().ingest(id("ref"))));
}

TEST_F(CollectorTest, FilesGoOnlyIfARemovalFlaggedTheirStore) {
  const ObjectId orphan =
      catalog.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, id("orphan")});
  node().state.objects.set(index_of(orphan));
  collect();
  EXPECT_TRUE(has(orphan)) << "nothing was removed, so nothing is cleaned";
  write("a");
  collect();
  EXPECT_FALSE(has(orphan)) << "the collection of a has flagged the content store";
}

TEST_F(CollectorTest, ASecondCollectionFindsNothing) {
  write("a");
  commit("base");
  commit("top", "base");
  collect();
  const State after = node().state;
  collect();
  EXPECT_EQ(node().state, after);
}

}  // namespace
}  // namespace sweepcheck
