#include "conformance/host/control_groups.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

// Our processes are in a group of their own below the root: in version 2, a group with processes
// can't give its controllers on.
constexpr const char* kOwnProcesses = "sweepcheck";

struct Hierarchy {
  fs::path place;
  std::string type;  // "cgroup" or "cgroup2"
  /// What a mount of version 1 is told: "cpu,cpuacct", "none,name=systemd".
  std::string options;
};

// Mounted hierarchies. A line of mountinfo ends in "- type source super-options".
std::vector<Hierarchy> mounted_hierarchies() {
  std::vector<Hierarchy> out;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream head(line);
    std::string word;
    Hierarchy hierarchy;
    for (int i = 0; i < 4; ++i) head >> word;
    head >> hierarchy.place;
    std::istringstream tail(line.substr(dash + 3));
    std::string source;
    std::string super_options;
    tail >> hierarchy.type >> source >> super_options;
    if (hierarchy.type != "cgroup" && hierarchy.type != "cgroup2") continue;
    std::istringstream options(super_options);
    for (std::string option; std::getline(options, option, ',');) {
      if (hierarchy.type == "cgroup2" || option == "rw" || option == "ro") continue;
      if (option.starts_with("name=")) option = "none," + option;
      hierarchy.options += (hierarchy.options.empty() ? "" : ",") + option;
    }
    out.push_back(std::move(hierarchy));
  }
  return out;
}

bool write_text(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

// A cpuset of version 1 takes no process before it has processors and memory.
void inherit_cpuset(const fs::path& group) {
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    std::ifstream above(group.parent_path() / name);
    std::string value;
    if (std::getline(above, value) && !value.empty()) write_text(group / name, value);
  }
}

bool make_group(const fs::path& group) {
  std::error_code error;
  fs::create_directory(group, error);
  if (error) return false;
  inherit_cpuset(group);
  return true;
}

// Groups can't be emptied file by file: only their folders go, innermost first.
bool remove_group(const fs::path& group) {
  std::error_code error;
  for (fs::directory_iterator entry(group, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) remove_group(entry->path());
  }
  fs::remove(group, error);
  return !fs::exists(group);
}

bool is_name_of_run(const std::string& name) {
  constexpr std::size_t kRandomCharacters = 6;
  return name.starts_with(kRunNamePrefix) &&
         name.size() == kRunNamePrefix.size() + kRandomCharacters;
}

bool has_processes(const fs::path& group) {
  std::ifstream processes(group / "cgroup.procs");
  if (std::string first; processes >> first) return true;
  std::error_code error;
  for (fs::directory_iterator entry(group, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && has_processes(entry->path())) return true;
  }
  return false;
}

// Those without a process are nobody's: a run is in its groups from the moment it makes them.
void remove_groups_of_the_dead(const std::vector<Hierarchy>& hierarchies) {
  for (const Hierarchy& hierarchy : hierarchies) {
    std::vector<fs::path> dead;
    std::error_code error;
    for (fs::directory_iterator entry(hierarchy.place, error), end; !error && entry != end;
         entry.increment(error)) {
      if (!is_name_of_run(entry->path().filename().string())) continue;
      if (!has_processes(entry->path())) dead.push_back(entry->path());
    }
    for (const fs::path& group : dead) remove_group(group);
  }
}

// Held while groups are made and not yet entered, so that no other run takes them for dead ones.
class StartLock {
 public:
  explicit StartLock(const fs::path& place)
      : file_(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (file_ >= 0 && ::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~StartLock() {
    if (file_ >= 0) ::close(file_);
  }
  StartLock(const StartLock&) = delete;
  StartLock& operator=(const StartLock&) = delete;

 private:
  int file_;
};

}  // namespace

std::vector<fs::path> control_group_mounts() {
  std::vector<fs::path> out;
  for (const Hierarchy& hierarchy : mounted_hierarchies()) out.push_back(hierarchy.place);
  return out;
}

std::string enter_control_groups(const std::string& name) {
  const auto failed = [](const std::string& what) { return what + ": " + std::strerror(errno); };
  const std::vector<Hierarchy> hierarchies = mounted_hierarchies();
  if (hierarchies.empty()) return "no control groups are mounted";
  const StartLock lock(hierarchies.front().place);
  remove_groups_of_the_dead(hierarchies);
  for (const Hierarchy& hierarchy : hierarchies) {
    const fs::path group = hierarchy.place / name;
    if (!make_group(group) || !make_group(group / kOwnProcesses)) {
      return failed("can't make a control group below " + hierarchy.place.string());
    }
    if (!write_text(group / "cgroup.procs", "0")) return failed("can't enter " + group.string());
  }
  if (::unshare(CLONE_NEWCGROUP) != 0) return failed("can't make a cgroup namespace");
  for (const Hierarchy& hierarchy : hierarchies) {
    if (!write_text(hierarchy.place / name / kOwnProcesses / "cgroup.procs", "0")) {
      return failed("can't enter a control group below " + name);
    }
    ::umount2(hierarchy.place.c_str(), MNT_DETACH);
    if (::mount("cgroup", hierarchy.place.c_str(), hierarchy.type.c_str(), 0,
                hierarchy.options.c_str()) != 0) {
      return failed("can't mount " + hierarchy.place.string());
    }
  }
  return {};
}

void remove_control_groups(const std::string& name) {
  constexpr auto kLimit = std::chrono::seconds(5);
  const auto end = std::chrono::steady_clock::now() + kLimit;
  for (const Hierarchy& hierarchy : mounted_hierarchies()) {
    // A process that was killed leaves its group a moment later.
    while (!remove_group(hierarchy.place / name) && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

}  // namespace sweepcheck
