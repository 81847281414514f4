#include "conformance/host/host_files.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

bool is_read_only(const fs::path& place) {
  struct statvfs status {};
  return ::statvfs(place.c_str(), &status) != 0 || (status.f_flag & ST_RDONLY) != 0;
}

}  // namespace

std::string make_host_read_only(const WritablePlaces& writable) {
  std::vector<fs::path> places = writable.mounts;
  for (const fs::path& folder : writable.folders) {
    if (is_read_only(folder)) continue;
    if (::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return failed("can't mount " + folder.string() + " on itself");
    }
    places.push_back(folder);
  }
  mount_attr set{};
  set.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &set, sizeof set) != 0) {
    return failed("can't make the host's files read-only");
  }
  mount_attr clear{};
  clear.attr_clr = MOUNT_ATTR_RDONLY;
  for (const fs::path& place : places) {
    if (::mount_setattr(AT_FDCWD, place.c_str(), 0, &clear, sizeof clear) != 0) {
      return failed("can't make " + place.string() + " writable");
    }
  }
  return {};
}

OutsideView::OutsideView()
    : mounts_(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)),
      root_(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      folder_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

OutsideView::~OutsideView() {
  for (const int file : {mounts_, root_, folder_}) {
    if (file >= 0) ::close(file);
  }
}

// For this thread alone. The root may be another than the namespace's, in a chroot.
std::string OutsideView::enter() const {
  if (::unshare(CLONE_FS) != 0) return failed("can't leave the run's folders");
  if (::setns(mounts_, CLONE_NEWNS) != 0) return failed("can't enter the host's mounts");
  if (::fchdir(root_) != 0 || ::chroot(".") != 0) return failed("can't enter the host's root");
  if (::fchdir(folder_) != 0) return failed("can't enter the working directory");
  return {};
}

std::string OutsideView::perform(const std::function<void()>& work) const {
  std::string reason;
  std::exception_ptr thrown;
  std::thread thread([&] {
    reason = enter();
    if (!reason.empty()) return;
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  thread.join();
  if (thrown) std::rethrow_exception(thrown);
  return reason;
}

}  // namespace sweepcheck
