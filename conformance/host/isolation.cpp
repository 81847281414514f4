#include "conformance/host/isolation.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "conformance/host/control_groups.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

std::atomic<pid_t> g_child{0};
std::atomic<int> g_signal{0};

// To the process between, which kills the one inside and waits until all below it is gone; to that
// one, which would not hear of it, as the first of its namespace.
void pass_on(int signal) {
  g_signal = signal;
  if (const pid_t child = g_child; child > 0) ::kill(child, SIGTERM);
}
void kill_inner(int signal) {
  g_signal = signal;
  if (const pid_t child = g_child; child > 0) ::kill(child, SIGKILL);
}

void handle(int signal, void (*handler)(int), struct sigaction* old = nullptr) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, old);
}

bool raise_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool done = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  ::close(socket);
  return done;
}

// What only works once inside. Says what failed, or nothing.
std::string settle_in(const std::filesystem::path& folder, bool on_disk) {
  const auto failed = [](const char* what) {
    return std::string(what) + ": " + std::strerror(errno);
  };
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return failed("can't make mounts private");
  }
  if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) return failed("can't mount /proc");
  if (!on_disk && ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "mode=0755") != 0) {
    return failed("can't mount a folder of memory");
  }
  if (on_disk && ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return failed("can't mount the run's folder");
  }
  if (!raise_loopback()) return failed("can't raise the loopback interface");
  // Container runtimes keep their own state and sockets below /run, and shims find each other
  // there.
  if (::mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") != 0) return failed("can't mount /run");
  return {};
}

// Containers write to our own /proc, but what is there of the whole machine is not theirs.
std::string confine(const fs::path& folder, bool has_groups,
                    const std::vector<fs::path>& writable) {
  WritablePlaces places{.mounts = {folder, "/run", "/proc"}, .folders = writable};
  if (has_groups) {
    for (const fs::path& place : control_group_mounts()) places.mounts.push_back(place);
  }
  for (const char* machine : {"/proc/sys", "/proc/sysrq-trigger"}) {
    if (!fs::exists(machine)) continue;
    if (::mount(machine, machine, nullptr, MS_BIND, nullptr) != 0) {
      return std::string("can't mount ") + machine + ": " + std::strerror(errno);
    }
  }
  if (std::string complaint = make_host_read_only(places); !complaint.empty()) return complaint;
  const fs::path temporary = folder / "tmp";
  std::error_code error;
  fs::create_directory(temporary, error);
  if (error) return "can't make " + temporary.string() + ": " + error.message();
  ::setenv("TMPDIR", temporary.c_str(), 1);
  return {};
}

// The child writes why it could not settle in, and closes the pipe at once if it could.
std::string read_all(int file) {
  std::string out;
  char buffer[512];
  for (ssize_t count = 0; (count = ::read(file, buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(count));
  }
  return out;
}

[[noreturn]] void complain(int complaints, const std::string& complaint) {
  const ssize_t written = ::write(complaints, complaint.data(), complaint.size());
  ::_exit(written < 0 ? 2 : 1);
}

struct Run {
  fs::path folder;
  const IsolationOptions& options;
  const std::function<int(const IsolatedPlace&)>& body;
};

[[noreturn]] void run_child(const Run& run, int complaints, const OutsideView& outside) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  std::string complaint = settle_in(run.folder, run.options.keep);
  if (!complaint.empty()) complain(complaints, complaint);
  // Without groups there are no containers, but all the rest.
  const std::string no_groups = enter_control_groups(run.folder.filename().string());
  complaint = confine(run.folder, no_groups.empty(), run.options.writable);
  if (!complaint.empty()) complain(complaints, complaint);
  ::close(complaints);
  const int status = run.body({run.folder, no_groups, &outside});
  std::cout.flush();
  std::cerr.flush();
  // No destructors of statics: what they would clean up ends with the namespace.
  ::_exit(status);
}

// Takes the words that `ps` and `pkill` show from this process: who kills a run by its name is not
// to kill what clears up after it.
void take_name(const char* name) {
  ::prctl(PR_SET_NAME, name);
  // Fields 48 and 49 of the line, which begins "pid (name) state": where the words are.
  constexpr int kFieldsBefore = 45;
  std::ifstream in("/proc/self/stat");
  const std::string line{std::istreambuf_iterator<char>(in), {}};
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  if (!(fields >> begin >> end) || begin == 0 || end <= begin) return;
  std::memset(reinterpret_cast<void*>(begin), 0, end - begin);
  std::memcpy(reinterpret_cast<void*>(begin), name, std::min(std::strlen(name), end - begin - 1));
}

// The process between, since unshare(CLONE_NEWPID) acts on children only, and our own mounts and
// network are to stay as they are. It ends when the namespace's last process has, and clears up
// after a parent that was killed, too; in a session of its own, so that no signal to a whole group
// or terminal reaches it.
[[noreturn]] void run_outer(const Run& run, int complaints) {
  handle(SIGINT, kill_inner);
  handle(SIGTERM, kill_inner);
  const pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setsid();
  const OutsideView outside;
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) != 0) {
    complain(complaints, std::string("can't make namespaces: ") + std::strerror(errno));
  }
  const pid_t inner = ::fork();
  if (inner == 0) run_child(run, complaints, outside);
  take_name("clears-up");
  // What it clears up is seen from there; if it can't get there, the parent does what is left.
  const bool sees_host = outside.enter().empty();
  ::close(complaints);
  g_child = inner;
  if (g_signal != 0 || ::getppid() != parent) ::kill(inner, SIGKILL);
  int status = 0;
  while (::waitpid(inner, &status, 0) < 0 && errno == EINTR) {
  }
  if (sees_host) remove_control_groups(run.folder.filename().string());
  if (sees_host && !run.options.keep) {
    std::error_code ignored;
    fs::remove_all(run.folder, ignored);
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

Isolated run_isolated(const IsolationOptions& options,
                      const std::function<int(const IsolatedPlace& place)>& body) {
  Isolated result;
  const auto impossible = [&](std::string reason) {
    result.possible = false;
    result.reason = std::move(reason);
    return result;
  };
  if (::geteuid() != 0) return impossible("it needs the rights of root");
  // Unix sockets have short names, so the folder is near the root.
  std::error_code error;
  const fs::path temporary = fs::absolute(fs::temp_directory_path(error), error);
  if (error) return impossible("TMPDIR is not a folder: " + error.message());
  std::string name = (temporary / (std::string(kRunNamePrefix) + "XXXXXX")).string();
  // Inside, /run is another.
  if (name.starts_with("/run/")) return impossible("TMPDIR must not be below /run");
  if (!::mkdtemp(name.data())) return impossible("can't make " + name);
  const std::filesystem::path folder = name;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return impossible("can't make a pipe");
  std::cout.flush();
  std::cerr.flush();
  g_signal = 0;
  struct sigaction old_interrupt {};
  struct sigaction old_terminate {};
  handle(SIGINT, pass_on, &old_interrupt);
  handle(SIGTERM, pass_on, &old_terminate);
  const pid_t outer = ::fork();
  if (outer == 0) {
    ::close(ends[0]);
    run_outer({folder, options, body}, ends[1]);
  }
  ::close(ends[1]);
  g_child = outer;
  if (g_signal != 0 && outer > 0) ::kill(outer, SIGTERM);
  const std::string complaint = outer < 0 ? "can't fork" : read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (outer > 0 && ::waitpid(outer, &status, 0) < 0 && errno == EINTR) {
  }
  g_child = 0;
  remove_control_groups(folder.filename().string());
  ::sigaction(SIGINT, &old_interrupt, nullptr);
  ::sigaction(SIGTERM, &old_terminate, nullptr);
  result.interrupted = g_signal != 0;
  result.status = g_signal != 0       ? 128 + g_signal
                  : WIFEXITED(status) ? WEXITSTATUS(status)
                                      : 128 + WTERMSIG(status);
  if (options.keep && complaint.empty()) {
    result.folder = folder;
  } else {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  if (!complaint.empty()) return impossible(complaint);
  return result;
}

}  // namespace sweepcheck
