// Aim: the notations that labels and configurations use are read as Go and containerd read them.
// Method: tables of words and what they mean, with the nearest wrong words beside them.
#include <gtest/gtest.h>

#include "model/catalog/label.hpp"
#include "model/catalog/media_type.hpp"
#include "model/image_graph.hpp"
#include "model/time.hpp"

namespace sweepcheck {
namespace {

TEST(Rfc3339, IsReadAsGoReadsIt) {
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00Z"), kEpoch);
  EXPECT_EQ(parse_rfc3339("2026-01-01T02:30:00+02:30"), kEpoch);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.5Z"), kEpoch + kSecond / 2);
  for (const char* wrong :
       {"", "not-a-time", "2026-01-01", "1767225600", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01t00:00:00z ", "2026-01-01T00:00:00Z "}) {
    EXPECT_EQ(parse_rfc3339(wrong), std::nullopt) << wrong;
  }
}

TEST(Rfc3339, IsWrittenInSeconds) {
  EXPECT_EQ(format_rfc3339(kEpoch + 25 * kHour + kSecond / 2), "2026-01-02T01:00:00Z");
}

TEST(GoDuration, IsReadAndWritten) {
  EXPECT_EQ(parse_duration("24h"), 24 * kHour);
  EXPECT_EQ(parse_duration("1h30m"), 90 * 60 * kSecond);
  EXPECT_EQ(parse_duration("0.5s"), kSecond / 2);
  EXPECT_EQ(parse_duration("-5ms"), -5 * kMillisecond);
  EXPECT_EQ(parse_duration("0"), 0);
  for (const char* wrong : {"", "h", "5", "5 s", "1d", "1.2.3s", "999999999h"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(parse_duration(std::string(5000, '9') + "h"), std::nullopt);
  for (const Duration duration :
       {Duration{0}, kMillisecond, 90 * kSecond, 25 * kHour, Duration{1}}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(LabelKeys, SayWhatTheCollectorReads) {
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.root").meaning, Meaning::kRoot);
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.rooted").meaning,
            Meaning::kRootPrefix);
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.ref.content.l.0").meaning,
            Meaning::kRefContent);
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.ref.contents").meaning,
            Meaning::kInert);
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.ref.image/x").meaning,
            Meaning::kRefImage);
  const LabelKey snapshot =
      parse_label_key(ObjectKind::kContent, "containerd.io/gc.ref.snapshot.overlayfs/x");
  EXPECT_EQ(snapshot.meaning, Meaning::kRefSnapshot);
  EXPECT_EQ(snapshot.snapshotter, "overlayfs");
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/gc.bref.image.x").meaning,
            Meaning::kBackImage);
  EXPECT_EQ(parse_label_key(ObjectKind::kContent, "containerd.io/uncompressed").meaning,
            Meaning::kInert);
}

TEST(MediaTypes, AreLayersByProfile) {
  const Profile& old = *find_profile("containerd-1.7");
  const Profile& current = *find_profile("containerd-2.1");
  const Profile& newest = *find_profile("containerd-2.3");
  const auto layer = [](std::string_view type, const Profile& profile) {
    return is_layer(classify_media_type(type), profile);
  };
  EXPECT_TRUE(layer("application/vnd.oci.image.layer.v1.tar+zstd", old));
  EXPECT_TRUE(layer("application/vnd.oci.image.layer.nondistributable.v1.tar", old));
  EXPECT_TRUE(layer("application/vnd.docker.image.rootfs.diff.tar.gzip", old));
  EXPECT_TRUE(layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", old));
  EXPECT_FALSE(layer("application/vnd.docker.image.rootfs.diff.tar.zstd", old));
  EXPECT_TRUE(layer("application/vnd.docker.image.rootfs.diff.tar.zstd", current));
  EXPECT_FALSE(layer("application/vnd.erofs.layer.v1", current));
  EXPECT_TRUE(layer("application/vnd.erofs.layer.v1", newest));
  EXPECT_FALSE(layer("application/vnd.in-toto+json", newest));
}

TEST(Platforms, RankAsPlatformsOnlyDoes) {
  Catalog catalog;
  const auto rank = [&](std::string_view have, std::string_view want, bool strict) {
    return platform_rank(catalog, catalog.intern(have), catalog.intern(want), strict);
  };
  EXPECT_EQ(rank("linux/amd64", "linux/amd64", true), 0);
  EXPECT_EQ(rank("linux/arm64/v8", "linux/arm64", true), 0);
  EXPECT_EQ(rank("linux/arm/v6", "linux/arm/v7", true), -1);
  EXPECT_GT(rank("linux/arm/v6", "linux/arm/v7", false), 0);
  EXPECT_EQ(rank("linux/arm/v7", "linux/arm/v6", false), -1);
  EXPECT_EQ(rank("windows/amd64", "linux/amd64", false), -1);
  EXPECT_EQ(platform_rank(catalog, kNone<StringId>, catalog.intern("linux/amd64"), true), 0);
}

}  // namespace
}  // namespace sweepcheck
