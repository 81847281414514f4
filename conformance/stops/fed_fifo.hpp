// A file whose reader gets one part of it, and the rest only when it is told to: an import that
// stops in the middle of a member.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "conformance/host/process.hpp"

namespace sweepcheck {

class FedFifo {
 public:
  /// A named pipe at `path`, for one reader, of which the first `count` bytes come at once.
  FedFifo(std::filesystem::path path, std::string bytes, std::size_t count);
  ~FedFifo();
  FedFifo(const FedFifo&) = delete;
  FedFifo& operator=(const FedFifo&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The reader has been started: the pipe ends with it.
  void begin();
  /// True as soon as the reader has taken the first part; false after `limit`.
  bool wait_until_read(Milliseconds limit);
  /// Gives the rest, and the end.
  void finish();

 private:
  void write_all();
  /// False if nobody reads any more.
  bool write_part(std::size_t from, std::size_t to);

  std::filesystem::path path_;
  std::string bytes_;
  std::size_t count_;
  /// Both ends, so that a reader can open it; closed once one has.
  int both_ = -1;
  int file_ = -1;
  std::thread writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool first_is_written_ = false;
  bool may_finish_ = false;
};

}  // namespace sweepcheck
