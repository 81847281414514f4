// The one way from a name in a scenario to a path. A stranger wrote the scenario, and the run has
// the rights of root: what the name leads to must be below the folder that it is joined to,
// whatever it says and whatever earlier steps have put there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sweepcheck {

struct PathOrReason {
  /// Nothing: the name leads to no place in the folder.
  std::optional<std::filesystem::path> path;
  /// Why, in one line with the name; empty if there is a path.
  std::string reason;
};

/// The file or folder `name` directly in `folder`, whether it exists or not. Refused is what
/// fault_of_file_name() finds, and a symbolic link, which could lead anywhere. `folder` itself is
/// trusted. Never throws.
PathOrReason contained_file(const std::filesystem::path& folder, std::string_view name);

/// The same for names with slashes between them. No part of the path may be a symbolic link.
PathOrReason contained_path(const std::filesystem::path& folder, std::string_view path);

}  // namespace sweepcheck
