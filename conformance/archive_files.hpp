// Archives as files: those that a scenario provides, and what exports wrote.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "conformance/real_images.hpp"

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

}  // namespace sweepcheck
