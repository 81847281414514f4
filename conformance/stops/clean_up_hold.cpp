#include "conformance/stops/clean_up_hold.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace sweepcheck {
namespace {

constexpr Milliseconds kPollTime{20};

}  // namespace

struct CleanUpHold::Watcher {
  explicit Watcher(int group) : group_(group), thread_([this] { watch(); }) {}

  // The kernel answers "yes" to all who still wait when the group is closed.
  ~Watcher() {
    ends_ = true;
    thread_.join();
    ::close(group_);
    for (const int file : held_files_) ::close(file);
  }

  void watch() {
    while (!ends_) {
      pollfd file{group_, POLLIN, 0};
      if (::poll(&file, 1, static_cast<int>(kPollTime.count())) > 0) read_events();
    }
  }

  void read_events() {
    alignas(fanotify_event_metadata) std::array<char, 4096> buffer;
    ssize_t left = ::read(group_, buffer.data(), buffer.size());
    const auto* event = reinterpret_cast<const fanotify_event_metadata*>(buffer.data());
    for (; FAN_EVENT_OK(event, left); event = FAN_EVENT_NEXT(event, left)) {
      // Of another layout nothing else can be believed, so that nobody could be let go.
      if (event->vers != FANOTIFY_METADATA_VERSION) return give_up(event->vers);
      // An overflow of the queue.
      if (event->fd < 0) continue;
      if (event->pid == ::getpid()) {
        const fanotify_response yes{event->fd, FAN_ALLOW};
        [[maybe_unused]] const ssize_t written = ::write(group_, &yes, sizeof(yes));
        ::close(event->fd);
        continue;
      }
      held_files_.push_back(event->fd);
      const std::lock_guard lock(mutex_);
      is_held_ = true;
      changed_.notify_all();
    }
  }

  void give_up(int version) {
    ends_ = true;
    const std::lock_guard lock(mutex_);
    lack_ = "no clean-up can be held: the kernel's fanotify events have version " +
            std::to_string(version) + ", and only version " +
            std::to_string(FANOTIFY_METADATA_VERSION) + " is known";
    changed_.notify_all();
  }

  const int group_;
  std::vector<int> held_files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;
  std::string lack_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

std::unique_ptr<CleanUpHold> CleanUpHold::on(const std::vector<std::filesystem::path>& folders) {
  const int group = ::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
  if (group < 0) return nullptr;
  bool is_marked = false;
  for (const std::filesystem::path& folder : folders) {
    if (!std::filesystem::exists(folder)) continue;
    if (::fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ONDIR, AT_FDCWD, folder.c_str()) !=
        0) {
      ::close(group);
      return nullptr;
    }
    is_marked = true;
  }
  if (!is_marked) {
    ::close(group);
    return nullptr;
  }
  return of_group(group);
}

std::unique_ptr<CleanUpHold> CleanUpHold::of_group(int group) {
  return std::unique_ptr<CleanUpHold>(new CleanUpHold(group));
}

CleanUpHold::CleanUpHold(int group) : watcher_(std::make_unique<Watcher>(group)) {}

CleanUpHold::~CleanUpHold() = default;

bool CleanUpHold::wait_until_held(Milliseconds limit) {
  std::unique_lock lock(watcher_->mutex_);
  watcher_->changed_.wait_for(lock, limit,
                              [&] { return watcher_->is_held_ || !watcher_->lack_.empty(); });
  return watcher_->is_held_;
}

std::string CleanUpHold::lack() const {
  const std::lock_guard lock(watcher_->mutex_);
  return watcher_->lack_;
}

}  // namespace sweepcheck
