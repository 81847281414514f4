// The host's file system as a run sees it: whole, but read-only. Whatever a scenario, a daemon or a
// client of it does inside, files change in the run's own folder alone; what the run itself is to
// leave for its user (reports, saved failures) is written outside.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sweepcheck {

struct WritablePlaces {
  /// Mounts of our own.
  std::vector<std::filesystem::path> mounts = {};
  /// Folders of the host, which get mounts of their own, without what is mounted below them. One
  /// that can't be written now stays so.
  std::vector<std::filesystem::path> folders = {};
};

/// Makes every mount of this mount namespace read-only but these. The namespace has to be ours and
/// private. What failed, or nothing; a kernel older than Linux 5.12 can't do it.
std::string make_host_read_only(const WritablePlaces& writable);

/// The file system as it is for the process that makes this, for who leaves it later on.
class OutsideView {
 public:
  OutsideView();
  ~OutsideView();
  OutsideView(const OutsideView&) = delete;
  OutsideView& operator=(const OutsideView&) = delete;

  /// Performs `work` in a thread that sees that file system, root and working directory, and waits
  /// for it; what it throws is thrown here. Why it could not be performed, or nothing. May be
  /// called by several threads.
  std::string perform(const std::function<void()>& work) const;
  /// Goes back to it with this process, which has one thread. What failed, or nothing.
  std::string enter() const;

 private:
  int mounts_;
  int root_;
  int folder_;
};

}  // namespace sweepcheck
