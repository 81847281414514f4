// Which names of a scenario may become parts of a path. A run has a folder of its own, and what a
// stranger's scenario calls its archives, mounts and blobs is to stay in it: the reader refuses
// other names (paths.cpp), and whoever joins one to a folder asks again
// (conformance/host/contained_path.hpp).
#pragma once

#include <string>
#include <string_view>

namespace sweepcheck {

/// Why a name can't be that of a file in a given folder: it is empty, "." or "..", has a slash or
/// a control character, or is longer than file systems take. Empty: it can.
std::string fault_of_file_name(std::string_view name);

/// The same for a path below a given folder: names with a slash between each two.
std::string fault_of_path_below(std::string_view path);

}  // namespace sweepcheck
