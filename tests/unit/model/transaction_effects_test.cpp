// Aim: each transaction of the metadata store counts, raises the dirty counter, flags the backend
// and edits the lease in context exactly as containerd's does (M, d, f and L in the tables below).
// Method: one row a transaction: what it needs is made first, then the differences that the
// transaction alone makes are read from the node.
#include <functional>

#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

struct Effects {
  std::int64_t mutations = 0;
  std::int64_t dirty = 0;
  bool content_flagged = false;
  bool snapshotter_flagged = false;

  bool operator==(const Effects&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Effects& effects) {
  return out << "M " << effects.mutations << ", d " << effects.dirty << ", content "
             << effects.content_flagged << ", snapshotter " << effects.snapshotter_flagged;
}

class TransactionEffects : public StoreTest {
 protected:
  template <typename Act>
  Effects of(Act&& act) {
    const std::int64_t mutations = node().scheduler.mutations;
    const std::int64_t dirty = node().dirty;
    node().content_flagged = false;
    node().snapshotters_flagged.clear();
    EXPECT_FALSE(act());
    return {node().scheduler.mutations - mutations, node().dirty - dirty, node().content_flagged,
            !node().snapshotters_flagged.empty()};
  }

  // The resources of the lease "l", by kind and key.
  std::vector<std::string> held() {
    std::vector<std::string> out;
    catalog.for_each_owned(lease("l"), [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kLeaseResource || !node().state.has(fact)) return;
      const ObjectKey& key = catalog.key(catalog.target(fact));
      out.push_back(std::string(kind_name(key.kind)) + " " + catalog.text(key.key));
    });
    std::sort(out.begin(), out.end());
    return out;
  }

  Failure open(std::string_view ref, std::string_view digest, std::string_view lease = "") {
    Opened opened = Opened::kNew;
    return metadata(lease).open_writer(id(ref), id(digest), opened);
  }
  Failure prepare(std::string_view key, std::string_view lease = "") {
    return metadata(lease).prepare(id("overlayfs"), id(key), kNone<StringId>, "active",
                                   kNone<StringId>);
  }
  Failure commit_as(std::string_view name, std::string_view key, std::string_view lease = "") {
    return metadata(lease).commit_snapshot(id("overlayfs"), id(name), id(key), 0, kNone<StringId>);
  }

  const StringId kOverlay = id("overlayfs");
};

constexpr Effects kOneMutation{.mutations = 1};
constexpr Effects kDeletion{.mutations = 1, .dirty = 1};

TEST_F(TransactionEffects, Leases) {
  EXPECT_EQ(of([&] { return metadata().create_lease(id("l")); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().add_resource(id("l"), content("a")); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().remove_resource(id("l"), content("a")); }), kDeletion);
  EXPECT_EQ(of([&] { return metadata().remove_resource(id("l"), content("b")); }), kDeletion)
      << "a resource that was never there counts the same";
  EXPECT_EQ(of([&] { return metadata().delete_lease(id("l")); }), kDeletion);
}

TEST_F(TransactionEffects, Content) {
  EXPECT_EQ(of([&] { return open("r", "a"); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().commit(id("r"), id("a")); }), kOneMutation);
  EXPECT_EQ(of([&] { return open("r", "a"); }), kOneMutation) << "of what exists";
  EXPECT_EQ(of([&] { return metadata().set_label(content("a"), id("k"), id("v")); }), kOneMutation);
  EXPECT_EQ(of([&] { return open("s", "b"); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().abort(id("s")); }), kOneMutation)
      << "an abort is not a deletion, and flags nothing";
  const Effects removed = of([&] { return metadata().delete_content(id("a")); });
  EXPECT_EQ(removed, (Effects{.mutations = 1, .dirty = 1, .content_flagged = true}));
}

TEST_F(TransactionEffects, Snapshots) {
  EXPECT_EQ(of([&] { return prepare("x"); }), (Effects{.mutations = 2}));
  EXPECT_EQ(of([&] { return commit_as("c", "x"); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().set_label(snapshot("c"), id("k"), id("v")); }),
            kOneMutation);
  const Effects removed = of([&] { return metadata().remove_snapshot(kOverlay, id("c")); });
  EXPECT_EQ(removed, (Effects{.mutations = 1, .dirty = 1, .snapshotter_flagged = true}));
}

TEST_F(TransactionEffects, Records) {
  write("a");
  EXPECT_EQ(of([&] { return metadata().create_image(id("i"), id("a")); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().update_image(id("i"), id("a"), true); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().delete_image(id("i")); }), kDeletion);
  const auto create = [&] {
    return metadata().create_container(id("c"), kNone<StringId>, kNone<StringId>, kNone<StringId>);
  };
  EXPECT_EQ(of(create), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().delete_container(id("c")); }), kDeletion);
  EXPECT_EQ(of([&] { return metadata().create_sandbox(id("s")); }), kOneMutation);
  EXPECT_EQ(of([&] { return metadata().delete_sandbox(id("s")); }), kOneMutation)
      << "a sandbox's deletion is none to the collector";
}

TEST_F(TransactionEffects, ANamespaceMarksNothing) {
  ASSERT_FALSE(metadata("", "gone").create_lease(id("l")));
  EXPECT_EQ(of([&] { return metadata().delete_namespace(id("gone")); }), kOneMutation);
}

TEST_F(TransactionEffects, ACollectionFlagsWhatItRemoved) {
  write("a");
  collect();
  EXPECT_FALSE(has(content("a")));
  EXPECT_EQ(node().dirty, 0) << "a collection zeroes the counter";
  EXPECT_FALSE(
      has(catalog.object({ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, id("a")})))
      << "it flagged the content store for what it took, without any explicit removal";
}

TEST_F(TransactionEffects, ContentMovesThroughTheLease) {
  create_lease("l");
  ASSERT_FALSE(open("r", "a", "l"));
  EXPECT_EQ(held(), (std::vector<std::string>{"ingest r"}));
  ASSERT_FALSE(metadata("l").commit(id("r"), id("a")));
  EXPECT_EQ(held(), (std::vector<std::string>{"content a"}));
  ASSERT_FALSE(metadata("l").delete_content(id("a")));
  EXPECT_EQ(held(), std::vector<std::string>{});
  ASSERT_FALSE(open("s", "b", "l"));
  ASSERT_FALSE(metadata("l").abort(id("s")));
  EXPECT_EQ(held(), std::vector<std::string>{});
}

TEST_F(TransactionEffects, SnapshotsMoveThroughTheLease) {
  create_lease("l");
  ASSERT_FALSE(prepare("x", "l"));
  EXPECT_EQ(held(), (std::vector<std::string>{"snapshot x"}));
  ASSERT_FALSE(commit_as("c", "x", "l"));
  EXPECT_EQ(held(), (std::vector<std::string>{"snapshot c"}));
  ASSERT_FALSE(metadata("l").remove_snapshot(kOverlay, id("c")));
  EXPECT_EQ(held(), std::vector<std::string>{});
}

TEST_F(TransactionEffects, OnlyTheLeaseInContextIsEdited) {
  create_lease("l");
  create_lease("other");
  write("a", "l");
  ASSERT_FALSE(metadata("other").delete_content(id("a")));
  EXPECT_EQ(held(), (std::vector<std::string>{"content a"})) << "a dead entry stays";
}

TEST_F(TransactionEffects, ReadsAndLabelsJoinNoLease) {
  write("a");
  commit("c");
  create_lease("l");
  ASSERT_FALSE(metadata("l").set_label(content("a"), id("k"), id("v")));
  ASSERT_FALSE(metadata("l").set_label(snapshot("c"), id("k"), id("v")));
  EXPECT_EQ(held(), std::vector<std::string>{});
}

TEST_F(TransactionEffects, AnImageJoinsItsLeaseOnlyIfItExpires) {
  for (const auto& [profile, expected] :
       {std::pair<std::string_view, std::vector<std::string>>{"containerd-1.7", {}},
        {"containerd-2.1", {"image expiring"}}}) {
    use(profile);
    write("a");
    create_lease("l");
    ASSERT_FALSE(metadata("l").create_image(id("lasting"), id("a")));
    metadata("l").put_label(image("lasting"), id("k"), id("v"));
    ASSERT_FALSE(metadata("l").create_image(id("expiring"), id("a")));
    metadata("l").put_label(image("expiring"), id(kGcExpire), id("2026-01-01T00:00:00Z"));
    EXPECT_EQ(held(), expected) << profile;
    ASSERT_FALSE(metadata("l").delete_image(id("expiring")));
    EXPECT_EQ(held(), std::vector<std::string>{}) << profile;
    ASSERT_FALSE(metadata().delete_image(id("lasting")));
    ASSERT_FALSE(metadata().delete_lease(id("l")));
  }
}

}  // namespace
}  // namespace sweepcheck
