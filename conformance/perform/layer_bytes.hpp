// Layers as bytes: a tar of some files, and its compressed forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sweepcheck {

/// Bytes that don't compress, all determined by the seed.
std::string noise(const std::string& seed, std::size_t count);

struct TarFile {
  std::string name;
  std::string bytes;
  bool executable = false;
};

/// A tar with these regular files.
std::string tar_of(const std::vector<TarFile>& files);

/// gzip with the name in its header, so that equal contents have different digests. Stored.
std::string gzip_of(const std::string& name, const std::string& bytes);

/// One zstd frame, followed by a skippable frame that holds the name.
std::string zstd_of(const std::string& name, const std::string& bytes);

}  // namespace sweepcheck
