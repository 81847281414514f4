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

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <system_error>

#include "conformance/host/control_groups.hpp"

namespace sweepcheck {
namespace {

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
  if (!raise_loopback()) return failed("can't raise the loopback interface");
  // Container runtimes keep their own state and sockets below /run, and shims find each other
  // there.
  if (::mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") != 0) return failed("can't mount /run");
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

[[noreturn]] void run_child(const std::filesystem::path& folder, bool keep, int complaints,
                            const std::function<int(const IsolatedPlace&)>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  const std::string complaint = settle_in(folder, keep);
  if (!complaint.empty()) {
    const ssize_t written = ::write(complaints, complaint.data(), complaint.size());
    ::_exit(written < 0 ? 2 : 1);
  }
  ::close(complaints);
  // Without groups there are no containers, but all the rest.
  const std::string no_groups = enter_control_groups(folder.filename().string());
  const int status = body({folder, no_groups});
  std::cout.flush();
  std::cerr.flush();
  // No destructors of statics: what they would clean up ends with the namespace.
  ::_exit(status);
}

// The process between, since unshare(CLONE_NEWPID) acts on children only, and our own mounts and
// network are to stay as they are. It ends when the namespace's last process has, and clears up
// after a parent that was killed, too.
[[noreturn]] void run_outer(const std::filesystem::path& folder, bool keep, int complaints,
                            const std::function<int(const IsolatedPlace&)>& body) {
  handle(SIGINT, kill_inner);
  handle(SIGTERM, kill_inner);
  const pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) != 0) {
    const std::string complaint = std::string("can't make namespaces: ") + std::strerror(errno);
    const ssize_t written = ::write(complaints, complaint.data(), complaint.size());
    ::_exit(written < 0 ? 2 : 1);
  }
  const pid_t inner = ::fork();
  if (inner == 0) run_child(folder, keep, complaints, body);
  ::close(complaints);
  g_child = inner;
  if (g_signal != 0 || ::getppid() != parent) ::kill(inner, SIGKILL);
  int status = 0;
  while (::waitpid(inner, &status, 0) < 0 && errno == EINTR) {
  }
  remove_control_groups(folder.filename().string());
  if (!keep) {
    ::umount2(folder.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
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
  std::string name = (std::filesystem::temp_directory_path() / "sweepcheck-XXXXXX").string();
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
    run_outer(folder, options.keep, ends[1], body);
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
