// Aim: releases are read, compared and gathered as a rule's row says them.
// Method: each way of saying it, asked for the releases on both sides of every boundary.
#include "model/version.hpp"

#include <gtest/gtest.h>

namespace sweepcheck {
namespace {

TEST(Version, IsReadAndWritten) {
  EXPECT_EQ(parse_version("1.7.15"), (Version{1, 7, 15}));
  EXPECT_EQ(parse_version("0.0.0"), (Version{0, 0, 0}));
  EXPECT_EQ(format_version({2, 1, 9}), "2.1.9");
  for (const char* wrong : {"", "1", "1.7", "1.7.", "1.7.x", "v1.7.15", "1.7.15 ", " 1.7.15",
                            "1.7.15~ds1", "1.7.15.1", "1.7.-1", "1.7.+1", "1.7.70000", "1..7"}) {
    EXPECT_EQ(parse_version(wrong), std::nullopt) << wrong;
  }
}

TEST(Version, IsComparedByNumbers) {
  EXPECT_LT((Version{1, 7, 9}), (Version{1, 7, 10}));
  EXPECT_LT((Version{1, 7, 36}), (Version{2, 0, 0}));
}

TEST(Versions, SinceCountsInTheLineItWasTakenBackTo) {
  const Versions versions = since({1, 6, 32}, {1, 7, 17});
  for (const Version in : {Version{1, 6, 32}, {1, 6, 39}, {1, 7, 17}, {2, 0, 0}, {9, 9, 9}}) {
    EXPECT_TRUE(versions.contains(in)) << format_version(in);
  }
  for (const Version out : {Version{1, 6, 31}, {1, 7, 0}, {1, 7, 16}, {0, 0, 1}}) {
    EXPECT_FALSE(versions.contains(out)) << format_version(out);
  }
  EXPECT_EQ(describe(versions), "1.6.32 to the end of 1.6; 1.7.17 and later");
}

TEST(Versions, BeforeEndsInEachLine) {
  const Versions versions = before({1, 6, 26}, {1, 7, 6}, Version{2, 0, 2});
  for (const Version in : {Version{0, 0, 0}, {1, 6, 25}, {1, 7, 0}, {1, 7, 5}, {2, 0, 1}}) {
    EXPECT_TRUE(versions.contains(in)) << format_version(in);
  }
  for (const Version out : {Version{1, 6, 26}, {1, 6, 39}, {1, 7, 6}, {2, 0, 2}, {2, 1, 0}}) {
    EXPECT_FALSE(versions.contains(out)) << format_version(out);
  }
  EXPECT_EQ(describe(versions),
            "before 1.6.26; 1.7.0 and later, before 1.7.6; "
            "2.0.0 and later, before 2.0.2");
}

TEST(Versions, AllNoneAndBetween) {
  EXPECT_TRUE(always().contains({0, 0, 0}));
  EXPECT_TRUE(never().empty());
  EXPECT_FALSE(never().contains({1, 6, 20}));
  EXPECT_TRUE(between({2, 1, 0}, {2, 4, 0}).contains({2, 3, 7}));
  EXPECT_FALSE(between({2, 1, 0}, {2, 4, 0}).contains({2, 4, 0}));
  EXPECT_TRUE(either(before({1, 7, 17}), since({2, 1, 0})).contains({1, 6, 20}));
  EXPECT_FALSE(either(before({1, 7, 17}), since({2, 1, 0})).contains({2, 0, 0}));
  EXPECT_EQ(describe(always()), "all");
  EXPECT_EQ(describe(never()), "none");
}

}  // namespace
}  // namespace sweepcheck
