// Other programs: run to their end with a time limit, or kept running beside us. Children never
// outlive us, since everything runs in a process namespace of its own (isolation.hpp).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sweepcheck {

using Milliseconds = std::chrono::milliseconds;

struct ProcessResult {
  /// Its exit code; 128 + n if signal n ended it; 127 if it could not be started.
  int exit_code = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
};

/// Runs a program to its end, with `input` as its standard input. After `limit` it is killed.
/// `arguments.front()` is looked up in PATH.
ProcessResult run_process(const std::vector<std::string>& arguments, Milliseconds limit,
                          const std::filesystem::path& input = "/dev/null");

/// A program that runs beside us, with its output in a file.
class ChildProcess {
 public:
  /// Nothing if it could not be started. It finds programs in `programs` first, then in PATH.
  static std::optional<ChildProcess> start(const std::vector<std::string>& arguments,
                                           const std::filesystem::path& output,
                                           const std::filesystem::path& programs = {},
                                           const std::filesystem::path& input = "/dev/null");
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  bool running();
  /// kill -9, and waits for its end.
  void kill();
  /// Asks it to end; kills it after `limit`.
  void stop(Milliseconds limit);
  /// Its exit code as ProcessResult has it; nothing if it still runs after `limit`.
  std::optional<int> wait(Milliseconds limit);

 private:
  explicit ChildProcess(pid_t id) : id_(id) {}

  pid_t id_ = -1;
  std::optional<int> exit_code_;
};

/// "ended with code 2", "was killed by signal 9", of an exit code as ProcessResult has it.
std::string ending_text(int exit_code);

/// The file named by a program: as it is if it has a '/', else found in PATH and the folders of
/// system programs. Empty if there is none that can be run.
std::filesystem::path find_program(const std::string& name);

/// The last lines of a text file, for messages; empty if it can't be read.
std::string last_lines(const std::filesystem::path& file, std::size_t count);

}  // namespace sweepcheck
