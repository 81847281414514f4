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
#include "conformance/host/isolation.hpp"
#include "conformance/host/process.hpp"

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

  fs::path folder_;
};

// A run waits inside for a program that doesn't end; it has written where its folder is.
TEST_F(ConformEnds, ASignalLeavesNothingRunningAndNothingBehind) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path note = folder_ / ("note" + std::to_string(signal));
    const pid_t runner = ::fork();
    ASSERT_GE(runner, 0);
    if (runner == 0) {
      const Isolated isolated = run_isolated({}, [&](const IsolatedPlace& place) {
        const fs::path& inside = place.folder;
        auto sleeper = ChildProcess::start({"/bin/sleep", "1000"}, inside / "log");
        std::ofstream(note.string() + ".new") << inside.string();
        fs::rename(note.string() + ".new", note);
        if (sleeper) sleeper->wait(std::chrono::seconds(60));
        return 0;
      });
      ::_exit(isolated.interrupted ? isolated.status : 1);
    }
    for (int i = 0; i < 2000 && !fs::exists(note); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(fs::exists(note));
    std::string inside;
    std::ifstream(note) >> inside;
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
