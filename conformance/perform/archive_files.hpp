// Archives as files: those that a scenario provides, and what exports wrote.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "conformance/perform/real_images.hpp"

namespace sweepcheck {

/// Writes a scenario's archive (OCI layout or docker-archive, as a tar) into a file. Returns the
/// digest of its index.json, which an import stores as a blob; empty for a docker archive.
std::string write_archive(const ScenarioArchive& archive, const RealImages& images,
                          const std::filesystem::path& file);

struct ArchiveContent {
  /// False: it ends before its end.
  bool complete = false;
  /// Digests of its blobs, sorted.
  std::vector<std::string> members;
  /// Digest of index.json; empty if it has none.
  std::string index_digest;
};

/// Reads back what is in a tar.
ArchiveContent read_archive(const std::filesystem::path& file);

struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Where the first half of a blob lies in an OCI layout's tar; nothing if it has no such member.
Part first_half_of_member(const std::string& tar, const std::string& digest);

}  // namespace sweepcheck
