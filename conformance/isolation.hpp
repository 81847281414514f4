// A place of our own to run daemons in: namespaces for processes, mounts and network. Whatever
// happens to us, the kernel then ends every daemon, undoes every mount and frees every port; there
// is nothing to clean up but one folder, which the parent removes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace sweepcheck {

struct IsolationOptions {
  /// Leave the folder, on disk, when all is done.
  bool keep = false;
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

/// Runs `body` in a child process in new process, mount and network namespaces (with only a
/// loopback interface), in an empty folder of memory, or of disk with `keep`. SIGINT and SIGTERM
/// end the child and everything below it; then the status is 128 + signal. Needs the rights of
/// root. To be called before this process has threads.
Isolated run_isolated(const IsolationOptions& options,
                      const std::function<int(const std::filesystem::path& folder)>& body);

}  // namespace sweepcheck
