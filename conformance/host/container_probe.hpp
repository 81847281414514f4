// Whether containers can run on this machine, asked of runc itself, so that a daemon which can't
// run them is not excused.
#pragma once

#include <filesystem>
#include <string>

namespace sweepcheck {

/// Runs a small container with runc, in a folder below `folder`. Why it can't, or nothing.
std::string why_no_containers(const std::filesystem::path& folder);

}  // namespace sweepcheck
