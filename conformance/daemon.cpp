#include "conformance/daemon.hpp"

#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "conformance/api.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kLogLines = 12;
constexpr Milliseconds kStartLimit{30'000};

// Snapshots may still be mounted where a client was killed.
void unmount_below(const std::filesystem::path& folder) {
  std::ifstream mounts("/proc/self/mounts");
  std::vector<std::string> points;
  for (std::string source, point, rest; mounts >> source >> point; std::getline(mounts, rest)) {
    if (point.starts_with(folder.string() + "/")) points.push_back(point);
  }
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    ::umount2(point->c_str(), MNT_DETACH);
  }
}

}  // namespace

std::optional<std::string> Daemon::start() {
  std::filesystem::create_directories(settings_.folder);
  std::filesystem::create_directories(settings_.hosts_folder);
  const std::filesystem::path file = settings_.folder / "config.toml";
  std::ofstream(file) << daemon_configuration(settings_);
  const std::string program = settings_.containerd->daemon.string();
  process_ = ChildProcess::start({program, "--config", file.string()}, log());
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
  stop();
  settings_.policy = policy;
  return start();
}

void Daemon::kill() {
  meant_to_run_ = false;
  if (process_) process_->kill();
}

void Daemon::stop() {
  meant_to_run_ = false;
  if (process_) process_->stop(std::chrono::seconds(10));
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
