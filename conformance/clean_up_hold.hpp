// Holds a daemon between its sweep and its clean-up: the clean-up of files begins by opening their
// folder, and the kernel asks us whether it may (fanotify). So a daemon can be killed exactly
// there.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "conformance/process.hpp"

namespace sweepcheck {

class CleanUpHold {
 public:
  /// From now on whoever opens one of these folders, other than we, waits. Those that don't exist
  /// are left out; nullptr if none does, or if the kernel doesn't let us.
  static std::unique_ptr<CleanUpHold> on(const std::vector<std::filesystem::path>& folders);
  /// Lets all go on.
  ~CleanUpHold();
  CleanUpHold(const CleanUpHold&) = delete;
  CleanUpHold& operator=(const CleanUpHold&) = delete;

  /// True as soon as someone waits; false after `limit`.
  bool wait_until_held(Milliseconds limit);

 private:
  explicit CleanUpHold(int group);
  struct Watcher;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace sweepcheck
