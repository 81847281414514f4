// The promises of operations: each finds fault when a test spoils what an operation did.
#include <gtest/gtest.h>

#include "tests/unit/properties/sabotage.hpp"

namespace sweepcheck::test {
namespace {

class Promises : public testing::Test {
 protected:
  Sabotage small;
};

TEST_F(Promises, ARecordIsLeft) {
  small.run(HistoryVerb::kPull);
  EXPECT_FALSE(small.refutes("success-leaves-a-record"));
  small.lose(small.object(ObjectKind::kImage, record_name(0)));
  EXPECT_TRUE(small.refutes("success-leaves-a-record"));
}

TEST_F(Promises, WhatWasPulledIsHeld) {
  small.run(HistoryVerb::kPull);
  EXPECT_FALSE(small.refutes("pull-is-held"));
  small.unlabel(small.content("manifest:app"), "containerd.io/gc.ref.content.config");
  EXPECT_TRUE(small.refutes("pull-is-held"));
}

TEST_F(Promises, LayersAreHeldByTheirLabels) {
  small.run(HistoryVerb::kPull);
  small.unlabel(small.content("manifest:app"), "containerd.io/gc.ref.content.l.1");
  EXPECT_TRUE(small.refutes("pull-is-held"));
}

TEST_F(Promises, NothingIsLeftOver) {
  small.run(HistoryVerb::kPull);
  EXPECT_FALSE(small.refutes("no-leftovers"));
  small.state().objects.set(index_of(small.object(ObjectKind::kLease, "lease-9")));
  EXPECT_TRUE(small.refutes("no-leftovers"));
}

TEST_F(Promises, PullsMakeNoRoots) {
  small.run(HistoryVerb::kPull);
  EXPECT_FALSE(small.refutes("pulls-make-no-roots"));
  small.label(small.content("config:app"), "containerd.io/gc.root", "x");
  EXPECT_TRUE(small.refutes("pulls-make-no-roots"));
}

TEST_F(Promises, DiscardingLabelsNoLayer) {
  Sabotage old("containerd-1.7");
  old.policy.cri.discard_unpacked_layers = true;
  old.run(HistoryVerb::kPull, 1);
  ASSERT_TRUE(old.operation.plan.discard);
  EXPECT_FALSE(old.refutes("discard-labels-no-layer"));
  old.label(old.object(ObjectKind::kContent, "manifest:app", "", "k8s.io"),
            "containerd.io/gc.ref.content.l.0", "layer:base");
  EXPECT_TRUE(old.refutes("discard-labels-no-layer"));
}

TEST_F(Promises, LeasesAreKept) {
  small.run(HistoryVerb::kCreateLease);
  small.remember();
  small.run(HistoryVerb::kPull);
  EXPECT_FALSE(small.refutes("leases-are-kept"));
  small.lose(small.object(ObjectKind::kLease, "hold-1"));
  EXPECT_TRUE(small.refutes("leases-are-kept"));
}

TEST_F(Promises, ARegistryKeepsWhatIsTagged) {
  small.run(HistoryVerb::kCollectRegistry);
  EXPECT_FALSE(small.refutes("registry-keeps-tagged"));
  std::vector<ObjectId> blobs;
  small.registry().objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (small.catalog.kind(object) == ObjectKind::kRegistryBlob) blobs.push_back(object);
  });
  for (const ObjectId blob : blobs) small.lose_from(small.registry(), blob);
  EXPECT_TRUE(small.refutes("registry-keeps-tagged"));
}

TEST_F(Promises, WhatWasPushedIsServed) {
  small.run(HistoryVerb::kPull);
  small.remember();
  small.run(HistoryVerb::kPush);
  ASSERT_EQ(small.operation.status, OperationStatus::kDone);
  EXPECT_FALSE(small.refutes("push-is-served"));
  EXPECT_FALSE(small.refutes("registry-takes-whole-manifests"));
  const ObjectId layer = small.object(ObjectKind::kRepositoryLayer, "layer:base", "mirror/app",
                                      std::string(kRegistryHost));
  ASSERT_TRUE(small.registry().has(layer));
  small.lose_from(small.registry(), layer);
  EXPECT_TRUE(small.refutes("push-is-served"));
  EXPECT_TRUE(small.refutes("registry-takes-whole-manifests"));
}

// By its digest, and so it is served by that.
TEST_F(Promises, WhatWasPushedWithoutATagIsServed) {
  small.run(HistoryVerb::kPull);
  small.remember();
  HistoryStep push;
  push.verb = HistoryVerb::kPush;
  small.request = small.names->request(push, *small.world.nodes[0].profile);
  small.request.to = small.catalog.intern("registry.example/mirror/app");
  small.operation = begin(small.world, small.request);
  finish(small.world, small.operation);
  ASSERT_EQ(small.operation.status, OperationStatus::kDone);
  EXPECT_FALSE(small.refutes("push-is-served"));
  small.empty_registry();
  EXPECT_TRUE(small.refutes("push-is-served"));
}

TEST_F(Promises, ASynchronousDeletionCollects) {
  small.run(HistoryVerb::kPull);
  small.remember();
  // The test's moment counts no collections: as if there had been none.
  small.run(HistoryVerb::kRemoveImage, 1);
  EXPECT_TRUE(small.refutes("sync-collects"));
  small.run(HistoryVerb::kRemoveImage, 0);
  EXPECT_FALSE(small.refutes("sync-collects"));
}

}  // namespace
}  // namespace sweepcheck::test
