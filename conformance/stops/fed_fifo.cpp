#include "conformance/stops/fed_fifo.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace sweepcheck {

FedFifo::FedFifo(std::filesystem::path path, std::string bytes, std::size_t count)
    : path_(std::move(path)), bytes_(std::move(bytes)), count_(count) {
  ::unlink(path_.c_str());
  if (::mkfifo(path_.c_str(), 0600) == 0) both_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
}

FedFifo::~FedFifo() {
  if (both_ >= 0) ::close(both_);
  finish();
  if (writer_.joinable()) writer_.join();
}

void FedFifo::begin() {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  ::close(std::exchange(both_, -1));
  writer_ = std::thread([this] { write_all(); });
}

void FedFifo::write_all() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  const bool is_read = write_part(0, count_);
  std::unique_lock lock(mutex_);
  first_is_written_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return may_finish_; });
  lock.unlock();
  if (is_read) write_part(count_, bytes_.size());
  ::close(file_);
}

bool FedFifo::write_part(std::size_t from, std::size_t to) {
  while (from < to) {
    const ssize_t count = ::write(file_, bytes_.data() + from, to - from);
    if (count <= 0) return false;
    from += static_cast<std::size_t>(count);
  }
  return true;
}

bool FedFifo::wait_until_read(Milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, end, [&] { return first_is_written_; })) return false;
  int left = 0;
  while (::ioctl(file_, FIONREAD, &left) == 0 && left > 0) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(Milliseconds(2));
  }
  return true;
}

void FedFifo::finish() {
  const std::lock_guard lock(mutex_);
  may_finish_ = true;
  changed_.notify_all();
}

}  // namespace sweepcheck
