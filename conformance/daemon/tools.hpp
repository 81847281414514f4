// The programs that conformance needs, and which profile a containerd belongs to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/profile.hpp"

namespace sweepcheck {

/// One generation of containerd, as programs on this machine.
struct Containerd {
  std::filesystem::path daemon;
  std::filesystem::path ctr;
  /// As it reports it: "1.6.20~ds1", "2.1.9+unknown".
  std::string version;
  const Profile* profile = nullptr;
  /// False: no profile is of this generation; `profile` is the nearest.
  bool exact = true;
};

struct ContainerdOrReason {
  std::optional<Containerd> containerd;
  /// Why there is none, in one line.
  std::string reason;
};

/// Looks at a containerd; an empty `ctr` stands for the one beside it.
ContainerdOrReason find_containerd(const std::string& daemon, const std::string& ctr);

/// The profile of the generation of "1.7.24~ds1", or else the nearest below (the oldest if none
/// is). `exact` tells which. nullptr if the text has no version in it.
const Profile* profile_of_version(const std::string& version, bool& exact);

}  // namespace sweepcheck
