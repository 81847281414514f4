#include "conformance/daemon/daemon.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "conformance/daemon/api.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLogLines = 12;
constexpr Milliseconds kStartLimit{30'000};
constexpr Milliseconds kStopLimit{10'000};

// "/a\\040b" of /proc/self/mounts is "/a b".
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string digits = text[i] == '\\' ? text.substr(i + 1, 3) : "";
    if (digits.size() < 3 || digits.find_first_not_of("01234567") != std::string::npos) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(digits, nullptr, 8));
    i += digits.size();
  }
  return out;
}

// Words of a process's command line.
std::vector<std::string> command_line_of(const fs::path& process) {
  std::ifstream in(process / "cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(in, word, '\0');) words.push_back(word);
  return words;
}

// Shims are told the daemon's address.
std::vector<pid_t> shims_of(const std::string& socket) {
  std::vector<pid_t> out;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::vector<std::string> words = command_line_of(entry->path());
    const bool is_shim = !words.empty() && words.front().find("shim") != std::string::npos;
    if (is_shim && std::find(words.begin(), words.end(), socket) != words.end()) {
      out.push_back(static_cast<pid_t>(std::stol(name)));
    }
  }
  return out;
}

// state/io.containerd.runtime.v2.task/<namespace>/<id>/init.pid
std::vector<pid_t> container_processes(const fs::path& state) {
  std::vector<pid_t> out;
  std::error_code error;
  for (fs::directory_iterator space(state / "io.containerd.runtime.v2.task", error), end;
       !error && space != end; space.increment(error)) {
    std::error_code inner;
    for (fs::directory_iterator bundle(space->path(), inner), last; !inner && bundle != last;
         bundle.increment(inner)) {
      pid_t id = 0;
      if (std::ifstream(bundle->path() / "init.pid") >> id) out.push_back(id);
    }
  }
  return out;
}

}  // namespace

// Snapshots may still be mounted where a client was killed.
void unmount_below(const std::filesystem::path& folder) {
  std::ifstream mounts("/proc/self/mounts");
  std::vector<std::string> points;
  for (std::string source, point, rest; mounts >> source >> point; std::getline(mounts, rest)) {
    point = unescaped(point);
    if (point.starts_with(folder.string() + "/")) points.push_back(point);
  }
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    ::umount2(point->c_str(), MNT_DETACH);
  }
}

void Daemon::end_containers() {
  // Shims first: they would report the others' end to nobody. All of them then are children of
  // ours, since we are the first process of the namespace.
  std::vector<pid_t> ended = shims_of(socket());
  for (const pid_t shim : ended) ::kill(shim, SIGKILL);
  for (const pid_t process : container_processes(settings_.folder / "state")) {
    ::kill(process, SIGKILL);
    ended.push_back(process);
  }
  const auto end = std::chrono::steady_clock::now() + kStopLimit;
  for (const pid_t process : ended) {
    while (::waitpid(process, nullptr, WNOHANG) == 0 && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(Milliseconds(1));
    }
  }
}

std::optional<std::string> Daemon::start() {
  std::filesystem::create_directories(settings_.folder);
  std::filesystem::create_directories(settings_.hosts_folder);
  const std::filesystem::path file = settings_.folder / "config.toml";
  std::ofstream(file) << daemon_configuration(settings_);
  const std::string program = settings_.containerd->daemon.string();
  // Its own shim lies beside it; PATH may have another's.
  process_ = ChildProcess::start({program, "--config", file.string()}, log(),
                                 settings_.containerd->daemon.parent_path());
  if (!process_) return "can't run " + program;
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < end) {
    if (const auto code = process_->wait(Milliseconds(0))) {
      return program + " " + ending_text(*code) + "; its last words:\n" + last_words();
    }
    if (std::filesystem::exists(socket()) && Api(socket()).answers()) {
      meant_to_run_ = true;
      return std::nullopt;
    }
    std::this_thread::sleep_for(Milliseconds(5));
  }
  process_->kill();
  return program + " does not answer; its last words:\n" + last_words();
}

std::optional<std::string> Daemon::restart(const Policy& policy) {
  meant_to_run_ = false;
  // Mounts stay: containers run on.
  if (process_) process_->stop(kStopLimit);
  settings_.policy = policy;
  return start();
}

void Daemon::kill() {
  meant_to_run_ = false;
  if (process_) process_->kill();
}

void Daemon::stop() {
  meant_to_run_ = false;
  if (process_) process_->stop(kStopLimit);
  unmount_below(settings_.folder);
}

bool Daemon::running() { return process_ && process_->running(); }

std::optional<std::string> Daemon::death(Milliseconds patience) {
  if (!meant_to_run_) return std::nullopt;
  const auto code = process_->wait(patience);
  return code ? std::optional(ending_text(*code)) : std::nullopt;
}

std::string Daemon::last_words() const { return last_lines(log(), kLogLines); }

}  // namespace sweepcheck
