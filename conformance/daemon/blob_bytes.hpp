// Bytes of blobs, as files and registries get them.
#pragma once

#include <map>
#include <string>

namespace sweepcheck {

/// The bytes of blobs by their digests.
using BlobBytes = std::map<std::string, std::string>;

}  // namespace sweepcheck
