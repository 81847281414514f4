// Each property of states and collections finds the fault that it is for, and none in a sound
// world. A sound step is made by the model, then spoilt by hand.
#include <bit>

#include "model/collector.hpp"
#include "tests/unit/properties/sabotage.hpp"

namespace sweepcheck::test {
namespace {

struct StateProperties : ::testing::Test, Sabotage {
  StateProperties() {
    run(HistoryVerb::kPull);
    remember();
  }
  void expect_spoilt(std::string_view property) { EXPECT_TRUE(refutes(property)) << property; }
  void expect_sound(std::string_view property) { EXPECT_FALSE(refutes(property)) << property; }
};

TEST_F(StateProperties, SnapshotParents) {
  expect_sound("snapshot-parents");
  lose(snapshot("chain:base"));
  expect_spoilt("snapshot-parents");
}

TEST_F(StateProperties, RunningContainers) {
  run(HistoryVerb::kCreateContainer);
  run(HistoryVerb::kStartContainer);
  remember();
  state().facts.set(
      index_of(catalog.field(Meaning::kContainerImage, object(ObjectKind::kContainer, "run-1"),
                             kNone<ObjectId>, catalog.intern("other"))));
  expect_sound("running-containers");
  lose(snapshot("run-1"));
  expect_spoilt("running-containers");
}

TEST_F(StateProperties, SnapshotDirectories) {
  expect_sound("snapshot-directories");
  lose(object(ObjectKind::kSnapshotDirectory, "chain:base", "overlayfs"));
  expect_spoilt("snapshot-directories");
}

TEST_F(StateProperties, FactsHaveOwners) {
  expect_sound("facts-have-owners");
  state().objects.reset(index_of(content("manifest:app")));
  expect_spoilt("facts-have-owners");
}

TEST_F(StateProperties, ContentFiles) {
  expect_sound("content-files");
  lose(file("layer:base"));
  expect_spoilt("content-files");
}

TEST_F(StateProperties, IsolatedContent) {
  const ObjectId ingest = object(ObjectKind::kIngest, "layer-1");
  state().objects.set(index_of(ingest));
  state().facts.set(
      index_of(catalog.field(Meaning::kIngestExpected, ingest, content("layer:base"))));
  expect_sound("isolated-content");
  policy.content_sharing = ContentSharing::kIsolated;
  expect_spoilt("isolated-content");
  // Who shares by a label is not isolated.
  const ObjectId other = object(ObjectKind::kContent, "layer:base", "", "team");
  const FactId shares =
      catalog.label(catalog.namespace_object(catalog.intern("team")), kShareable.id(), kTrue.id());
  before[0].objects.set(index_of(other));
  expect_spoilt("isolated-content");
  before[0].facts.set(index_of(shares));
  expect_sound("isolated-content");
}

TEST_F(StateProperties, CollectorKeepsReachable) {
  collection_begins();
  expect_sound("collector-keeps-reachable");
  expect_sound("collection-is-exact");
  expect_sound("shared-layers");
  sweep(content("layer:base"));
  expect_spoilt("collector-keeps-reachable");
  expect_spoilt("collection-is-exact");
  expect_spoilt("shared-layers");
}

TEST_F(StateProperties, CollectorSweepsUnreachable) {
  collection_begins();
  expect_sound("collector-sweeps-unreachable");
  run(HistoryVerb::kRemoveImage);
  collection_begins();
  expect_spoilt("collector-sweeps-unreachable");
  expect_spoilt("collection-is-exact");
}

TEST_F(StateProperties, OnePassIsEnough) {
  run(HistoryVerb::kRemoveImage);
  collection_begins();
  for (const char* alias : {"manifest:app", "config:app", "layer:base", "layer:layer1"}) {
    sweep(content(alias));
  }
  expect_spoilt("one-pass-is-enough");
  sweep(snapshot("chain:base+layer1"));
  sweep(snapshot("chain:base"));
  expect_sound("one-pass-is-enough");
}

TEST_F(StateProperties, CleanUpIsComplete) {
  run(HistoryVerb::kRemoveImage);
  collection_begins();
  sweep(content("layer:base"));
  cleaned = true;
  expect_spoilt("clean-up-is-complete");
  expect_spoilt("backend-files");
  lose(file("layer:base"));
  expect_sound("clean-up-is-complete");
  expect_sound("backend-files");
}

TEST_F(StateProperties, BackendFilesAreKeptForOtherNamespaces) {
  state().objects.set(index_of(object(ObjectKind::kContent, "layer:base", "", "team")));
  collection_begins();
  sweep(content("layer:base"));
  cleaned = true;
  expect_sound("backend-files");
  lose(file("layer:base"));
  expect_spoilt("backend-files");
}

TEST_F(StateProperties, ExpiredLeases) {
  run(HistoryVerb::kCreateLease);
  collection_begins();
  expect_sound("expired-leases");
  world.now += 25 * kHour;
  expect_spoilt("expired-leases");
  world.now -= 25 * kHour;
  sweep(object(ObjectKind::kLease, "hold-1"));
  expect_spoilt("expired-leases");
}

TEST_F(StateProperties, FlatLeases) {
  run(HistoryVerb::kCreateLease, 1);
  run(HistoryVerb::kAddResource);
  run(HistoryVerb::kRemoveImage);
  collection_begins();
  // Only the manifest is named; what it refers to must go.
  expect_spoilt("flat-leases");
  for (const char* alias : {"config:app", "layer:base", "layer:layer1"}) sweep(content(alias));
  sweep(snapshot("chain:base+layer1"));
  sweep(snapshot("chain:base"));
  expect_sound("flat-leases");
}

TEST_F(StateProperties, DanglingReferences) {
  lose(content("layer:base"));
  collection_begins();
  expect_sound("dangling-references");
  sweep(content("layer:layer1"));
  expect_spoilt("dangling-references");
}

// What a back reference hangs on may be gone: the collector gets there all the same.
TEST_F(StateProperties, DanglingReferencesThatLeadOn) {
  world.nodes[0].profile = find_profile("containerd-2.3");
  const ObjectId gone = content("layer:gone");
  const FactId into =
      catalog.field(Meaning::kTarget, object(ObjectKind::kImage, "other"), gone, kNone<StringId>);
  const FactId onward =
      catalog.label(content("config:app"), catalog.intern("containerd.io/gc.bref.content"),
                    catalog.intern("layer:gone"));
  state().facts.set(index_of(into));
  const State whole = state();
  const auto refutes_with = [&](bool leads_on) {
    state() = whole;
    if (leads_on) state().facts.set(index_of(onward));
    collection_begins();
    sweep(content("layer:base"));
    return refutes("dangling-references");
  };
  EXPECT_TRUE(refutes_with(false));
  EXPECT_FALSE(refutes_with(true));
  // Before 2.2 nobody follows it.
  world.nodes[0].profile = find_profile("containerd-2.1");
  EXPECT_TRUE(refutes_with(true));
}

// Whatever a collector may follow is looked at when it leads to nothing, and nothing else is.
TEST_F(StateProperties, DanglingReferencesOfAllMeanings) {
  const Profile& profile = *find_profile("containerd-2.3");
  world.nodes[0].profile = &profile;
  const std::uint32_t references = profile.followed & edge_meanings();
  ASSERT_EQ(std::popcount(references), 13);
  const State whole = state();
  for (std::uint32_t i = 0; i < kMeaningCount; ++i) {
    const auto meaning = static_cast<Meaning>(i);
    state() = whole;
    state().facts.set(index_of(catalog.field(meaning, content("manifest:app"),
                                             content("layer:gone"), catalog.intern("usedat>1h"))));
    collection_begins();
    // Not what a collection does: it shows if there is something to compare.
    sweep(content("layer:base"));
    // What is read and is not a valid reference names nothing in truth; here it does, and is looked
    // at.
    EXPECT_EQ(refutes("dangling-references"), profile.follows(meaning)) << "meaning " << i;
  }
}

TEST_F(StateProperties, NamespacesApart) {
  HistoryStep step;
  step.verb = HistoryVerb::kPull;
  step.space = 2;
  run(step);
  collection_begins();
  expect_sound("namespaces-apart");
  step.verb = HistoryVerb::kRemoveImage;
  run(step);
  collection_begins();
  expect_spoilt("namespaces-apart");
}

TEST_F(StateProperties, NamespacesApartHoweverMany) {
  for (int i = 0; i < 12; ++i) {
    const StringId space = catalog.intern("space-" + std::to_string(i));
    state().objects.set(index_of(
        catalog.object({ObjectKind::kNamespace, space, kNone<StringId>, kNone<StringId>})));
  }
  collection_begins();
  expect_sound("namespaces-apart");
  state().objects.set(index_of(object(ObjectKind::kContent, "layer:base", "", "space-11")));
  collection_begins();
  expect_spoilt("namespaces-apart");
}

TEST_F(StateProperties, OrderIndependent) {
  const World other = world;
  twin = &other;
  expect_sound("order-independent");
  lose(content("layer:base"));
  expect_spoilt("order-independent");
}

TEST_F(StateProperties, DiskUsageIsTheSum) {
  expect_sound("disk-usage-is-the-sum");
  // Bytes written to what is not an ingest's file are on the disk, and counted nowhere.
  state().set_scalar(content("layer:base"), ScalarKind::kWritten, 5);
  expect_spoilt("disk-usage-is-the-sum");
}

TEST_F(StateProperties, UsageBounds) {
  HistoryStep step;
  step.verb = HistoryVerb::kPull;
  step.image = 1;
  run(step);
  expect_sound("usage-bounds");
  // A label makes the image keep a blob that is none of its own.
  Blob blob;
  blob.digest = catalog.intern("sha256:foreign");
  blob.size_bytes = 1'000'000'000;
  catalog.add_blob(blob);
  state().objects.set(index_of(content("sha256:foreign")));
  state().objects.set(index_of(file("sha256:foreign")));
  label(content("manifest:app"), "containerd.io/gc.ref.content.foreign", "sha256:foreign");
  expect_spoilt("usage-bounds");
}

TEST_F(StateProperties, SettingsChangeNewPullsOnly) {
  EXPECT_FALSE(refutes("settings-change-new-pulls-only", ActionKind::kRestart));
  lose(content("layer:base"));
  EXPECT_TRUE(refutes("settings-change-new-pulls-only", ActionKind::kRestart));
}

}  // namespace
}  // namespace sweepcheck::test
