// What can be said of an image in a state: complete, unpacked, exportable, pushable, runnable,
// recoverable. Each is what the client's own operation would find, and changes nothing. Mostly it
// follows from the state alone; a push is tried on a copy of the world, since what its registry
// needs depends on each request before, and so is a container in whose creation the scheduler could
// collect. Only those two copy and intern. tests/unit/replay/inspect_test.cpp holds every answer
// against the operation itself.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/world.hpp"

namespace sweepcheck {

/// `ctr images check` (images/image.go Check): r counts the config and the layers, not the
/// manifest.
struct ImageStatus {
  enum class Kind : std::uint8_t { kAbsent, kUnavailable, kIncomplete, kComplete };
  Kind kind = Kind::kAbsent;
  int present = 0;
  int required = 0;
  std::int64_t present_bytes = 0;
  std::int64_t required_bytes = 0;
  bool unpacked = false;

  bool operator==(const ImageStatus&) const = default;
};

/// "complete (4/4)", "incomplete (1/4)", "unavailable (0/?)", "absent".
std::string status_text(const ImageStatus& status);

/// The status of an image record for the node's platform. `snapshotter` kNone: the default one.
ImageStatus check_image(const World& world, NodeId node, StringId space, StringId image,
                        StringId snapshotter);

/// True if `ctr images export` of the record succeeds now, for the node's platform or for all.
bool is_exportable(const World& world, NodeId node, StringId space, StringId image,
                   bool all_platforms = false);

/// True if `ctr images push` of the record to this reference succeeds now. The catalog must be
/// open, or know all that the push names.
bool is_pushable(const World& world, NodeId node, StringId space, StringId image,
                 std::string_view to);

/// True if what that push asks the registry for, and whether it succeeds, depends on which of an
/// index's manifests containerd walks first: they share a blob that would inherit a mount source
/// from either. The catalog as for is_pushable.
bool is_push_undecided(const World& world, NodeId node, StringId space, StringId image,
                       std::string_view to);

/// True if a container can be created from the record: each snapshot of its chain exists, or can be
/// unpacked from local blobs.
bool is_runnable(const World& world, NodeId node, StringId space, StringId image,
                 StringId snapshotter);

/// True if some node can export the image's target, or some registry serves all of it.
bool is_recoverable(const World& world, BlobId target, StringId platform);

/// The target's blob of an image record, or kNone.
BlobId image_target(const World& world, NodeId node, StringId space, StringId image);

/// Bytes of a snapshot's directory.
std::int64_t directory_bytes(const Catalog& catalog, const State& state, ObjectId directory);

/// Bytes on a node's disk.
struct DiskUsage {
  std::int64_t content_bytes = 0;
  std::int64_t ingest_bytes = 0;
  std::int64_t snapshot_bytes = 0;
};
DiskUsage disk_usage(const Catalog& catalog, const State& state);

}  // namespace sweepcheck
