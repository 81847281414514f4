// Holds a daemon between its sweep and its clean-up: the clean-up of files begins by opening their
// folder, and the kernel asks us whether it may (fanotify). So a daemon can be killed exactly
// there.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "conformance/host/process.hpp"

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

  /// Takes over a group of fanotify's, or what gives the same events.
  static std::unique_ptr<CleanUpHold> of_group(int group);

  /// True as soon as someone waits; false after `limit`, or if nobody can be held.
  bool wait_until_held(Milliseconds limit);
  /// Why nobody can be held after all; empty: it may be.
  std::string lack() const;

 private:
  explicit CleanUpHold(int group);
  struct Watcher;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace sweepcheck
