// Real images as scenario input: an OCI layout folder, an OCI archive (a tar of a layout, plain,
// gzip or zstd), or a docker archive (`docker save` v1.1 and v1.2).
//
// Everything that an image's reader could take on trust is computed and compared: digests, sizes,
// diff IDs. Where containerd would do something with the bytes (generate a docker manifest, skip a
// platform that is absent), the result is what containerd would have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "input/diagnostic.hpp"
#include "model/catalog/image.hpp"

namespace sweepcheck {

/// What an archive may ask of us at most. Nothing real comes near these; tests set smaller ones.
struct ArchiveLimits {
  std::int64_t member_count_max = 100'000;
  /// One JSON document, and all that are kept.
  std::int64_t document_bytes_max = 8 << 20;
  std::int64_t all_documents_bytes_max = 256 << 20;
  int json_depth_max = 256;
  /// Decompressed bytes of the archive, and, counted apart, of its layers.
  std::int64_t decompressed_bytes_max = std::int64_t{64} << 30;
  /// Layers of a manifest, manifests of an index, images of an archive.
  std::int64_t layer_count_max = 10'000;
  /// Memory that the images' graphs take, roughly: images may share blobs, but each has its copy.
  std::int64_t graph_bytes_max = std::int64_t{1} << 30;
  /// Indexes within indexes.
  int index_depth_max = 16;
};

struct ImageArchive {
  enum class Format : std::uint8_t { kOciLayout, kOciArchive, kDockerArchive };

  Format format = Format::kOciArchive;
  /// In the archive's order; names differ, as do the aliases of different blobs.
  std::vector<ImageDescription> images;
};

struct ImageArchiveResult {
  /// Nothing if a diagnostic is an error.
  std::optional<ImageArchive> archive;
  Diagnostics diagnostics;
};

/// Reads the archive file or layout folder at the path. An archive that has both an oci-layout and
/// a manifest.json (`ctr export`, `docker save` from 25 on) is read as OCI, as containerd does.
///
/// An image is named by its annotation io.containerd.image.name, else
/// org.opencontainers.image.ref.name, for docker by each of its RepoTags, else by the file's name
/// without its extensions. Manifests of an index that the archive doesn't hold stay as blobs with
/// present=false; a missing config or layer of a manifest that is there is so, too, with a warning.
ImageArchiveResult read_image_archive(const std::string& path, const ArchiveLimits& limits = {});

/// The same for an archive in memory; the name takes the file's place in diagnostics and names.
ImageArchiveResult read_image_archive_bytes(std::string_view bytes, const std::string& name,
                                            const ArchiveLimits& limits = {});

}  // namespace sweepcheck
