// Aim: a parent gets the labels for its children that containerd gives it: base key by media type,
// a number by order, and nothing taken away, except where nothing is to be set.
// Method: label_children on parents made of children with a media type each; the labels are read
// back.
#include <map>

#include "model/operations/steps.hpp"
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr std::string_view kInToto = "application/vnd.in-toto+json";
constexpr std::string_view kDockerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd";
constexpr std::string_view kErofs = "application/vnd.erofs.layer.v1";

using Labels = std::map<std::string, std::string>;

class ChildLabels : public StoreTest {
 protected:
  ChildLabels() {
    request_.type = find_operation_type("pull");
    request_.node = static_cast<NodeId>(0);
    request_.space = id("default");
    operation_.request = request_;
    write("parent");
  }

  BlobId child(std::string_view name, std::string_view media_type, bool referrer = false) {
    Blob blob;
    blob.digest = id(name);
    blob.media_type = id(media_type);
    blob.media = classify_media_type(media_type);
    blob.is_referrer = referrer;
    return catalog.add_blob(blob);
  }

  Failure label_parent(const std::vector<BlobId>& children, bool discard = false) {
    std::vector<BlobChild> list;
    for (const BlobId blob : children) list.push_back({blob, kNone<StringId>});
    Machine machine(world, operation_);
    return steps::label_children(machine, catalog.find_blob(id("parent")), list, discard);
  }

  // Labels of the parent, without what all their keys begin with.
  Labels labels() {
    constexpr std::string_view kPrefix = "containerd.io/gc.ref.content.";
    Labels out;
    catalog.for_each_owned(content("parent"), [&](FactId fact) {
      if (!catalog.is_label(fact) || !node().state.has(fact)) return;
      std::string key = catalog.text(catalog.label_key(fact));
      if (key.starts_with(kPrefix)) key.erase(0, kPrefix.size());
      out[key] = catalog.text(catalog.value(fact));
    });
    return out;
  }

  Request request_;
  Operation operation_;
};

TEST_F(ChildLabels, AreNumberedByKindFromZeroExceptTheConfig) {
  ASSERT_FALSE(label_parent({child("c", kConfig), child("l0", kLayer), child("l1", kLayer)}));
  EXPECT_EQ(labels(), (Labels{{"config", "c"}, {"l.0", "l0"}, {"l.1", "l1"}}));
}

TEST_F(ChildLabels, ASecondConfigGetsANumberAfterAll) {
  ASSERT_FALSE(label_parent({child("c", kConfig), child("d", kConfig), child("e", kConfig)}));
  EXPECT_EQ(labels(), (Labels{{"config", "c"}, {"config1", "d"}, {"config2", "e"}}));
}

TEST_F(ChildLabels, ManifestsAndWhatIsUnknownHaveCountersOfTheirOwn) {
  ASSERT_FALSE(label_parent({child("m0", kManifest), child("nested", kIndex),
                             child("m1", kManifest), child("x", kInToto)}));
  EXPECT_EQ(labels(), (Labels{{"m.0", "m0"}, {"0", "nested"}, {"m.1", "m1"}, {"1", "x"}}));
}

TEST_F(ChildLabels, DiscardingLeavesOutLayersAndNothingElse) {
  ASSERT_FALSE(label_parent({child("c", kConfig), child("l", kLayer), child("x", kInToto)}, true));
  EXPECT_EQ(labels(), (Labels{{"config", "c"}, {"0", "x"}}));
}

TEST_F(ChildLabels, AreOnlyEverAdded) {
  label(content("parent"), "own", "label");
  ASSERT_FALSE(label_parent({child("c", kConfig), child("l", kLayer)}));
  ASSERT_FALSE(label_parent({child("c", kConfig), child("l", kLayer)}, true));
  EXPECT_EQ(labels(), (Labels{{"own", "label"}, {"config", "c"}, {"l.0", "l"}}));
}

TEST_F(ChildLabels, AnUpdateThatSetsNoneTakesAllAway) {
  label(content("parent"), "own", "label");
  ASSERT_FALSE(label_parent({child("l0", kLayer), child("l1", kLayer)}, true));
  EXPECT_EQ(labels(), Labels{});
}

TEST_F(ChildLabels, WithoutChildrenNothingIsUpdated) {
  label(content("parent"), "own", "label");
  const std::int64_t mutations = node().scheduler.mutations;
  ASSERT_FALSE(label_parent({}, true));
  EXPECT_EQ(labels(), (Labels{{"own", "label"}}));
  EXPECT_EQ(node().scheduler.mutations, mutations);
}

TEST_F(ChildLabels, OneUpdateIsOneMutation) {
  const std::int64_t mutations = node().scheduler.mutations;
  ASSERT_FALSE(label_parent({child("c", kConfig), child("l0", kLayer), child("l1", kLayer)}));
  EXPECT_EQ(node().scheduler.mutations, mutations + 1);
}

TEST_F(ChildLabels, AMissingParentFails) {
  ASSERT_FALSE(metadata().delete_content(id("parent")));
  const Failure failure = label_parent({child("c", kConfig)});
  EXPECT_EQ(text(failure), "content digest parent: not found");
}

TEST_F(ChildLabels, WhatIsALayerDependsOnTheGeneration) {
  const std::vector<BlobId> children{child("z", kDockerZstd), child("e", kErofs)};
  for (const auto& [profile, expected] :
       {std::pair<std::string_view, Labels>{"containerd-1.6", {{"0", "z"}, {"1", "e"}}},
        {"containerd-1.7", {{"0", "z"}, {"1", "e"}}},
        {"containerd-2.1", {{"l.0", "z"}, {"0", "e"}}},
        {"containerd-2.3", {{"l.0", "z"}, {"l.1", "e"}}}}) {
    use(profile);
    metadata().clear_labels(content("parent"));
    ASSERT_FALSE(label_parent(children));
    EXPECT_EQ(labels(), expected) << profile;
  }
}

TEST_F(ChildLabels, AReferrerIsNamedByTwelveDigitsFrom22On) {
  const std::string digest = "sha256:0123456789abcdef" + std::string(48, '0');
  const std::vector<BlobId> children{child("m", kManifest), child(digest, kManifest, true)};
  ASSERT_FALSE(label_parent(children));
  EXPECT_EQ(labels(), (Labels{{"m.0", "m"}, {"m.1", digest}}));
  use("containerd-2.3");
  metadata().clear_labels(content("parent"));
  ASSERT_FALSE(label_parent(children));
  EXPECT_EQ(labels(), (Labels{{"m.0", "m"}, {"referrer.sha256.0123456789ab", digest}}));
}

TEST(MediaTypes, LayersAreToldByTheirPrefixOrTheirName) {
  const Profile& newest = *find_profile("containerd-2.3");
  for (const std::string_view layer :
       {"application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.anything", "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}) {
    EXPECT_TRUE(is_layer(classify_media_type(layer), newest)) << layer;
  }
  for (const std::string_view other :
       {"application/vnd.oci.image.layers", "application/vnd.oci.empty.v1+json",
        "application/vnd.docker.image.rootfs.diff", "application/vnd.in-toto+json",
        "application/octet-stream", ""}) {
    EXPECT_FALSE(is_layer(classify_media_type(other), newest)) << other;
  }
}

}  // namespace
}  // namespace sweepcheck
