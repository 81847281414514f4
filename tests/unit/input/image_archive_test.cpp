// Aim: real images read as they are: both formats, compressed or not, whole or with parts missing.
// Method: archives are made in memory with all digests right; and the sample archive.
#include "input/image/image_archive.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/places.hpp"
#include "tests/unit/input/archive_fixture.hpp"

namespace sweepcheck {
namespace {

using test::layer;
using test::LayoutWriter;
using test::lines_of;
using test::simple_archive;
using test::TarWriter;

// Reads the bytes, expects success without complaints, and gives the archive.
ImageArchive read_well(const std::string& bytes) {
  const ImageArchiveResult result = read_image_archive_bytes(bytes, "app.tar");
  EXPECT_EQ(lines_of(result), "");
  EXPECT_TRUE(result.archive.has_value());
  return result.archive.value_or(ImageArchive{});
}

std::vector<std::string> aliases_of(const ImageDescription& image) {
  std::vector<std::string> out;
  for (const ImageBlob& blob : image.blobs) out.push_back(blob.alias);
  return out;
}

TEST(ImageArchive, ReadsAnOciArchive) {
  const ImageArchive archive = read_well(simple_archive());
  EXPECT_EQ(archive.format, ImageArchive::Format::kOciArchive);
  ASSERT_EQ(archive.images.size(), 1U);
  const ImageDescription& image = archive.images.front();
  EXPECT_EQ(image.name, "registry:5000/team/app:1");
  EXPECT_EQ(aliases_of(image),
            (std::vector<std::string>{"config:app", "layer:app.0", "layer:app.1", "manifest:app"}));
  const ImageBlob& config = image.blobs[0];
  EXPECT_EQ(config.platform, "linux/amd64");
  EXPECT_EQ(config.config_labels.front(), std::pair(std::string("a"), std::string("b")));
  ASSERT_EQ(config.chain_ids.size(), 2U);
  EXPECT_EQ(config.chain_ids, chain_ids(config.diff_ids));
  const ImageBlob& top = image.blobs[2];
  EXPECT_EQ(top.diff_id, sha256_digest(layer("b")));
  EXPECT_EQ(top.unpacked_bytes, 6);
  ASSERT_EQ(image.target().children.size(), 3U);
  EXPECT_EQ(image.target().children[2].blob, 2U);
}

TEST(ImageArchive, CompressionChangesNothingButTheDigests) {
  const std::string plain = simple_archive();
  const ImageArchive expected = read_well(plain);
  for (const int filter : {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD}) {
    const ImageArchive archive = read_well(test::compressed(plain, filter));
    EXPECT_EQ(archive.images.front().blobs, expected.images.front().blobs);
    LayoutWriter layout;
    const std::string tar = layer("a");
    const std::string blob = test::compressed(tar, filter);
    const std::string config = layout.blob(LayoutWriter::kConfigType, LayoutWriter::config({tar}));
    const std::string manifest = LayoutWriter::manifest(
        config, {layout.blob("application/vnd.oci.image.layer.v1.tar+x", blob)});
    const ImageArchive image =
        read_well(layout.tar({layout.blob(LayoutWriter::kManifestType, manifest)}).finish());
    EXPECT_EQ(image.images.front().blobs[1].digest, sha256_digest(blob));
    EXPECT_EQ(image.images.front().blobs[1].diff_id, sha256_digest(tar));
    EXPECT_EQ(image.images.front().blobs[1].unpacked_bytes, 6);
  }
}

TEST(ImageArchive, LayersMayEndWithoutPaddingAndTrailer) {
  const std::string tar = TarWriter().file("x", "12345").unfinished();
  for (const std::string& bytes :
       {tar, tar.substr(0, 512 + 5), std::string(1024, '\0'), std::string()}) {
    LayoutWriter layout;
    const ImageDescription image =
        read_well(layout.tar({layout.image({bytes})}).finish()).images.front();
    EXPECT_EQ(image.blobs[1].diff_id, sha256_digest(bytes));
    EXPECT_EQ(image.blobs[1].unpacked_bytes, bytes.starts_with('x') ? 5 : 0);
  }
}

TEST(ImageArchive, ReadsALayoutFolder) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "sweepcheck_layout.oci";
  std::filesystem::remove_all(folder);
  LayoutWriter layout;
  const std::string target = layout.image({layer("a")});
  for (const auto& [name, bytes] : layout.members({target})) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  const ImageArchiveResult good = read_image_archive(folder.string());
  EXPECT_EQ(lines_of(good), "");
  ASSERT_TRUE(good.archive.has_value());
  EXPECT_EQ(good.archive->format, ImageArchive::Format::kOciLayout);
  EXPECT_EQ(good.archive->images.front().name, "sweepcheck_layout");

  std::filesystem::create_symlink("/etc/passwd", folder / "blobs/sha256/link");
  const ImageArchiveResult linked = read_image_archive(folder.string());
  ASSERT_EQ(linked.diagnostics.size(), 1U);
  EXPECT_EQ(linked.diagnostics.front().rule, "member-kind");
  EXPECT_EQ(linked.diagnostics.front().pointer, "blobs/sha256/link");
  std::filesystem::remove_all(folder);
  EXPECT_EQ(read_image_archive(folder.string()).diagnostics.front().rule, "unreadable");
}

TEST(ImageArchive, IndexKeepsAbsentPlatformsAndAttestations) {
  LayoutWriter layout;
  const std::string amd64 = layout.image({layer("a")}, LayoutWriter::platform("linux", "amd64"));
  const std::string arm64 = LayoutWriter::descriptor(LayoutWriter::kManifestType, "absent",
                                                     LayoutWriter::platform("linux", "arm64"));
  const std::string statement =
      layout.blob("application/vnd.in-toto+json", R"({"_type":"statement"})");
  const std::string attestation_config =
      layout.blob(LayoutWriter::kConfigType, LayoutWriter::config({R"({"_type":"statement"})"}));
  const std::string attestation = layout.blob(
      LayoutWriter::kManifestType, LayoutWriter::manifest(attestation_config, {statement}),
      LayoutWriter::platform("unknown", "unknown"));
  const std::string index =
      layout.blob(LayoutWriter::kIndexType, LayoutWriter::index({amd64, arm64, attestation}),
                  LayoutWriter::name("app:1"));
  const ImageDescription image = read_well(layout.tar({index}).finish()).images.front();
  EXPECT_EQ(aliases_of(image),
            (std::vector<std::string>{"config:app/linux/amd64", "layer:app/linux/amd64.0",
                                      "manifest:app/linux/amd64", "manifest:app/linux/arm64",
                                      "config:app/unknown/unknown", "layer:app/unknown/unknown.0",
                                      "manifest:app/unknown/unknown", "index:app"}));
  EXPECT_FALSE(image.blobs[3].present);
  EXPECT_EQ(image.target().children[1].platform, "linux/arm64");
  EXPECT_EQ(image.target().children[2].platform, "unknown/unknown");
}

TEST(ImageArchive, SharedLayersKeepTheirFirstAlias) {
  LayoutWriter layout;
  const std::string one = layout.image({layer("base"), layer("1")}, LayoutWriter::name("a/app:1"));
  const std::string two = layout.image({layer("base"), layer("2")}, LayoutWriter::name("b/app:2"));
  const ImageArchive archive = read_well(layout.tar({one, two}).finish());
  ASSERT_EQ(archive.images.size(), 2U);
  EXPECT_EQ(
      aliases_of(archive.images[1]),
      (std::vector<std::string>{"config:app-2", "layer:app.0", "layer:app.1-2", "manifest:app-2"}));
}

TEST(ImageArchive, MissingLayersAreWarnedAboutAndKeepTheirDiffIds) {
  LayoutWriter layout;
  const std::string target = layout.image({layer("a"), layer("b")});
  layout.erase_blob(layer("b"));
  const ImageArchiveResult result =
      read_image_archive_bytes(layout.tar({target}).finish(), "app.tar.gz");
  ASSERT_TRUE(result.archive.has_value());
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_TRUE(result.diagnostics.front().warning);
  EXPECT_EQ(result.diagnostics.front().rule, "missing-blob");
  const ImageDescription& image = result.archive->images.front();
  EXPECT_EQ(image.name, "app");
  EXPECT_FALSE(image.blobs[2].present);
  EXPECT_EQ(image.blobs[2].diff_id, sha256_digest(layer("b")));
}

TEST(ImageArchive, UnnamedAndDoublyNamedImages) {
  LayoutWriter layout;
  const std::string one = layout.image({layer("1")});
  const std::string two = layout.image({layer("2")});
  const ImageArchive unnamed = read_well(layout.tar({one, two}).finish());
  EXPECT_EQ(unnamed.images[0].name, "app");
  EXPECT_EQ(unnamed.images[1].name, "app-2");

  const std::string three = layout.image({layer("3")}, LayoutWriter::name("same"));
  const std::string four = layout.image({layer("4")}, LayoutWriter::name("same"));
  const ImageArchiveResult result =
      read_image_archive_bytes(layout.tar({three, four}).finish(), "app.tar");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics.front().rule, "duplicate-name");
  ASSERT_EQ(result.archive->images.size(), 1U);
  EXPECT_EQ(result.archive->images[0].blobs[1].diff_id, sha256_digest(layer("4")));

  const ImageArchiveResult empty = read_image_archive_bytes(layout.tar({}).finish(), "app.tar");
  EXPECT_TRUE(empty.archive && empty.archive->images.empty());
  EXPECT_EQ(empty.diagnostics.front().rule, "no-image");
}

TEST(ImageArchive, ReadsADockerArchive) {
  const std::string tar = layer("a");
  const std::string packed = test::gzipped(layer("b"));
  const std::string config = LayoutWriter::config({tar, layer("b"), tar});
  const std::string config_name = test::hex_of(sha256_digest(config)) + ".json";
  const std::string archive =
      TarWriter()
          .file("1/layer.tar", tar)
          .file("2/layer.tar", packed)
          .special("3/layer.tar", '2', "../1/layer.tar")
          .file(config_name, config)
          .file("manifest.json",
                test::docker_manifest(config_name, R"("1/layer.tar","2/layer.tar","3/layer.tar")"))
          .finish();
  const ImageArchive read = read_well(archive);
  EXPECT_EQ(read.format, ImageArchive::Format::kDockerArchive);
  ASSERT_EQ(read.images.size(), 2U);
  EXPECT_EQ(read.images[0].name, "team/app:1");
  EXPECT_EQ(read.images[0].blobs, read.images[1].blobs);
  const ImageDescription& image = read.images[0];
  // What Go's encoder makes of containerd's manifest: compact, keys in the structs' order.
  const std::string manifest =
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
      R"("config":)" +
      LayoutWriter::descriptor("application/vnd.docker.container.image.v1+json", config) +
      R"(,"layers":[)" +
      LayoutWriter::descriptor("application/vnd.docker.image.rootfs.diff.tar", tar) + "," +
      LayoutWriter::descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", packed) + "," +
      LayoutWriter::descriptor("application/vnd.docker.image.rootfs.diff.tar", tar) + "]}";
  EXPECT_EQ(image.target().digest, sha256_digest(manifest));
  EXPECT_EQ(image.blobs[1].digest, image.blobs[1].diff_id);
  ASSERT_EQ(image.target().children.size(), 4U);
  EXPECT_EQ(image.target().children[1].blob, image.target().children[3].blob);
}

TEST(ImageArchive, AnArchiveOfBothFormatsIsOci) {
  LayoutWriter layout;
  const std::string target = layout.image({layer("a")});
  layout.member("manifest.json", "[]");
  EXPECT_EQ(read_well(layout.tar({target}).finish()).format, ImageArchive::Format::kOciArchive);
}

TEST(ImageArchive, TheSampleImageReadsWithoutDiagnostics) {
  const ImageArchiveResult result =
      read_image_archive(SWEEPCHECK_SOURCE_DIR "/scenarios/images/sample.oci.tar");
  EXPECT_EQ(lines_of(result), "");
  ASSERT_TRUE(result.archive.has_value());
  ASSERT_EQ(result.archive->images.size(), 1U);
  const ImageDescription& image = result.archive->images.front();
  EXPECT_EQ(image.name, "sample:1");
  EXPECT_EQ(image.blobs.front().platform, "linux/amd64");
  EXPECT_GE(image.target().children.size(), 5U);
}

}  // namespace
}  // namespace sweepcheck
