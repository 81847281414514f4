// The first of the two passes over an archive or layout folder: every member is streamed once, and
// what is kept of it is its digest and size, its bytes if it is a small JSON document, and its diff
// ID and unpacked size if it may be a layer. The second pass (oci_layout.cpp, docker_archive.cpp)
// needs nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "input/image/archive_complaints.hpp"
#include "input/image/byte_source.hpp"
#include "input/image/image_archive.hpp"

namespace sweepcheck {

/// What a member is if it is taken for a layer.
struct LayerFacts {
  /// Digest of the decompressed bytes.
  std::string diff_id;
  /// Sum of the sizes of the tar's regular files.
  std::int64_t unpacked_bytes = 0;
  bool compressed = false;
  /// Why it is not a layer; empty if it is one.
  std::string failure;
};

struct MemberFacts {
  std::string digest;
  std::int64_t size_bytes = 0;
  /// The bytes of a member that looks like JSON and is within the limits.
  std::optional<std::string> document;
  LayerFacts layer;
};

struct ArchiveMembers {
  /// By name, without "./" and double slashes.
  std::map<std::string, MemberFacts> files;
  /// Symlinks: name and target, both from the archive's root. Only old docker archives have them.
  std::map<std::string, std::string> links;
};

/// Bytes that may still be read, in each of the three places where a few can turn into many.
struct ArchiveBudgets {
  explicit ArchiveBudgets(const ArchiveLimits& limits)
      : stream{limits.decompressed_bytes_max},
        members{limits.decompressed_bytes_max},
        layers{limits.decompressed_bytes_max},
        document_bytes_left(limits.all_documents_bytes_max) {}

  /// The archive's own compression.
  ByteBudget stream;
  /// Members: a sparse one is longer than what the archive holds of it.
  ByteBudget members;
  /// The layers' compression.
  ByteBudget layers;
  std::int64_t document_bytes_left;
};

/// Reads one member to its end. A source that breaks off gives the facts of what came; it is for
/// the caller to look at its failure.
MemberFacts measure_member(ByteSource& from, const ArchiveLimits& limits, ArchiveBudgets& budgets);

/// Reads a tar, plain or compressed. Members with bad names or of bad kinds are complained about
/// and skipped; a stream that breaks off ends the reading.
ArchiveMembers read_archive_members(ByteSource& from, const ArchiveLimits& limits,
                                    ArchiveComplaints& complaints);

/// Reads oci-layout, index.json and blobs/ of a layout folder, never through a symlink.
ArchiveMembers read_folder_members(const std::string& path, const ArchiveLimits& limits,
                                   ArchiveComplaints& complaints);

}  // namespace sweepcheck
