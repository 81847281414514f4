// A real node's containerd configuration as scenario input: those keys of config.toml that change
// what the store keeps, and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "input/diagnostic.hpp"
#include "model/policy.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

struct ConfigResult {
  /// Nothing if a diagnostic is an error.
  std::optional<Policy> policy;
  /// The config version. What doesn't read it (Profile::highest_config_version) doesn't start, or
  /// (1.6) starts without what it says.
  std::int64_t version = 0;
  Diagnostics diagnostics;
};

/// Reads a config.toml of version 2, 3 or 4. With a profile, what that generation would refuse or
/// override is diagnosed, too; without one (null), what any would. Keys that aren't set have
/// containerd's defaults, and the scheduler runs, as it does in every daemon.
ConfigResult read_config_toml(const std::string& path, const Profile* profile);

/// The same for text; the file's name is for the diagnostics only.
ConfigResult parse_config_toml(std::string_view text, const std::string& file_name,
                               const Profile* profile);

}  // namespace sweepcheck
