// Aim: a file is there whole or as it was; nothing else is left behind.
// Method: a folder of its own for each case, looked at before and after.
#include "reports/output/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() {
    std::string name = testing::TempDir() + "sweepcheck-atomic-XXXXXX";
    folder_ = mkdtemp(name.data()) == nullptr ? "" : name;
  }
  ~AtomicFile() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::ptrdiff_t entry_count() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
};

TEST_F(AtomicFile, WritesAndReplaces) {
  const fs::path path = folder_ / "report.json";
  EXPECT_EQ(write_file_atomically(path, "one"), std::nullopt);
  EXPECT_EQ(content(path), "one");
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(write_file_atomically(path, large), std::nullopt);
  EXPECT_EQ(content(path), large);
  EXPECT_EQ(write_file_atomically(path, ""), std::nullopt);
  EXPECT_EQ(content(path), "");
  EXPECT_EQ(entry_count(), 1);
}

TEST_F(AtomicFile, KeepsPermissionsAndFollowsLinks) {
  const fs::path path = folder_ / "report.json";
  const fs::path link = folder_ / "link";
  ASSERT_EQ(write_file_atomically(path, "one"), std::nullopt);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("report.json", link);
  EXPECT_EQ(write_file_atomically(link, "two"), std::nullopt);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content(path), "two");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(entry_count(), 2);
}

TEST_F(AtomicFile, SaysWhatFailedAndLeavesNothing) {
  const fs::path missing = folder_ / "no-such-folder" / "report.json";
  EXPECT_EQ(write_file_atomically(missing, "x"),
            missing.string() + ": can't write in its folder: No such file or directory");
  EXPECT_EQ(write_file_atomically(folder_, "x"),
            folder_.string() + ": can't write: Is a directory");
  EXPECT_EQ(entry_count(), 0);
}

TEST_F(AtomicFile, WritesToWhatIsNoRegularFile) {
  EXPECT_EQ(write_file_atomically("/dev/null", "x"), std::nullopt);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace sweepcheck
