// Runs that end before their time: by a signal, and by daemons that do not start. Real processes in
// real namespaces, so only as root.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "conformance/compare/conformance.hpp"
#include "conformance/host/control_groups.hpp"
#include "conformance/host/isolation.hpp"
#include "conformance/host/process.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

class ConformEnds : public testing::Test {
 protected:
  void SetUp() override {
    const Isolated tried = run_isolated({}, [](const IsolatedPlace&) { return 0; });
    if (!tried.possible) GTEST_SKIP() << tried.reason;
    std::string name = (fs::temp_directory_path() / "conform-ends-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  fs::path write(const std::string& name, const std::string& text) {
    const fs::path file = folder_ / name;
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  // Waits inside for a program that doesn't end, with containers' groups, until it is ended; has
  // written where its folder is.
  Isolated run_waiting(const fs::path& note) const {
    return run_isolated({.writable = {folder_}}, [&](const IsolatedPlace& place) {
      if (place.no_control_groups.empty()) {
        for (const fs::path& mount : control_group_mounts()) {
          fs::create_directories(mount / "k8s.io/container");
        }
      }
      auto sleeper = ChildProcess::start({"/bin/sleep", "1000"}, place.folder / "log");
      std::ofstream(note.string() + ".new") << place.folder.string();
      fs::rename(note.string() + ".new", note);
      if (sleeper) sleeper->wait(std::chrono::seconds(60));
      return 0;
    });
  }

  static std::string await(const fs::path& note) {
    for (int i = 0; i < 2000 && !fs::exists(note); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::string inside;
    std::ifstream(note) >> inside;
    EXPECT_NE(inside, "");
    return inside;
  }

  fs::path folder_;
};

// The only child of a process; 0 if it has none, or more.
pid_t child_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/task/" + std::to_string(process) +
                   "/children");
  pid_t child = 0;
  pid_t more = 0;
  return in >> child && !(in >> more) ? child : 0;
}

// Groups may go while they are counted: what can't be read any more is not there.
std::size_t count_groups(const std::string& run) {
  std::size_t count = 0;
  std::error_code gone;
  for (const fs::path& mount : control_group_mounts()) {
    const fs::path group = mount / fs::path(run).filename();
    if (!fs::exists(group, gone)) continue;
    ++count;
    for (fs::recursive_directory_iterator entry(group, gone), end; !gone && entry != end;
         entry.increment(gone)) {
      count += entry->is_directory(gone) ? 1 : 0;
    }
  }
  return count;
}

bool is_gone(const std::string& run) {
  for (int i = 0; i < 2000; ++i) {
    if (count_groups(run) == 0 && !fs::exists(run)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST_F(ConformEnds, ASignalLeavesNothingRunningAndNothingBehind) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path note = folder_ / ("note" + std::to_string(signal));
    const pid_t runner = ::fork();
    ASSERT_GE(runner, 0);
    if (runner == 0) {
      const Isolated isolated = run_waiting(note);
      ::_exit(isolated.interrupted ? isolated.status : 1);
    }
    const std::string inside = await(note);
    EXPECT_TRUE(fs::exists(inside));
    ::kill(runner, signal);
    int status = 0;
    ::waitpid(runner, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 128 + signal);
    EXPECT_FALSE(fs::exists(inside));
    // Nobody's mount namespace holds the folder of memory any more.
    for (const auto& process : fs::directory_iterator("/proc")) {
      std::ifstream mounts(process.path() / "mounts");
      const std::string all((std::istreambuf_iterator<char>(mounts)), {});
      EXPECT_EQ(all.find(inside), std::string::npos) << process.path();
    }
  }
}

// Of each way to kill a run without its leave, only the last reaches what clears up after it: then
// the next run does.
TEST_F(ConformEnds, SigkillLeavesNoControlGroup) {
  enum class Target { kProgram, kGroup, kProgramAndInside, kAll };
  int number = 0;
  for (const Target target :
       {Target::kProgram, Target::kGroup, Target::kProgramAndInside, Target::kAll}) {
    SCOPED_TRACE(static_cast<int>(target));
    const fs::path note = folder_ / ("note" + std::to_string(++number));
    const pid_t runner = ::fork();
    ASSERT_GE(runner, 0);
    if (runner == 0) {
      ::setpgid(0, 0);
      run_waiting(note);
      ::_exit(1);
    }
    const std::string run = await(note);
    const pid_t between = child_of(runner);
    const pid_t inside = child_of(between);
    ASSERT_GT(inside, 0);
    if (count_groups(run) == 0) {
      ::kill(runner, SIGTERM);
      ::waitpid(runner, nullptr, 0);
      GTEST_SKIP() << "no control groups can be made here";
    }
    // Else it might clear up itself before its turn comes.
    if (target == Target::kAll) ::kill(runner, SIGSTOP);
    if (target == Target::kAll) ::kill(between, SIGKILL);
    if (target == Target::kAll || target == Target::kProgramAndInside) ::kill(inside, SIGKILL);
    ::kill(target == Target::kGroup ? -runner : runner, SIGKILL);
    ::waitpid(runner, nullptr, 0);
    if (target != Target::kAll) {
      EXPECT_TRUE(is_gone(run)) << count_groups(run) << " groups are left";
      continue;
    }
    for (int i = 0; i < 2000 && ::kill(inside, 0) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    run_isolated({}, [](const IsolatedPlace&) { return 0; });
    EXPECT_EQ(count_groups(run), 0U);
    fs::remove_all(run);
  }
}

// Who looks for the program's name does not find what clears up after it.
TEST_F(ConformEnds, WhatClearsUpHasAnotherName) {
  const fs::path note = folder_ / "note";
  const pid_t runner = ::fork();
  ASSERT_GE(runner, 0);
  if (runner == 0) {
    run_waiting(note);
    ::_exit(1);
  }
  await(note);
  const std::string between = "/proc/" + std::to_string(child_of(runner));
  std::string name;
  std::string words;
  std::getline(std::ifstream(between + "/comm") >> std::ws, name);
  std::getline(std::ifstream(between + "/cmdline") >> std::ws, words, '\0');
  EXPECT_EQ(name, "clears-up");
  EXPECT_EQ(words, "clears-up");
  ::kill(runner, SIGTERM);
  ::waitpid(runner, nullptr, 0);
}

TEST_F(ConformEnds, ADaemonThatDoesNotStartIsStatusTwoWithItsLastWords) {
  const fs::path daemon = write("containerd",
                                "#!/bin/sh\n"
                                "if [ \"$1\" = --version ]; then\n"
                                "  echo containerd github.com/containerd/containerd 1.7.24 x\n"
                                "else\n"
                                "  echo 'panic: no disk like home' >&2\n"
                                "  exit 2\n"
                                "fi\n");
  for (int i = 0; i < 7; ++i) {
    write(std::to_string(i) + ".json", R"({"about": "a", "steps": [{"collect": true}]})");
  }
  const ProcessResult result =
      run_process({SWEEPCHECK_PROGRAM, "conform", "--containerd", daemon.string(), "--ctr",
                   "/bin/true", "--registry", "/bin/true", "--jobs", "1", folder_.string()},
                  std::chrono::seconds(60));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find("containerd ended with code 2; its last words:\n"
                            "  panic: no disk like home\n"),
            std::string::npos)
      << result.out;
  EXPECT_EQ(result.err.find("panic"), std::string::npos) << "the report tells it: " << result.err;
  EXPECT_NE(result.out.find("5 failed, 2 skipped"), std::string::npos) << result.out;
}

TEST(Differs, ADaemonThatDiedIsNoDifference) {
  ScenarioResult result;
  result.steps.push_back({});
  result.steps.back().findings.push_back({Finding::Kind::kFault, "", "died", 1, ""});
  EXPECT_FALSE(differs(result));
  result.steps.back().findings.push_back({Finding::Kind::kDifference, "", "only there", 1, ""});
  EXPECT_TRUE(differs(result));
}

TEST(EndingText, TellsCodesFromSignals) {
  EXPECT_EQ(ending_text(2), "ended with code 2");
  EXPECT_EQ(ending_text(137), "was killed by signal 9");
}

}  // namespace
}  // namespace sweepcheck
