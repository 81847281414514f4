// Aim: every kind of reference keeps what it names, from every kind of object that may carry it,
// and nothing else does.
// Method: an owner that is a root, one reference, one collection.
#include "properties/facts/naive_collector.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

class ReferenceTest : public StoreTest {
 protected:
  ObjectId container(std::string_view name) { return metadata().container(id(name)); }

  void create_container(std::string_view name, std::string_view key = "") {
    const StringId snapshotter = key.empty() ? kNone<StringId> : id("overlayfs");
    ASSERT_FALSE(metadata().create_container(id(name), kNone<StringId>, snapshotter, id(key)));
  }
  void create_image(std::string_view name, std::string_view target) {
    ASSERT_FALSE(metadata().create_image(id(name), id(target)));
  }
  void expire(ObjectId object) { label(object, "containerd.io/gc.expire", "2000-01-01T00:00:00Z"); }
};

TEST_F(ReferenceTest, AContainersLabelsAreFollowed) {
  write("a");
  commit("base");
  create_container("c");
  label(container("c"), "containerd.io/gc.ref.content.x", "a");
  label(container("c"), "containerd.io/gc.ref.snapshot.overlayfs", "base");
  collect();
  EXPECT_TRUE(has(content("a")));
  EXPECT_TRUE(has(snapshot("base")));
}

TEST_F(ReferenceTest, AContainerWithoutASnapshotterKeepsNone) {
  commit("c");
  create_container("c");
  collect();
  EXPECT_TRUE(has(container("c")));
  EXPECT_FALSE(has(snapshot("c"))) << "the key alone is not a valid reference";
}

TEST_F(ReferenceTest, ASnapshotsLabelsAreFollowed) {
  write("a");
  commit("base");
  label(snapshot("base"), "containerd.io/gc.root", "x");
  label(snapshot("base"), "containerd.io/gc.ref.content", "a");
  collect();
  EXPECT_TRUE(has(content("a")));
}

TEST_F(ReferenceTest, ContentKeepsAChainOfContent) {
  for (const char* name : {"index", "manifest", "config"}) write(name);
  label(content("index"), "containerd.io/gc.root", "x");
  label(content("index"), "containerd.io/gc.ref.content.m.0", "manifest");
  label(content("manifest"), "containerd.io/gc.ref.content.config", "config");
  collect();
  EXPECT_TRUE(has(content("config")));
}

TEST_F(ReferenceTest, AnIngestKeepsTheContentThatItExpects) {
  ASSERT_FALSE(metadata("", "other").create_lease(id("l")));
  write("a");
  Opened opened = Opened::kNew;
  ASSERT_FALSE(metadata("l", "other").open_writer(id("ref"), id("a"), opened));
  ASSERT_EQ(opened, Opened::kShared);
  collect();
  EXPECT_FALSE(has(content("a"))) << "of its own namespace only";
  EXPECT_TRUE(
      has(catalog.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, id("a")})))
      << "but the file stays for it";
  ASSERT_FALSE(metadata("l", "other").commit(id("ref"), id("a")));
}

TEST_F(ReferenceTest, WhatIsReferredToBeforeItExistsIsKeptOnceItDoes) {
  write("a");
  label(content("a"), "containerd.io/gc.root", "x");
  label(content("a"), "containerd.io/gc.ref.content", "b");
  collect();
  write("b");
  collect();
  EXPECT_TRUE(has(content("b")));
}

TEST_F(ReferenceTest, ImageReferencesAreFollowedFrom20On) {
  for (const auto& [profile, kept] :
       {std::pair<std::string_view, bool>{"containerd-1.7", true}, {"containerd-2.1", true}}) {
    use(profile);
    write("a");
    write("b");
    if (!has(image("old"))) create_image("old", "a");
    expire(image("old"));
    label(content("b"), "containerd.io/gc.root", "x");
    label(content("b"), "containerd.io/gc.ref.image/x", "old");
    collect();
    EXPECT_EQ(has(image("old")), kept) << profile;
  }
  label(content("b"), "containerd.io/gc.ref.image/x", "");
  collect();
  EXPECT_FALSE(has(image("old"))) << "it is the reference that kept it in 2.x";
}

TEST_F(ReferenceTest, BackReferencesNameContainersImagesAndSnapshots) {
  use("containerd-2.3");
  for (const char* name : {"target", "of-container", "of-image", "of-snapshot"}) write(name);
  commit("s");
  create_container("c", "s");
  create_image("app", "target");
  label(content("of-container"), "containerd.io/gc.bref.container", "c");
  label(content("of-image"), "containerd.io/gc.bref.image.x", "app");
  label(content("of-snapshot"), "containerd.io/gc.bref.snapshot.overlayfs/x", "s");
  collect();
  EXPECT_TRUE(has(content("of-container")));
  EXPECT_TRUE(has(content("of-image")));
  EXPECT_TRUE(has(content("of-snapshot")));
  ASSERT_FALSE(metadata().delete_container(id("c")));
  ASSERT_FALSE(metadata().delete_image(id("app")));
  collect();
  EXPECT_FALSE(has(content("of-container")));
  EXPECT_FALSE(has(content("of-image")));
  EXPECT_FALSE(has(content("of-snapshot"))) << "its snapshot went with the container";
}

TEST_F(ReferenceTest, AnExpiredImageLivesWithTheOneThatItRefersBackTo) {
  use("containerd-2.3");
  write("a");
  create_image("app", "a");
  create_image("extra", "a");
  expire(image("extra"));
  label(image("extra"), "containerd.io/gc.bref.image", "app");
  collect();
  EXPECT_TRUE(has(image("extra")));
  ASSERT_FALSE(metadata().delete_image(id("app")));
  collect();
  EXPECT_FALSE(has(image("extra")));
  EXPECT_FALSE(has(content("a")));
}

TEST_F(ReferenceTest, ASnapshotsBackReferenceKeepsItsParents) {
  use("containerd-2.3");
  write("a");
  label(content("a"), "containerd.io/gc.root", "x");
  commit("base");
  commit("top", "base");
  label(snapshot("top"), "containerd.io/gc.bref.content", "a");
  collect();
  EXPECT_TRUE(has(snapshot("top")));
  EXPECT_TRUE(has(snapshot("base")));
}

TEST_F(ReferenceTest, AConditionOnASnapshotWithoutAValueNeverHolds) {
  use("containerd-2.3");
  commit("s");
  write("config");
  label(content("config"), "containerd.io/gc.root", "x");
  label(content("config"), "containerd.io/gc.cond.snapshot.overlayfs", "usedat<24h,usedat>0s|s");
  collect();
  EXPECT_FALSE(has(snapshot("s")));
}

// Without a '|' it names no snapshot; whoever asks whether it is followed is to hear no.
TEST_F(ReferenceTest, AConditionThatNamesNothingIsNotFollowed) {
  use("containerd-2.3");
  commit("s");
  write("config");
  label(content("config"), "containerd.io/gc.root", "x");
  label(content("config"), "containerd.io/gc.cond.snapshot.overlayfs", "usedat<24h");
  NaiveScratch scratch;
  Bits reached;
  naive_reachable(catalog, *find_profile("containerd-2.3"), node().state, world.now, scratch,
                  reached);
  EXPECT_TRUE(reached.test(index_of(content("config"))));
  EXPECT_FALSE(reached.test(index_of(snapshot("s"))));
}

TEST_F(ReferenceTest, AConditionsOwnerMustBeReachableItself) {
  use("containerd-2.3");
  commit("s");
  label(snapshot("s"), "containerd.io/gc.cond.value-usedat", "2026-01-01T00:00:00Z");
  write("config");
  label(content("config"), "containerd.io/gc.cond.snapshot.overlayfs", "usedat<24h|s");
  collect();
  EXPECT_FALSE(has(content("config")));
  EXPECT_FALSE(has(snapshot("s")));
}

TEST_F(ReferenceTest, ALeaseHoldsAtItsVeryTimeOfExpiry) {
  create_lease("l");
  write("a", "l");
  label(lease("l"), "containerd.io/gc.expire", "2026-01-01T00:00:10Z");
  world.now = kEpoch + 10 * kSecond;
  collect();
  EXPECT_TRUE(has(content("a")));
  world.now += 1;
  collect();
  EXPECT_FALSE(has(lease("l")));
  EXPECT_FALSE(has(content("a")));
}

TEST_F(ReferenceTest, WhatNoCollectorRemovesStays) {
  create_container("c");
  ASSERT_FALSE(metadata().create_sandbox(id("s")));
  write("a");
  collect();
  EXPECT_TRUE(has(container("c")));
  EXPECT_TRUE(has(metadata().sandbox(id("s"))));
  EXPECT_TRUE(has(
      catalog.object({ObjectKind::kNamespace, id("default"), kNone<StringId>, kNone<StringId>})));
}

}  // namespace
}  // namespace sweepcheck
