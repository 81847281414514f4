// Aim: an operation packs to bytes that unpack to an equal one; equal ones have equal hashes, and
// whatever operator== compares is in both; bytes that are torn or no operation are refused.
// Method: every operation of the scenario library and of drawn histories, before each of its steps
// and at its end; then one operation whose members are changed one by one.
#include "model/pack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "tests/unit/model/step_walk.hpp"

namespace sweepcheck {
namespace {

using Bytes = std::vector<std::byte>;

Bytes packed(const Operation& operation) {
  Bytes bytes;
  pack(operation, bytes);
  return bytes;
}

Operation unpacked(const Bytes& bytes) {
  std::span<const std::byte> rest = bytes;
  Operation operation;
  EXPECT_EQ(unpack(rest, operation), UnpackError::kNone);
  EXPECT_TRUE(rest.empty());
  return operation;
}

class PackWatcher : public StepWatcher {
 public:
  void new_world() override { by_hash_.clear(); }
  void before_step(World&, Operation& operation) override { look_at(operation); }
  void after_end(World&, const Operation& operation) override { look_at(operation); }

  std::uint64_t look_count = 0;
  std::size_t largest_bytes = 0;

 private:
  void look_at(const Operation& operation) {
    ++look_count;
    const Bytes bytes = packed(operation);
    largest_bytes = std::max(largest_bytes, bytes.size());
    const Operation twin = unpacked(bytes);
    ASSERT_EQ(twin, operation);
    ASSERT_EQ(packed(twin), bytes);
    ASSERT_EQ(hash_of(twin), hash_of(operation));
    const auto [same, is_new] = by_hash_.emplace(hash_of(operation), bytes);
    ASSERT_TRUE(is_new || same->second == bytes) << "two operations with one hash";
    if (look_count % 1000 == 0) tear(bytes);
  }

  // Nothing that is cut off is an operation.
  static void tear(const Bytes& bytes) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const std::span<const std::byte> torn(bytes.data(), length);
      std::span<const std::byte> rest = torn;
      Operation operation;
      ASSERT_EQ(unpack(rest, operation), UnpackError::kTorn) << length << " of " << bytes.size();
      ASSERT_EQ(rest.size(), torn.size());
      ASSERT_EQ(operation, Operation{});
    }
  }

  // Within one world: names are its catalog's.
  std::map<std::uint64_t, Bytes> by_hash_;
};

TEST(Pack, EveryOperationOfTheLibraryComesBack) {
  PackWatcher watcher;
  walk_library(watcher);
  EXPECT_GT(watcher.look_count, 10'000U);
}

TEST(Pack, EveryOperationOfDrawnHistoriesComesBack) {
  PackWatcher watcher;
  walk_histories(200, watcher);
  EXPECT_GT(watcher.look_count, 10'000U);
  EXPECT_LT(watcher.largest_bytes, 1024U);
}

TEST(Pack, SeveralLieOneBehindTheOther) {
  Operation one;
  one.counter = 1;
  Operation other;
  other.counter = 2;
  Bytes bytes = packed(one);
  pack(other, bytes);
  std::span<const std::byte> rest = bytes;
  Operation operation;
  ASSERT_EQ(unpack(rest, operation), UnpackError::kNone);
  EXPECT_EQ(operation, one);
  ASSERT_EQ(unpack(rest, operation), UnpackError::kNone);
  EXPECT_EQ(operation, other);
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(unpack(rest, operation), UnpackError::kTorn);
}

using Changes = std::vector<std::function<void(Operation&)>>;

StringId id() { return static_cast<StringId>(7); }

// Each changes one member of the operation itself.
Changes changes_of_operation() {
  return {
      [](Operation& o) { o.status = OperationStatus::kKilled; },
      [](Operation& o) { o.failure.error_class = ErrorClass::kUsage; },
      [](Operation& o) { o.failure.message = Message::kInvalidLease; },
      [](Operation& o) { o.failure.subject = id(); },
      [](Operation& o) { o.failure.other = id(); },
      [](Operation& o) { o.cleaning = true; },
      [](Operation& o) { o.lease = id(); },
      [](Operation& o) { o.lease_record = static_cast<ObjectId>(7); },
      [](Operation& o) { o.target = static_cast<BlobId>(7); },
      [](Operation& o) { o.plan.platforms.push_back(id()); },
      [](Operation& o) { o.plan.all_platforms = true; },
      [](Operation& o) { o.plan.one_manifest = true; },
      [](Operation& o) { o.plan.all_metadata = true; },
      [](Operation& o) { o.plan.unpacker = true; },
      [](Operation& o) { o.plan.discard = true; },
      [](Operation& o) { o.plan.snapshotter = id(); },
      [](Operation& o) { o.plan.host = id(); },
      [](Operation& o) { o.plan.repository = id(); },
      [](Operation& o) { o.plan.converted_from = id(); },
      [](Operation& o) { o.plan.source_key = id(); },
      [](Operation& o) {
        o.todo.push_back(Step(1, {1, 2, 3, 4}));
      },
      [](Operation& o) {
        o.todo.push_back(Step(1, {1, 2, 3, 5}));
      },
      [](Operation& o) {
        o.todo.push_back(Step(2, {1, 2, 3, 4}));
      },
      [](Operation& o) {
        o.cleanups.push_back({Cleanup::kAlways, false, Step(1, {})});
      },
      [](Operation& o) {
        o.cleanups.push_back({Cleanup::kOnFailure, false, Step(1, {})});
      },
      [](Operation& o) {
        o.cleanups.push_back({Cleanup::kAlways, true, Step(1, {})});
      },
      [](Operation& o) { o.output.push_back(id()); },
      [](Operation& o) { o.archive = 0; },
      [](Operation& o) { o.counter = 300; },
  };
}

// Each changes one member of its request.
Changes changes_of_request() {
  Changes out{
      [](Operation& o) { o.request.type = find_operation_type("pull"); },
      [](Operation& o) { o.request.type = operation_types().back(); },
      [](Operation& o) { o.request.node = static_cast<NodeId>(1); },
      [](Operation& o) { o.request.by = Client::kLibrary; },
      [](Operation& o) { o.request.names = {id()}; },
      [](Operation& o) {
        o.request.platforms = {id(), id()};
      },
      [](Operation& o) {
        o.request.labels = {{id(), id()}};
      },
      [](Operation& o) { o.request.size_bytes = 1'000'000'000'000; },
      [](Operation& o) { o.request.size_bytes = -1; },
      [](Operation& o) { o.request.duration = 24 * kHour; },
      [](Operation& o) { o.request.local = false; },
      [](Operation& o) { o.request.local = true; },
  };
  for (const auto member : {&Request::space, &Request::name, &Request::to, &Request::snapshotter,
                            &Request::parent, &Request::key, &Request::image, &Request::lease,
                            &Request::base_name, &Request::index_name, &Request::resource_kind}) {
    out.emplace_back([member](Operation& o) { o.request.*member = id(); });
  }
  for (const auto member : {&Request::all_platforms,
                            &Request::all_metadata,
                            &Request::skip_metadata,
                            &Request::metadata_only,
                            &Request::discard_unpacked_layers,
                            &Request::no_unpack,
                            &Request::digests,
                            &Request::skip_digest_for_named,
                            &Request::skip_non_distributable,
                            &Request::skip_manifest_json,
                            &Request::allow_non_distributable,
                            &Request::force,
                            &Request::sync,
                            &Request::keep_snapshot,
                            &Request::delete_untagged,
                            &Request::dry_run,
                            &Request::quiet,
                            &Request::async,
                            &Request::flat,
                            &Request::read_write,
                            &Request::remove_snapshot}) {
    out.emplace_back([member](Operation& o) { o.request.*member = true; });
  }
  return out;
}

// All of both.
Changes changes() {
  Changes out = changes_of_operation();
  const Changes more = changes_of_request();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

TEST(Pack, EveryMemberIsInTheBytesAndInTheHash) {
  std::map<std::uint64_t, Bytes> seen;
  seen.emplace(hash_of(Operation{}), packed(Operation{}));
  std::size_t number = 0;
  for (const auto& change : changes()) {
    Operation operation;
    change(operation);
    SCOPED_TRACE("change " + std::to_string(number++));
    ASSERT_FALSE(operation == Operation{});
    EXPECT_EQ(unpacked(packed(operation)), operation);
    const bool is_new = seen.emplace(hash_of(operation), packed(operation)).second;
    EXPECT_TRUE(is_new) << "another operation has its hash";
  }
}

TEST(Pack, WhatIsNoOperationIsRefused) {
  const auto error_of = [](Bytes bytes) {
    std::span<const std::byte> rest = bytes;
    Operation operation;
    return unpack(rest, operation);
  };
  Bytes bytes = packed(Operation{});
  bytes[0] = static_cast<std::byte>(operation_types().size() + 1);
  EXPECT_EQ(error_of(bytes), UnpackError::kUnknownType);
  bytes = packed(Operation{});
  bytes[3] = static_cast<std::byte>(Client::kLibrary);
  EXPECT_EQ(error_of(bytes), UnpackError::kNone) << "the fourth byte is the client";
  bytes[3] = static_cast<std::byte>(4);
  EXPECT_EQ(error_of(bytes), UnpackError::kOutOfRange);
  Operation operation;
  operation.todo.push_back(Step(kStepTypes.count, {}));
  EXPECT_EQ(error_of(packed(operation)), UnpackError::kUnknownType);
  EXPECT_EQ(error_of(Bytes(100, std::byte{0xff})), UnpackError::kOutOfRange);
  for (const UnpackError error : {UnpackError::kTorn, UnpackError::kOutOfRange,
                                  UnpackError::kUnknownType, UnpackError::kUnknownProfile}) {
    EXPECT_FALSE(unpack_error_text(error).empty());
  }
}

}  // namespace
}  // namespace sweepcheck
