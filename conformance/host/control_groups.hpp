// Control groups of our own, for what runs containers below us: runc makes a group for each, and
// those outlive their processes. Works with hierarchies of version 1, version 2, or both.
#pragma once

#include <string>

namespace sweepcheck {

/// Moves this process into a new group `name` of every hierarchy that is mounted, and makes those
/// groups the roots of a new cgroup namespace, mounted in the place of the old ones. To be called
/// in a mount namespace of our own. What is wrong, or nothing.
std::string enter_control_groups(const std::string& name);

/// Removes the groups called `name` and all below them, from outside, after their processes ended.
void remove_control_groups(const std::string& name);

}  // namespace sweepcheck
