// Control groups of our own, for what runs containers below us: runc makes a group for each, and
// those outlive their processes. Works with hierarchies of version 1, version 2, or both.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sweepcheck {

/// Where control groups are mounted.
std::vector<std::filesystem::path> control_group_mounts();

/// Moves this process into a new group `name` of every hierarchy that is mounted, and makes those
/// groups the roots of a new cgroup namespace, mounted in the place of the old ones. To be called
/// in a mount namespace of our own. What is wrong, or nothing. Removes what runs that were killed,
/// together with all that would have cleared up after them, have left.
std::string enter_control_groups(const std::string& name);

/// What groups of runs are called: this, and six characters. Their folders are, too.
inline constexpr std::string_view kRunNamePrefix = "sweepcheck-";

/// Removes the groups called `name` and all below them, from outside, after their processes ended.
void remove_control_groups(const std::string& name);

}  // namespace sweepcheck
