#include "conformance/host/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <thread>
#include <utility>

extern char** environ;

namespace sweepcheck {
namespace {

using Clock = std::chrono::steady_clock;

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct SpawnOptions {
  std::filesystem::path input = "/dev/null";
  /// Looked in before PATH by what is started.
  std::filesystem::path programs = {};
};

// The environment with a folder before all others in PATH.
std::vector<std::string> environment_with(const std::filesystem::path& programs) {
  std::vector<std::string> out;
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("PATH=")) {
      path = text.substr(5);
    } else {
      out.emplace_back(text);
    }
  }
  out.push_back("PATH=" + (programs.empty() ? path : programs.string() + ":" + path));
  return out;
}

// Starts a program with these files as its output; -1 if it can't be.
pid_t spawn(const std::vector<std::string>& arguments, int out, int err,
            const SpawnOptions& options = {}) {
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, options.input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  // A port that a child had inherited would stay open after we closed it.
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::vector<std::string> environment = environment_with(options.programs);
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  pid_t id = -1;
  const std::string program = find_program(arguments.front()).string();
  if (posix_spawnp(&id, program.c_str(), &actions, nullptr, words.data(), variables.data()) != 0) {
    id = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  return id;
}

// Both ends of a pipe, closed when it goes out of sight.
struct Pipe {
  std::array<int, 2> ends{-1, -1};

  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
};

// Reads both pipes to their ends; false if the limit came first.
bool drain(Pipe& out, Pipe& err, ProcessResult& result, Clock::time_point limit) {
  std::array<pollfd, 2> files{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> texts{&result.out, &result.err};
  std::array<char, 65536> buffer;
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<Milliseconds>(limit - Clock::now()).count();
    if (left <= 0) return false;
    if (::poll(files.data(), files.size(), static_cast<int>(left)) <= 0) continue;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].fd < 0 || files[i].revents == 0) continue;
      const ssize_t count = ::read(files[i].fd, buffer.data(), buffer.size());
      if (count > 0) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      } else {
        files[i].fd = -1;
      }
    }
  }
  return true;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, Milliseconds limit,
                          const std::filesystem::path& input) {
  ProcessResult result;
  Pipe out;
  Pipe err;
  const pid_t id = spawn(arguments, out.ends[1], err.ends[1], {.input = input});
  out.close_end(1);
  err.close_end(1);
  if (id < 0) {
    result.exit_code = 127;
    result.err = "can't run " + arguments.front();
    return result;
  }
  result.timed_out = !drain(out, err, result, Clock::now() + limit);
  if (result.timed_out) ::kill(id, SIGKILL);
  int status = 0;
  while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = exit_code_of(status);
  return result;
}

std::optional<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                                const std::filesystem::path& output,
                                                const std::filesystem::path& programs,
                                                const std::filesystem::path& input) {
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return std::nullopt;
  const pid_t id = spawn(arguments, file, file, {.input = input, .programs = programs});
  ::close(file);
  if (id < 0) return std::nullopt;
  return ChildProcess(id);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

bool ChildProcess::running() { return id_ > 0 && !wait(Milliseconds(0)); }

void ChildProcess::kill() {
  if (id_ <= 0 || exit_code_) return;
  ::kill(id_, SIGKILL);
  wait(std::chrono::seconds(10));
}

void ChildProcess::stop(Milliseconds limit) {
  if (id_ <= 0 || exit_code_) return;
  ::kill(id_, SIGTERM);
  if (!wait(limit)) kill();
}

std::optional<int> ChildProcess::wait(Milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!exit_code_) {
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) == id_) {
      exit_code_ = exit_code_of(status);
      break;
    }
    if (Clock::now() >= end) return std::nullopt;
    std::this_thread::sleep_for(Milliseconds(2));
  }
  return exit_code_;
}

std::string ending_text(int exit_code) {
  return exit_code > 128 ? "was killed by signal " + std::to_string(exit_code - 128)
                         : "ended with code " + std::to_string(exit_code);
}

std::filesystem::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return ::access(name.c_str(), X_OK) == 0 ? std::filesystem::path(name)
                                             : std::filesystem::path();
  }
  const char* variable = std::getenv("PATH");
  std::string folders = variable ? variable : "";
  folders += ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    const std::filesystem::path candidate =
        std::filesystem::path(folders.substr(at, end - at)) / name;
    if (end > at && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    at = end + 1;
  }
  return {};
}

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
  std::ifstream in(file);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
    if (lines.size() > count) lines.pop_front();
  }
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace sweepcheck
