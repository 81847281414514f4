// Aim: no name from a scenario leads out of the folder that it is joined to. Method: every kind of
// name that would, and the links that earlier steps could have left in the folder.
#include "conformance/host/contained_path.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

class ContainedPath : public testing::Test {
 protected:
  ContainedPath() {
    std::string name = (fs::temp_directory_path() / "contained-path-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    top_ = name;
    folder_ = top_ / "run";
    fs::create_directories(folder_ / "inside");
    fs::create_directories(top_ / "outside");
    fs::create_directory_symlink(top_ / "outside", folder_ / "way-out");
    fs::create_directory_symlink(folder_ / "inside", folder_ / "way-in");
    fs::create_symlink(top_ / "nowhere", folder_ / "dangling");
    std::ofstream(folder_ / "file") << "x";
  }
  ~ContainedPath() override { fs::remove_all(top_); }

  fs::path top_;
  fs::path folder_;
};

TEST_F(ContainedPath, ANameIsAFileOfTheFolderWhetherItIsThereOrNot) {
  for (const char* name : {"file", "new.tar", "...", "-x", "a b", "inside", "..x", "a:b@c+d"}) {
    const PathOrReason joined = contained_file(folder_, name);
    ASSERT_TRUE(joined.path) << joined.reason;
    EXPECT_EQ(*joined.path, folder_ / name);
    EXPECT_EQ(joined.reason, "");
  }
}

TEST_F(ContainedPath, WhatIsNoNameOfAFileIsRefusedWithTheNameAndWhy) {
  using namespace std::string_view_literals;
  for (const std::string_view name :
       {""sv, "."sv, ".."sv, "/"sv, "/etc"sv, "../x"sv, "a/b"sv, "inside/../.."sv, "a/"sv, "./a"sv,
        "a\0b"sv, "a\nb"sv, "\x7f"sv}) {
    const PathOrReason joined = contained_file(folder_, name);
    EXPECT_FALSE(joined.path) << name;
    EXPECT_NE(joined.reason.find("leads to no file of this run: "), std::string::npos) << name;
    EXPECT_EQ(joined.reason.find_first_of(std::string_view("\n\0", 2)), std::string::npos) << name;
  }
  EXPECT_TRUE(contained_file(folder_, std::string(255, 'x')).path);
  EXPECT_FALSE(contained_file(folder_, std::string(256, 'x')).path);
}

TEST_F(ContainedPath, APathMayHaveFoldersButNoneOfThemIsAbove) {
  for (const char* path : {"a", "a/b", "inside/new/deep", "lib/app", "file"}) {
    const PathOrReason joined = contained_path(folder_, path);
    ASSERT_TRUE(joined.path) << joined.reason;
    EXPECT_EQ(*joined.path, folder_ / path);
  }
  for (const char* path :
       {"", "/", "/etc", "..", "a/..", "a/../../x", "a//b", "a/", "./a", "a/."}) {
    EXPECT_FALSE(contained_path(folder_, path).path) << path;
  }
  EXPECT_FALSE(contained_path(folder_, std::string(3000, '/')).path);
}

TEST_F(ContainedPath, NoLinkIsFollowedWhereverItLeads) {
  for (const char* name : {"way-out", "way-in", "dangling"}) {
    const PathOrReason joined = contained_file(folder_, name);
    EXPECT_FALSE(joined.path) << name;
    EXPECT_NE(joined.reason.find("a symbolic link is on the way"), std::string::npos);
  }
  EXPECT_FALSE(contained_path(folder_, "way-out/new").path);
  EXPECT_FALSE(contained_path(folder_, "way-in/new").path);
  EXPECT_FALSE(contained_path(folder_, "way-out/../file").path);
}

// The folder itself is ours, however it is written: TMPDIR may be a link.
TEST_F(ContainedPath, TheFolderItselfIsTrusted) {
  EXPECT_TRUE(contained_file(folder_ / "way-in", "x").path);
}

}  // namespace
}  // namespace sweepcheck
