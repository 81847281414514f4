// Aim: where the system gives too little (files that may not grow, a full disk, few threads, little
// memory), the program does with what it has, or ends with status 2 and one line; it never crashes,
// and leaves nothing half-written behind.
// Method: the program itself, begun with the limits of setrlimit(2).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "properties/threads.hpp"
#include "tests/places.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SWEEPCHECK_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SWEEPCHECK_SHADOW_MEMORY 1
#endif
#endif

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

constexpr rlim_t kMegabyte = 1 << 20;
// Nobody's, so that no other process counts towards its threads.
constexpr uid_t kOtherUser = 54'321;
const std::string kScenarios = SWEEPCHECK_SOURCE_DIR "/scenarios";
constexpr std::array kReportKinds{"text", "json", "junit", "github", "markdown", "sarif"};

struct Limit {
  decltype(RLIMIT_FSIZE) resource = RLIMIT_FSIZE;
  rlim_t most = RLIM_INFINITY;
};

struct Ended {
  /// The exit code, or 128 + the number of the signal.
  int code = 0;
  std::string err;
};

// Only calls that are safe between fork and exec.
[[noreturn]] void become_program(std::vector<char*>& words, Limit limit, int err) {
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDIN_FILENO);
  dup2(nowhere, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  const rlimit value{limit.most, limit.most};
  bool good = setrlimit(limit.resource, &value) == 0;
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // Root has as many threads as it likes.
  if (limit.resource == RLIMIT_NPROC && geteuid() == 0) good = good && setuid(kOtherUser) == 0;
  if (good) execv(words.front(), words.data());
  _exit(127);
}

Ended run_limited(Limit limit, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SWEEPCHECK_PROGRAM);
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  std::array<int, 2> err{};
  EXPECT_EQ(pipe2(err.data(), O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) become_program(words, limit, err[1]);
  close(err[1]);
  Ended ended;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = read(err[0], buffer.data(), buffer.size())) > 0;) {
    ended.err.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ended.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

std::ptrdiff_t line_count(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

class Limits : public testing::Test {
 protected:
  Limits() {
    std::string name = testing::TempDir() + "sweepcheck-limits-XXXXXX";
    folder_ = mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~Limits() override { fs::remove_all(folder_); }

  // A scenario that fails, for reports that say something.
  std::string failing_scenario() const {
    const fs::path file = fs::path(folder_) / "scenario.json";
    std::ofstream(file) << R"({"about": "a", "images": {"app": {"layers": ["l"]}},
      "steps": [{"collect": true, "expect": {"present": {"images": ["none"]}}}]})";
    return file.string();
  }

  // What is there, but for the scenario.
  std::ptrdiff_t left_behind(const fs::path& folder) const {
    const auto is_other = [](const fs::directory_entry& entry) {
      return entry.path().filename() != "scenario.json";
    };
    return std::count_if(fs::directory_iterator(folder), fs::directory_iterator(), is_other);
  }

  std::string folder_;
};

TEST_F(Limits, AReportThatMayNotGrowIsStatusTwoAndLeavesNothing) {
  const std::string scenario = failing_scenario();
  const std::string report = folder_ + "/r";
  for (const char* kind : kReportKinds) {
    for (const rlim_t bytes : {0UL, 1UL, 100UL, 300UL}) {
      const Ended ended =
          run_limited({RLIMIT_FSIZE, bytes},
                      {"run", "--report", std::string(kind) + ":out=" + report, scenario});
      SCOPED_TRACE(std::string(kind) + " of " + std::to_string(bytes) + " bytes: " + ended.err);
      // The reports of one kind or another are shorter than some of these.
      if (ended.code == 1) {
        EXPECT_LE(fs::file_size(report), bytes);
        fs::remove(report);
      } else {
        EXPECT_EQ(ended.code, 2);
        EXPECT_EQ(ended.err, "sweepcheck: " + report + ": can't write: File too large\n");
      }
      EXPECT_EQ(left_behind(folder_), 0);
    }
  }
}

TEST_F(Limits, AReportOnAFullDiskIsStatusTwoAndLeavesNothing) {
  const std::string scenario = failing_scenario();
  const fs::path disk = fs::path(folder_) / "disk";
  fs::create_directory(disk);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "can't mount";
  std::ofstream(disk / "scenario.json") << std::string(1 << 20, 'x');
  for (const char* kind : kReportKinds) {
    const std::string report = (disk / "r").string();
    const Ended ended =
        run_limited({}, {"run", "--report", std::string(kind) + ":out=" + report, scenario});
    EXPECT_EQ(ended.code, 2) << kind;
    EXPECT_EQ(ended.err, "sweepcheck: " + report + ": can't write: No space left on device\n");
    EXPECT_EQ(left_behind(disk), 0) << kind;
  }
  umount(disk.c_str());
}

TEST_F(Limits, WithFewThreadsFewerWork) {
#if defined(SWEEPCHECK_SHADOW_MEMORY)
  // The leak sanitizer looks on from a thread of its own, for which there is no room.
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
#endif
  for (const rlim_t count : {1UL, 2UL, 5UL}) {
    const Ended ran =
        run_limited({RLIMIT_NPROC, count}, {"run", "--jobs", "64", kScenarios + "/discard"});
    if (ran.code == 127) GTEST_SKIP() << "others can't run the program";
    EXPECT_EQ(ran.code, 0) << count << " threads: " << ran.err;
    const Ended checked = run_limited({RLIMIT_NPROC, count},
                                      {"check", "--jobs", "64", "--histories", "512", "--policy",
                                       "containerd-2.1+keep", "--property", "snapshot-parents"});
    EXPECT_EQ(checked.code, 0) << count << " threads: " << checked.err;
  }
}

TEST_F(Limits, WithLittleMemoryFewerThreadsWorkOrOneLineSaysSo) {
#if defined(SWEEPCHECK_SHADOW_MEMORY)
  GTEST_SKIP() << "sanitizers reserve more memory than these limits allow";
#endif
  for (const rlim_t megabytes : {60UL, 80UL, 100UL, 120UL, 150UL, 200UL, 400UL}) {
    const Limit limit{RLIMIT_AS, megabytes * kMegabyte};
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"run", "--jobs", "64", kScenarios},
          std::vector<std::string>{"check", "--jobs", "64", "--histories", "512", "--policy",
                                   "containerd-2.1+keep", "--property", "snapshot-parents"}}) {
      const Ended ended = run_limited(limit, arguments);
      SCOPED_TRACE(arguments.front() + " in " + std::to_string(megabytes) + " MB: " + ended.err);
      // With 127 not even the program's own libraries fit.
      if (ended.code == 0 || ended.code == 127) continue;
      EXPECT_EQ(ended.code, 2);
      EXPECT_EQ(line_count(ended.err), 1);
      EXPECT_NE(ended.err.find("not enough memory"), std::string::npos);
    }
  }
}

TEST(WorkOnThreads, WhatOneThrowsEndsAllAndReachesTheCaller) {
  std::atomic<int> next{0};
  std::atomic<int> given_up{0};
  const auto work = [&] {
    while (next++ < 1000) {
      if (next > 100) throw std::bad_alloc();
    }
  };
  EXPECT_THROW(work_on_threads(8, work,
                               [&] {
                                 next = 1000;
                                 ++given_up;
                               }),
               std::bad_alloc);
  EXPECT_GE(given_up, 1);
}

}  // namespace
}  // namespace sweepcheck
