// Aim: the metadata store's transactions do what the facts say, and a failed one changes nothing.
// Method: single transactions on small stores; for failures, the state before is held against the
// state after.
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

class MetadataTest : public StoreTest {
 protected:
  template <typename Act>
  Failure failing(Act&& act) {
    const State before = node().state;
    const std::int64_t mutations = node().scheduler.mutations;
    const Failure failure = act();
    EXPECT_TRUE(failure);
    EXPECT_EQ(node().state, before);
    EXPECT_EQ(node().scheduler.mutations, mutations) << "a failed transaction is not a mutation";
    return failure;
  }
};

TEST_F(MetadataTest, WhatExistsJoinsTheLeaseInContext) {
  write("a");
  create_lease("l");
  Opened opened = Opened::kNew;
  ASSERT_FALSE(metadata("l").open_writer(id("ref"), id("a"), opened));
  EXPECT_EQ(opened, Opened::kExists);
  collect();
  EXPECT_TRUE(has(content("a")));
}

TEST_F(MetadataTest, AMissingLeaseFails) {
  Opened opened = Opened::kNew;
  const Failure failure =
      failing([&] { return metadata("gone").open_writer(id("ref"), id("a"), opened); });
  EXPECT_EQ(text(failure), "lease does not exist: not found");
}

TEST_F(MetadataTest, SharedContentNeedsNoBytes) {
  write("a");
  Metadata other = metadata("", "other");
  Opened opened = Opened::kNew;
  ASSERT_FALSE(other.open_writer(id("ref"), id("a"), opened));
  EXPECT_EQ(opened, Opened::kShared);
  ASSERT_FALSE(other.commit(id("ref"), id("a")));
  EXPECT_TRUE(other.has(other.content(id("a"))));
}

TEST_F(MetadataTest, IsolatedNamespacesShareOnlyWhatIsLabelledShareable) {
  policy.content_sharing = ContentSharing::kIsolated;
  write("a");
  Metadata other = metadata("", "other");
  Opened opened = Opened::kNew;
  ASSERT_FALSE(other.open_writer(id("ref"), id("a"), opened));
  EXPECT_EQ(opened, Opened::kNew);
  ASSERT_FALSE(other.abort(id("ref")));
  const ObjectId space =
      catalog.object({ObjectKind::kNamespace, id("default"), kNone<StringId>, kNone<StringId>});
  metadata().put_label(space, id("containerd.io/namespace.shareable"), id("true"));
  ASSERT_FALSE(other.open_writer(id("ref"), id("a"), opened));
  EXPECT_EQ(opened, Opened::kShared);
}

TEST_F(MetadataTest, AnExistingSnapshotJoinsTheLeaseFrom17On) {
  for (const char* profile : {"containerd-1.6", "containerd-1.7"}) {
    use(profile);
    if (!has(snapshot("base"))) commit("base");
    create_lease(profile);
    const Failure failure = metadata(profile).prepare(id("overlayfs"), id("key"), kNone<StringId>,
                                                      "active", id("base"));
    EXPECT_EQ(failure.error_class, ErrorClass::kAlreadyExists);
    const FactId held = catalog.field(Meaning::kLeaseResource, lease(profile), snapshot("base"));
    EXPECT_EQ(node().state.has(held), std::string_view(profile) == "containerd-1.7") << profile;
  }
}

TEST_F(MetadataTest, AMissingParentFails) {
  const Failure failure = failing([&] {
    return metadata().prepare(id("overlayfs"), id("s"), id("gone"), "active", kNone<StringId>);
  });
  EXPECT_EQ(text(failure), "parent snapshot gone does not exist: not found");
}

TEST_F(MetadataTest, ASnapshotWithAChildCantBeRemoved) {
  commit("base");
  commit("top", "base");
  const Failure failure =
      failing([&] { return metadata().remove_snapshot(id("overlayfs"), id("base")); });
  EXPECT_EQ(failure.error_class, ErrorClass::kFailedPrecondition);
  ASSERT_FALSE(metadata().remove_snapshot(id("overlayfs"), id("top")));
  ASSERT_FALSE(metadata().remove_snapshot(id("overlayfs"), id("base")));
}

TEST_F(MetadataTest, ACommittedSnapshotKeepsItsParentAndTakesOverTheChildEntry) {
  commit("base");
  commit("top", "base");
  const FactId parent = catalog.field(Meaning::kParent, snapshot("top"), snapshot("base"));
  const FactId entry = catalog.field(Meaning::kChildEntry, snapshot("base"), snapshot("top"));
  EXPECT_TRUE(node().state.has(parent));
  EXPECT_TRUE(node().state.has(entry));
  EXPECT_FALSE(has(snapshot("active top")));
}

TEST_F(MetadataTest, ANamespaceWithImagesCantBeDeleted) {
  write("a");
  ASSERT_FALSE(metadata().create_image(id("app"), id("a")));
  const Failure failure = failing([&] { return metadata().delete_namespace(id("default")); });
  EXPECT_EQ(text(failure),
            "namespace \"default\" must be empty, but it still has images, blobs: failed "
            "precondition");
}

TEST_F(MetadataTest, ANamespaceWithOnlyLeasesIsDeletedWithThem) {
  create_lease("l");
  ASSERT_FALSE(metadata().delete_namespace(id("default")));
  EXPECT_FALSE(has(lease("l")));
}

TEST_F(MetadataTest, ImagesInLeasesAreUnimplementedBefore20) {
  use("containerd-1.7");
  create_lease("l");
  const Failure failure = failing([&] { return metadata().add_resource(id("l"), image("app")); });
  EXPECT_EQ(text(failure), "resource type images not supported yet: not implemented");
}

TEST_F(MetadataTest, DeletionsRaiseTheDirtyCounterRetargetingDoesNot) {
  write("a");
  write("b");
  ASSERT_FALSE(metadata().create_image(id("app"), id("a")));
  ASSERT_FALSE(metadata().update_image(id("app"), id("b"), true));
  EXPECT_EQ(node().dirty, 0);
  EXPECT_EQ(node().scheduler.deletions, 0);
  ASSERT_FALSE(metadata().delete_image(id("app")));
  EXPECT_EQ(node().scheduler.deletions, 1);
  write("c");
  EXPECT_EQ(node().scheduler.deletions, 3) << "open and commit after a deletion count as such";
}

TEST_F(MetadataTest, CommitAfterItsDataWasAbortedFails) {
  Opened opened = Opened::kNew;
  ASSERT_FALSE(metadata().open_writer(id("ref"), kNone<StringId>, opened));
  drop_object(catalog, node().state,
              catalog.object({ObjectKind::kIngestFile, id("default"), kNone<StringId>, id("ref")}));
  const Failure failure = failing([&] { return metadata().commit(id("ref"), id("a")); });
  EXPECT_EQ(failure.error_class, ErrorClass::kUnknown);
}

}  // namespace
}  // namespace sweepcheck
