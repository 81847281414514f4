// A small store for unit tests: one node, and short words to put objects and labels into it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "model/collector.hpp"
#include "model/operation.hpp"
#include "model/world.hpp"

namespace sweepcheck {

// A manifest, its config and two layers; digests are words.
inline ImageDescription two_layer_image() {
  ImageDescription image;
  image.name = "app";
  ImageBlob config{.digest = "sha256:config",
                   .media_type = "application/vnd.oci.image.config.v1+json",
                   .size_bytes = 300};
  for (const std::string name : {"a", "b"}) {
    image.blobs.push_back({.digest = "sha256:layer" + name,
                           .media_type = "application/vnd.oci.image.layer.v1.tar+gzip",
                           .size_bytes = 1000,
                           .diff_id = "sha256:diff" + name,
                           .unpacked_bytes = 3000});
    config.diff_ids.push_back("sha256:diff" + name);
    config.chain_ids.push_back("sha256:chain" + name);
  }
  image.blobs.push_back(config);
  image.blobs.push_back({.digest = "sha256:manifest",
                         .media_type = "application/vnd.oci.image.manifest.v1+json",
                         .size_bytes = 500,
                         .children = {{2, ""}, {0, ""}, {1, ""}}});
  return image;
}

class StoreTest : public testing::Test {
 protected:
  explicit StoreTest(std::string_view profile = "containerd-2.1") { use(profile); }

  void use(std::string_view profile) {
    if (world.nodes.empty()) {
      world.nodes.emplace_back();
      world.node_names.push_back(catalog.intern("node"));
    }
    node().profile = find_profile(profile);
    node().policy = &policy;
  }

  Node& node() { return world.nodes[0]; }
  StringId id(std::string_view text) { return catalog.intern(text); }
  Metadata metadata(std::string_view lease = "", std::string_view space = "default") {
    const StringId name = id(space);
    const ObjectId context =
        lease.empty() ? kNone<ObjectId>
                      : catalog.object({ObjectKind::kLease, name, kNone<StringId>, id(lease)});
    return {catalog, node(), world.now, name, context};
  }

  ObjectId content(std::string_view digest) { return metadata().content(id(digest)); }
  ObjectId snapshot(std::string_view key) { return metadata().snapshot(id("overlayfs"), id(key)); }
  ObjectId image(std::string_view name) { return metadata().image(id(name)); }
  ObjectId lease(std::string_view name) { return metadata().lease(id(name)); }
  bool has(ObjectId object) { return node().state.has(object); }

  // Writes a blob; its digest is its name.
  void write(std::string_view digest, std::string_view lease = "") {
    Blob blob;
    blob.digest = id(digest);
    blob.size_bytes = 100;
    catalog.add_blob(blob);
    Metadata store = metadata(lease);
    Opened opened = Opened::kNew;
    ASSERT_FALSE(store.open_writer(id(digest), id(digest), opened));
    if (opened == Opened::kExists) return;
    store.write(id(digest), 100);
    ASSERT_FALSE(store.commit(id(digest), id(digest)));
  }

  // A committed snapshot.
  void commit(std::string_view key, std::string_view parent = "") {
    const StringId active = id("active " + std::string(key));
    const StringId below = parent.empty() ? kNone<StringId> : id(parent);
    ASSERT_FALSE(metadata().prepare(id("overlayfs"), active, below, "active", kNone<StringId>));
    ASSERT_FALSE(
        metadata().commit_snapshot(id("overlayfs"), id(key), active, 1000, kNone<StringId>));
  }

  void label(ObjectId owner, std::string_view key, std::string_view value) {
    ASSERT_FALSE(metadata().set_label(owner, id(key), id(value)));
  }

  void create_lease(std::string_view name) { ASSERT_FALSE(metadata().create_lease(id(name))); }

  void hold(std::string_view lease, ObjectId resource) {
    ASSERT_FALSE(metadata().add_resource(id(lease), resource));
  }

  void collect() { world.collect(static_cast<NodeId>(0)); }

  std::string text(const Failure& failure) { return failure_text(catalog, failure); }

  Catalog catalog;
  World world{catalog};
  Policy policy;
};

}  // namespace sweepcheck
