// What may be done because someone is looking: a line of progress that is drawn over again. In a
// pipe or a CI log nothing is drawn, so that what is stored is plain text.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace sweepcheck {

/// True if the file descriptor is a terminal that can move its cursor.
bool is_terminal(int file_descriptor);

/// Draws "replaying 12/96" on standard error while it is a terminal; silent otherwise. Threads may
/// share one object. The line is gone after clear() or destruction.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total_count);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One more is done.
  void advance();

  /// Takes the line away, so that something else can be printed.
  void clear();

 private:
  std::mutex mutex_;
  const std::string label_;
  const std::uint64_t total_count_;
  const bool draws_;
  std::uint64_t done_count_ = 0;
  bool drawn_ = false;
};

}  // namespace sweepcheck
