// Aim: what keeps `conform` from being performed ends clean: one message that says why, exit code
// 2, nothing left. Method: the program itself, with daemons that are small scripts. What needs the
// rights of root is skipped without them.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "conformance/host/process.hpp"
#include "tests/places.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

class ConformFaults : public testing::Test {
 protected:
  ConformFaults() {
    std::string name = (fs::temp_directory_path() / "conform-faults-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::permissions(folder_, fs::perms::all);
    fs::create_directories(folder_ / "tmp");
    fs::permissions(folder_ / "tmp", fs::perms::all);
    std::ofstream(folder_ / "scenario.json")
        << R"({"about": "a", "steps": [{"collect": true}, {"collect": true}]})";
    ::setenv("TMPDIR", (folder_ / "tmp").c_str(), 1);
    script("ctr", "exit 1");
  }
  ~ConformFaults() override {
    ::unsetenv("TMPDIR");
    fs::remove_all(folder_);
  }

  void script(const std::string& name, const std::string& text) {
    const fs::path file = folder_ / name;
    std::ofstream(file) << "#!/bin/sh\n" << text << '\n';
    ASSERT_EQ(::chmod(file.c_str(), 0755), 0);
  }

  // A containerd that answers for its version, and then does what `text` says.
  void daemon(const std::string& version, const std::string& text) {
    script("containerd", R"([ "$1" = --version ] && { echo "containerd github.com/x )" + version +
                             R"( y"; exit; })" + "\n" + text);
  }

  ProcessResult conform(const std::vector<std::string>& before = {},
                        const std::vector<std::string>& flags = {},
                        const std::string& registry = "/bin/true") {
    std::vector<std::string> words = before;
    words.insert(words.end(), {SWEEPCHECK_PROGRAM, "conform", "--registry", registry,
                               "--containerd", (folder_ / "containerd").string()});
    words.insert(words.end(), flags.begin(), flags.end());
    words.push_back((folder_ / "scenario.json").string());
    return run_process(words, std::chrono::seconds(60));
  }

  static bool is_impossible(const ProcessResult& result) {
    return result.err.find("no daemon can be run here") != std::string::npos;
  }

  fs::path folder_;
};

TEST_F(ConformFaults, WithoutRootItSaysSo) {
  daemon("1.7.24", "exit 3");
  std::vector<std::string> as_nobody;
  if (::geteuid() == 0) {
    if (find_program("setpriv").empty()) GTEST_SKIP() << "there is no setpriv";
    if (::access(SWEEPCHECK_PROGRAM, X_OK) != 0) GTEST_SKIP() << "others can't run the program";
    as_nobody = {"setpriv", "--reuid", "65534", "--clear-groups"};
  }
  const ProcessResult result = conform(as_nobody);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("it needs the rights of root"), std::string::npos) << result.err;
}

TEST_F(ConformFaults, ADaemonThatDoesNotStartIsShownWithItsLastWords) {
  if (::geteuid() != 0) GTEST_SKIP() << "it needs the rights of root";
  daemon("1.7.24", "echo level=fatal the database is of the next century; exit 3");
  const ProcessResult result = conform();
  if (is_impossible(result)) GTEST_SKIP() << result.err;
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find("ended with code 3"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("the next century"), std::string::npos) << result.out;
  EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
}

TEST_F(ConformFaults, AnUnknownVersionTakesTheNearestProfileWithAWarning) {
  daemon("9.9.1", "exit 3");
  const ProcessResult result = conform();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("warning: no profile is of containerd 9.9.1; it is compared with "),
            std::string::npos)
      << result.err;
}

TEST_F(ConformFaults, AMissingProgramIsNamed) {
  const ProcessResult no_daemon = conform();
  EXPECT_EQ(no_daemon.exit_code, 2);
  EXPECT_NE(no_daemon.err.find("is not a program that can be run"), std::string::npos);
  daemon("1.7.24", "exit 3");
  const ProcessResult no_registry = conform({}, {}, "/no/such/registry");
  EXPECT_EQ(no_registry.exit_code, 2);
  EXPECT_NE(no_registry.err.find("/no/such/registry"), std::string::npos) << no_registry.err;
}

TEST_F(ConformFaults, AFullDiskIsToldBeforeAnythingIsWritten) {
  if (::geteuid() != 0) GTEST_SKIP() << "it needs the rights of root";
  daemon("1.7.24", "exit 3");
  if (::mount("tmpfs", (folder_ / "tmp").c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "can't mount a small disk";
  }
  const ProcessResult result = conform({}, {"--keep"});
  ::umount((folder_ / "tmp").c_str());
  if (is_impossible(result)) GTEST_SKIP() << result.err;
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE((result.out + result.err).find("is full: "), std::string::npos) << result.out;
}

}  // namespace
}  // namespace sweepcheck
