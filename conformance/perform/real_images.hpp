// Declared images made real: blobs with bytes, deterministic on every machine, so that a daemon
// and the model work on the same digests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "conformance/daemon/blob_bytes.hpp"
#include "input/scenario/scenario.hpp"

namespace sweepcheck {

struct RealImages {
  std::map<std::string, ImageDescription> images;
  /// Of all their blobs, and of each layer's uncompressed tar by its diff ID.
  BlobBytes bytes;
  /// Why they can't be made; empty: they were.
  std::string obstacle;
};

/// Makes all images of a scenario. Layers hold one file of `size / scale` bytes that don't compress
/// (at least 256); two with equal diff IDs differ in their compressed bytes only. Compression
/// stores, so that no digest depends on a version of zlib.
RealImages make_real(const Scenario& scenario, std::int64_t scale);

/// The bytes that stand for a blob that a step makes up: `size_bytes` of them, named by `name`.
std::string made_up_bytes(const std::string& name, std::int64_t size_bytes);

}  // namespace sweepcheck
