// Aim: a registry answers, deletes and collects as Docker's distribution 2.8 does.
// Method: an index of two manifests in one repository, then one operator's action a test.
#include "model/registry.hpp"

#include <gtest/gtest.h>

#include "model/collector.hpp"

namespace sweepcheck {
namespace {

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    registry_.host = catalog_.intern("registry.example");
    for (const char* platform : {"amd64", "arm64"}) {
      const std::string name = platform;
      Blob layer;
      layer.digest = digest("layer" + name);
      layer.media = MediaClass::kLayer;
      Blob config;
      config.digest = digest("config" + name);
      config.media = MediaClass::kConfig;
      Blob manifest;
      manifest.digest = digest("manifest" + name);
      manifest.media = MediaClass::kManifest;
      manifest.children = {{catalog_.add_blob(config)}, {catalog_.add_blob(layer)}};
      manifests_.push_back(catalog_.add_blob(manifest));
    }
    Blob index;
    index.digest = digest("index");
    index.media = MediaClass::kIndex;
    index.children = {{manifests_[0], catalog_.intern("linux/amd64")},
                      {manifests_[1], catalog_.intern("linux/arm64")}};
    index_ = catalog_.add_blob(index);
    api_.seed(repository_, tag_, index_);
  }

  StringId digest(const std::string& name) { return catalog_.intern("sha256:" + name); }

  Catalog catalog_;
  Registry registry_;
  RegistryApi api_{catalog_, registry_};
  StringId repository_ = catalog_.intern("lib/app");
  StringId tag_ = catalog_.intern("1");
  std::vector<BlobId> manifests_;
  BlobId index_ = kNone<BlobId>;
};

TEST_F(RegistryTest, ServesAllOfASeededImage) {
  EXPECT_TRUE(api_.serves(repository_, tag_, kNone<StringId>));
  registry_.available = false;
  EXPECT_FALSE(api_.serves(repository_, tag_, kNone<StringId>));
}

TEST_F(RegistryTest, DeletingAManifestTakesItsTagsAndLeavesItsBlobs) {
  EXPECT_TRUE(api_.delete_manifest(repository_, digest("index")));
  EXPECT_EQ(api_.find_manifest(repository_, tag_), kNone<BlobId>);
  EXPECT_TRUE(api_.has_blob(repository_, digest("layeramd64")));
  EXPECT_FALSE(api_.delete_manifest(repository_, digest("index"))) << "it is gone already";
}

TEST_F(RegistryTest, CollectionKeepsUntaggedManifestsUnlessTold) {
  EXPECT_TRUE(api_.delete_tag(repository_, tag_));
  EXPECT_TRUE(api_.garbage_collect(false).empty());
  EXPECT_FALSE(api_.garbage_collect(true).empty());
  EXPECT_FALSE(api_.has_blob(repository_, digest("layeramd64")));
}

TEST_F(RegistryTest, DeleteUntaggedTakesTheChildrenOfATaggedIndex) {
  api_.garbage_collect(true);
  EXPECT_EQ(api_.find_manifest(repository_, tag_), index_) << "the index itself is tagged";
  EXPECT_EQ(api_.find_manifest(repository_, digest("manifestarm64")), kNone<BlobId>);
  EXPECT_FALSE(api_.serves(repository_, tag_, kNone<StringId>));
}

TEST_F(RegistryTest, AManifestIsRefusedWithoutItsBlobs) {
  const StringId other = catalog_.intern("other");
  EXPECT_FALSE(api_.put_manifest(other, tag_, manifests_[0]));
  for (const char* blob : {"configamd64", "layeramd64"}) {
    EXPECT_TRUE(api_.mount(other, digest(blob), repository_));
  }
  EXPECT_TRUE(api_.put_manifest(other, tag_, manifests_[0]));
  EXPECT_FALSE(api_.put_manifest(other, tag_, index_)) << "the other platform is missing";
}

TEST_F(RegistryTest, AMountedBlobOutlivesItsFirstRepository) {
  const StringId other = catalog_.intern("other");
  for (const char* blob : {"configamd64", "layeramd64"}) {
    api_.mount(other, digest(blob), repository_);
  }
  api_.put_manifest(other, tag_, manifests_[0]);
  EXPECT_TRUE(api_.delete_repository(repository_));
  api_.garbage_collect(true);
  EXPECT_TRUE(api_.serves(other, tag_, kNone<StringId>));
}

TEST_F(RegistryTest, ACachedDescriptorAnswersForACollectedBlobUntilARestart) {
  registry_.descriptor_cache = true;
  EXPECT_TRUE(api_.blob("HEAD", repository_, digest("layeramd64")));
  api_.delete_manifest(repository_, digest("index"));
  api_.garbage_collect(true);
  EXPECT_TRUE(api_.blob("HEAD", repository_, digest("layeramd64")));
  EXPECT_FALSE(api_.blob("GET", repository_, digest("layeramd64"))) << "the bytes are gone";
  api_.restart();
  EXPECT_FALSE(api_.blob("HEAD", repository_, digest("layeramd64")));
}

TEST_F(RegistryTest, RequestsAreRecordedWithTheirStatus) {
  api_.manifest("HEAD", repository_, tag_);
  api_.blob("GET", repository_, digest("layeramd64"), true);
  api_.mount(repository_, digest("nothing"), kNone<StringId>);
  const std::vector<HttpRequest> expected{{"HEAD", "/v2/lib/app/manifests/1", 200},
                                          {"GET", "/v2/lib/app/blobs/sha256:layeramd64", 206},
                                          {"POST", "/v2/lib/app/blobs/uploads/", 202}};
  EXPECT_EQ(registry_.log, expected);
}

}  // namespace
}  // namespace sweepcheck
