// Each property of operations finds the fault that it is for: the operation is performed by the
// model, then its outcome or the world around it is changed by hand.
#include "tests/unit/properties/sabotage.hpp"

namespace sweepcheck::test {
namespace {

struct OperationProperties : ::testing::Test, Sabotage {
  OperationProperties() {
    run(HistoryVerb::kPull);
    remember();
  }
  void expect_spoilt(std::string_view property) { EXPECT_TRUE(refutes(property)) << property; }
  void expect_sound(std::string_view property) { EXPECT_FALSE(refutes(property)) << property; }
  void pretend_failed() {
    operation.status = OperationStatus::kFailed;
    operation.failure = {ErrorClass::kNotFound, Message::kContentNotFound, request.name};
  }
};

TEST_F(OperationProperties, IncompleteNotExportable) {
  run(HistoryVerb::kExport);
  expect_sound("incomplete-not-exportable");
  lose_from(before[0], content("layer:base"));
  expect_spoilt("incomplete-not-exportable");
}

TEST_F(OperationProperties, CompleteExportable) {
  run(HistoryVerb::kExport);
  expect_sound("complete-exportable");
  pretend_failed();
  expect_spoilt("complete-exportable");
}

TEST_F(OperationProperties, ExportImport) {
  run(HistoryVerb::kExport);
  expect_sound("export-import");
  world.archives.back().members.pop_back();
  expect_spoilt("export-import");
}

TEST_F(OperationProperties, FailedExportNotAccepted) {
  lose(content("layer:layer1"));
  remember();
  run(HistoryVerb::kExport);
  ASSERT_EQ(operation.status, OperationStatus::kFailed);
  expect_sound("failed-export-not-accepted");
  state() = before[0];
  Archive& archive = world.archives.back();
  archive.complete = true;
  archive.last_header = kNone<BlobId>;
  archive.members.clear();
  catalog.of_kind(ObjectKind::kContent).for_each([&](std::uint32_t record) {
    archive.members.push_back(catalog.blob_of(static_cast<ObjectId>(record)));
  });
  expect_spoilt("failed-export-not-accepted");
}

TEST_F(OperationProperties, PushNeedsEachBlob) {
  run(HistoryVerb::kPush);
  ASSERT_EQ(operation.status, OperationStatus::kDone);
  expect_sound("push-needs-each-blob");
  pretend_failed();
  expect_spoilt("push-needs-each-blob");
  operation.status = OperationStatus::kDone;
  lose_from(before[0], content("layer:layer1"));
  registries_before[0] = State{};
  expect_spoilt("push-needs-each-blob");
}

TEST_F(OperationProperties, UnpackedRuns) {
  run(HistoryVerb::kCreateContainer);
  ASSERT_EQ(operation.status, OperationStatus::kDone);
  expect_sound("unpacked-runs");
  pretend_failed();
  expect_spoilt("unpacked-runs");
  operation.status = OperationStatus::kDone;
  lose(snapshot("chain:base+layer1"));
  lose_from(before[0], snapshot("chain:base+layer1"));
  lose_from(before[0], content("layer:base"));
  expect_spoilt("unpacked-runs");
}

TEST_F(OperationProperties, CheckIsRight) {
  run(HistoryVerb::kCheck);
  expect_sound("check-is-right");
  lose(content("layer:base"));
  expect_spoilt("check-is-right");
}

TEST_F(OperationProperties, PulledRuns) {
  run(HistoryVerb::kPull);
  expect_sound("pulled-runs");
  lose(snapshot("chain:base+layer1"));
  expect_spoilt("pulled-runs");
}

TEST_F(OperationProperties, PulledExportable) {
  run(HistoryVerb::kPull);
  expect_sound("pulled-exportable");
  lose(content("layer:base"));
  expect_spoilt("pulled-exportable");
  // Snapshots were there before: the weaker promise is not broken.
  expect_sound("fresh-pull-exportable");
  before[0] = State{};
  expect_spoilt("fresh-pull-exportable");
}

TEST_F(OperationProperties, PullsAddLabels) {
  run(HistoryVerb::kPull);
  expect_sound("pulls-add-labels");
  unlabel(content("manifest:app"), "containerd.io/gc.ref.content.l.0");
  expect_spoilt("pulls-add-labels");
}

TEST_F(OperationProperties, PullKeepsRecordLabels) {
  label(object(ObjectKind::kImage, record_name(0)), "team", "a");
  remember();
  run(HistoryVerb::kPull);
  expect_spoilt("pull-keeps-record-labels");
  label(object(ObjectKind::kImage, record_name(0)), "team", "b");
  expect_sound("pull-keeps-record-labels");
}

TEST_F(OperationProperties, CollectionBetweenSteps) {
  world_at_begin = std::make_unique<World>(world);
  run(HistoryVerb::kPull);
  between = kCollections;
  expect_sound("collection-between-steps");
  pretend_failed();
  expect_spoilt("collection-between-steps");
}

TEST_F(OperationProperties, NoHole) {
  world_at_begin = std::make_unique<World>(world);
  run(HistoryVerb::kPull);
  between = kCollections;
  expect_sound("no-hole");
  lose(content("layer:base"));
  expect_spoilt("no-hole");
}

TEST_F(OperationProperties, KilledClientLeaksNothing) {
  world_at_begin = std::make_unique<World>(world);
  HistoryStep step;
  step.verb = HistoryVerb::kPull;
  step.image = 1;
  request = names->request(step, *world.nodes[0].profile);
  operation = begin(world, request);
  for (int i = 0; i < 3; ++i) perform(world, operation);
  kill_client(world, operation);
  EXPECT_FALSE(refutes("killed-client-leaks-nothing", ActionKind::kKillClient));
  // A lease without expiry is never collected.
  state().drop_scalar(object(ObjectKind::kLease, "lease-1"), ScalarKind::kExpiry);
  ASSERT_TRUE(state().has(object(ObjectKind::kLease, "lease-1")));
  EXPECT_TRUE(refutes("killed-client-leaks-nothing", ActionKind::kKillClient));
}

TEST_F(OperationProperties, DryRunFreesTheSame) {
  run(HistoryVerb::kPruneReferences, 1);
  expect_sound("dry-run-frees-the-same");
  lose(content("layer:base"));
  expect_spoilt("dry-run-frees-the-same");
}

TEST_F(OperationProperties, RemovalFrees) {
  HistoryStep step;
  step.verb = HistoryVerb::kRemoveContent;
  step.part = 2;
  run(step);
  ASSERT_EQ(operation.status, OperationStatus::kDone);
  expect_sound("removal-frees");
  // As if the removal had not asked for a clean-up.
  world.nodes[0].content_flagged = false;
  expect_spoilt("removal-frees");
}

TEST_F(OperationProperties, RecoverableIsExact) {
  expect_sound("recoverable-is-exact");
  // An operation that a daemon refuses although all is there: its image record can't be exported.
  empty_registry();
  expect_sound("recoverable-is-exact");
  Policy other = policy;
  other.platform = "linux/arm64";
  Declaration indexed;
  indexed.images = {{{0}, {}, 0, kNobody}, {{1}, {}, 1, kNobody}, {{}, {0, 1}, 0, kNobody}};
  indexed.same_diff_as = {kNobody, kNobody};
  names = std::make_unique<HistoryNames>(catalog, indexed);
  const BlobId index = names->target(2);
  state() = State{};
  world.nodes.push_back(world.nodes[0]);
  world.nodes[1].policy = &other;
  remember();
  RegistryApi(catalog, world.registries[0])
      .seed(catalog.intern("lib/db"), catalog.intern("1"), index);
  HistoryStep step;
  step.verb = HistoryVerb::kPull;
  step.image = 2;
  step.node = 1;
  run(step);
  ASSERT_EQ(operation.status, OperationStatus::kDone);
  empty_registry();
  // The second node can export it for its own platform only; the fleet's is another.
  expect_spoilt("recoverable-is-exact");
}

TEST_F(OperationProperties, DeletionNeverRecovers) {
  run(HistoryVerb::kRemoveImage);
  expect_sound("deletion-never-recovers");
  registries_before[0] = State{};
  before[0] = State{};
  expect_spoilt("deletion-never-recovers");
}

TEST_F(OperationProperties, LossHasACause) {
  run(HistoryVerb::kPull);
  expect_sound("loss-has-a-cause");
  empty_registry();
  state() = State{};
  expect_spoilt("loss-has-a-cause");
  run(HistoryVerb::kDeleteTag);
  expect_sound("loss-has-a-cause");
}

TEST_F(OperationProperties, NothingLostWithoutDeletion) {
  expect_sound("nothing-lost-without-deletion");
  empty_registry();
  lose(content("layer:layer1"));
  expect_spoilt("nothing-lost-without-deletion");
  past.registry_deletions = true;
  expect_sound("nothing-lost-without-deletion");
}

TEST_F(OperationProperties, UnpackedStaysRecoverable) {
  lose(content("layer:layer1"));
  remember();
  expect_sound("unpacked-stays-recoverable");
  empty_registry();
  expect_spoilt("unpacked-stays-recoverable");
}

}  // namespace
}  // namespace sweepcheck::test
