// A program that pulls by containerd's own client library, as other programs than ctr do: built
// from conformance/daemon/library/pull.go with what this machine has installed, once, when it is
// first needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/profile.hpp"

namespace sweepcheck {

struct LibraryClient {
  std::filesystem::path program;
  std::string version;
  /// Of the library's version: it decides what a pull does, not the daemon.
  const Profile* profile = nullptr;
  /// Why there is no program; empty: there is.
  std::string lack;
};

/// Folders that `go build` writes to: its cache, which makes every build but the first one quick.
/// Empty: there is no Go here, or it has no cache.
std::vector<std::filesystem::path> library_client_caches();

/// Builds it in this folder, which is to stay. Safe to call from several threads.
const LibraryClient& library_client(const std::filesystem::path& folder);

}  // namespace sweepcheck
