// A place of our own to run daemons in: namespaces for processes, mounts, network and control
// groups. Whatever happens to us, the kernel then ends every daemon and container, undoes every
// mount and frees every port; there is nothing to clean up but one folder and the control groups of
// its name. A process that waits outside removes them, even if we are killed; and should it be
// killed, too, the next run removes the groups.
//
// What runs there is a stranger's scenario with the rights of root, so the host's files can only be
// read (host_files.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "conformance/host/host_files.hpp"

namespace sweepcheck {

struct IsolationOptions {
  /// Leave the folder, on disk, when all is done.
  bool keep = false;
  /// Folders of the host that can be written inside, too.
  std::vector<std::filesystem::path> writable = {};
};

struct Isolated {
  /// False: it could not be done here; `reason` says why.
  bool possible = true;
  std::string reason;
  /// What the body returned.
  int status = 0;
  /// SIGINT or SIGTERM ended it.
  bool interrupted = false;
  /// The folder, if it was kept.
  std::filesystem::path folder;
};

/// What the body gets.
struct IsolatedPlace {
  /// Its own. Empty but for "tmp", which TMPDIR names.
  std::filesystem::path folder;
  /// Why it has no control groups of its own, which containers need; empty: it has.
  std::string no_control_groups;
  /// For what is to be left for the user: not read-only.
  const OutsideView* outside = nullptr;
};

/// Runs `body` in a child process in new process, mount and network namespaces (with only a
/// loopback interface), in an empty folder of memory, or of disk with `keep`. SIGINT and SIGTERM
/// end the child and everything below it; then the status is 128 + signal. Needs the rights of
/// root. To be called before this process has threads.
Isolated run_isolated(const IsolationOptions& options,
                      const std::function<int(const IsolatedPlace& place)>& body);

}  // namespace sweepcheck
