// Layers as bytes: a tar of one file, and its compressed forms.
#pragma once

#include <cstdint>
#include <string>

namespace sweepcheck {

/// Bytes that don't compress, all determined by the seed.
std::string noise(const std::string& seed, std::size_t count);

/// A tar with one regular file of that name.
std::string tar_of(const std::string& name, const std::string& bytes);

/// gzip with the name in its header, so that equal contents have different digests. Stored.
std::string gzip_of(const std::string& name, const std::string& bytes);

/// One zstd frame, followed by a skippable frame that holds the name.
std::string zstd_of(const std::string& name, const std::string& bytes);

}  // namespace sweepcheck
