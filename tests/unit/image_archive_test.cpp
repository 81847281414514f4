// Aim: real images read as they are, and no archive, however broken or hostile, does more than earn
// its diagnostic.
// Method: archives are made in memory with all digests right, then broken in one place each.
#include "input/image_archive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/tar_writer.hpp"

namespace sweepcheck {
namespace {

using test::LayoutWriter;
using test::TarWriter;

std::string layer(const std::string& text) {
  return TarWriter().special("etc/", '5').file("etc/" + text, text).file("x", "12345").finish();
}

std::string lines_of(const ImageArchiveResult& result) {
  std::string out;
  for (const Diagnostic& diagnostic : result.diagnostics) out += to_line(diagnostic) + "\n";
  return out;
}

// Reads the bytes, expects success without complaints, and gives the archive.
ImageArchive read_well(const std::string& bytes) {
  const ImageArchiveResult result = read_image_archive_bytes(bytes, "app.tar");
  EXPECT_EQ(lines_of(result), "");
  EXPECT_TRUE(result.archive.has_value());
  return result.archive.value_or(ImageArchive{});
}

// The rules of the diagnostics; expects no archive.
std::vector<std::string> rules_of_bad(const std::string& bytes, const ArchiveLimits& limits = {}) {
  const ImageArchiveResult result = read_image_archive_bytes(bytes, "bad.tar", limits);
  EXPECT_FALSE(result.archive.has_value()) << lines_of(result);
  std::vector<std::string> rules;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_EQ(diagnostic.file, "bad.tar");
    rules.push_back(diagnostic.rule);
  }
  return rules;
}

void expect_bad(const std::string& rule, const std::string& bytes,
                const ArchiveLimits& limits = {}) {
  const std::vector<std::string> rules = rules_of_bad(bytes, limits);
  EXPECT_NE(std::find(rules.begin(), rules.end(), rule), rules.end())
      << rule << " is not among " << testing::PrintToString(rules);
}

std::vector<std::string> aliases_of(const ImageDescription& image) {
  std::vector<std::string> out;
  for (const ImageBlob& blob : image.blobs) out.push_back(blob.alias);
  return out;
}

std::string simple_archive() {
  LayoutWriter layout;
  const std::string target =
      layout.image({layer("a"), layer("b")}, LayoutWriter::name("registry:5000/team/app:1"));
  return layout.tar({target}).finish();
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

std::string docker_manifest(const std::string& config, const std::string& layers) {
  return R"([{"Config":")" + config + R"(","RepoTags":["team/app:1","app:2"],"Layers":[)" + layers +
         "]}]";
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
                docker_manifest(config_name, R"("1/layer.tar","2/layer.tar","3/layer.tar")"))
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

TEST(ImageArchive, RefusesBadDockerArchives) {
  const std::string tar = layer("a");
  const std::string config = LayoutWriter::config({tar});
  const std::string manifest = docker_manifest("c.json", R"("1/layer.tar")");
  expect_bad("missing-member",
             TarWriter().file("c.json", config).file("manifest.json", manifest).finish());
  expect_bad("missing-member",
             TarWriter().file("1/layer.tar", tar).file("manifest.json", manifest).finish());
  expect_bad("link-escapes", TarWriter()
                                 .file("c.json", config)
                                 .special("1/layer.tar", '2', "../../etc/passwd")
                                 .file("manifest.json", manifest)
                                 .finish());
  expect_bad("member-kind", TarWriter()
                                .file("c.json", config)
                                .special("1/layer.tar", '2', "layer.tar")
                                .file("manifest.json", manifest)
                                .finish());
  const std::string wrong_name = std::string(64, 'a') + ".json";
  expect_bad("digest-mismatch",
             TarWriter()
                 .file(wrong_name, config)
                 .file("1/layer.tar", tar)
                 .file("manifest.json", docker_manifest(wrong_name, R"("1/layer.tar")"))
                 .finish());
  expect_bad("diff-id", TarWriter()
                            .file("c.json", LayoutWriter::config({layer("other")}))
                            .file("1/layer.tar", tar)
                            .file("manifest.json", manifest)
                            .finish());
  expect_bad("wrong-type", TarWriter().file("manifest.json", "{}").finish());
  expect_bad("wrong-type", TarWriter().file("manifest.json", "[3]").finish());
}

TEST(ImageArchive, RefusesWhatIsNoArchive) {
  expect_bad("not-an-image", "");
  expect_bad("not-an-archive", "neither a tar nor anything else " + std::string(600, 'x'));
  expect_bad("not-an-image", TarWriter().file("hello", "world").finish());
  expect_bad("not-an-archive", test::gzipped(std::string(2000, 'x')));
  EXPECT_EQ(read_image_archive("/nonexistent/x.tar").diagnostics.front().rule, "unreadable");
}

TEST(ImageArchive, RefusesTruncatedArchives) {
  const std::string whole = simple_archive();
  // Cut within the first member, at which point every later one is missing, too; within the last.
  for (const std::size_t size : {std::size_t{700}, whole.size() - 1024 - 512 - 300}) {
    const std::vector<std::string> rules = rules_of_bad(whole.substr(0, size));
    ASSERT_EQ(rules.size(), 1U) << size;
    EXPECT_TRUE(rules[0] == "unreadable" || rules[0] == "not-an-archive") << rules[0];
  }
  const std::string packed = test::gzipped(whole);
  for (const std::size_t size : {packed.size() / 2, packed.size() - 100, std::size_t{40}}) {
    const Diagnostics diagnostics =
        read_image_archive_bytes(packed.substr(0, size), "x.tar.gz").diagnostics;
    ASSERT_EQ(diagnostics.size(), 1U) << size;
    EXPECT_EQ(diagnostics[0].rule, "not-an-archive") << size;
    EXPECT_NE(diagnostics[0].message.find("truncated"), std::string::npos)
        << diagnostics[0].message;
  }
}

TEST(ImageArchive, RefusesBadMembers) {
  for (const char* name : {"../x", "a/../../x", "/etc/passwd", "a/..", "bad\xff"}) {
    expect_bad("member-name", TarWriter().file(name, "x").finish());
  }
  for (const char type : {'1', '3', '4', '6'}) {
    expect_bad("member-kind", TarWriter().file("y", "y").special("x", type, "y").finish());
  }
  expect_bad("duplicate-member", TarWriter().file("x", "1").file("./x", "2").finish());
  LayoutWriter layout;
  const std::string target = layout.image({layer("a")});
  expect_bad("member-kind", layout.tar({target}).special("x", '2', "index.json").finish());
}

TEST(ImageArchive, RefusesWrongDigestsAndSizes) {
  LayoutWriter layout;
  const std::string target = layout.image({layer("a")});
  LayoutWriter forged = layout;
  forged.member("blobs/sha256/" + test::hex_of(sha256_digest(layer("a"))), layer("b"));
  // One complaint: what refers to the forged blob isn't to blame.
  EXPECT_EQ(rules_of_bad(forged.tar({target}).finish()),
            std::vector<std::string>{"digest-mismatch"});

  std::string larger = target;
  larger.insert(larger.find("\"size\":") + 7, "1");
  expect_bad("size-mismatch", layout.tar({larger}).finish());
  std::string negative = target;
  negative.insert(negative.find("\"size\":") + 7, "-");
  expect_bad("wrong-type", layout.tar({negative}).finish());
  std::string sha512 = target;
  sha512.replace(sha512.find("sha256:"), 7, "sha512:");
  expect_bad("digest", layout.tar({sha512}).finish());
  expect_bad("missing-blob",
             layout.tar({LayoutWriter::descriptor(LayoutWriter::kManifestType, "gone")}).finish());
}

TEST(ImageArchive, RefusesLayersThatAreNotTheirConfigs) {
  LayoutWriter layout;
  const auto target_of = [&](const std::vector<std::string>& in_config,
                             const std::vector<std::string>& layers) {
    const std::string config =
        layout.blob(LayoutWriter::kConfigType, LayoutWriter::config(in_config));
    std::vector<std::string> descriptors;
    for (const std::string& bytes : layers) {
      descriptors.push_back(layout.blob(LayoutWriter::kLayerType, bytes));
    }
    return layout.blob(LayoutWriter::kManifestType, LayoutWriter::manifest(config, descriptors));
  };
  const std::string a = layer("a");
  const std::string b = layer("b");
  expect_bad("diff-id", layout.tar({target_of({a, b}, {b, a})}).finish());
  expect_bad("diff-id", layout.tar({target_of({a, b}, {a})}).finish());
  expect_bad("layer", layout.tar({target_of({"text"}, {std::string(600, 'x')})}).finish());
  expect_bad("layer", layout.tar({target_of({a}, {test::gzipped(a).substr(0, 60)})}).finish());
  // Twice compressed: what is left after one decompression is no tar.
  expect_bad("layer", layout.tar({target_of({a}, {test::gzipped(test::gzipped(a))})}).finish());
}

TEST(ImageArchive, RefusesBadDocuments) {
  const auto with_index = [](const std::string& index) {
    LayoutWriter layout;
    layout.member("index.json", index);
    return layout.tar({}).finish();
  };
  expect_bad("not-json", with_index("{"));
  EXPECT_EQ(
      read_image_archive_bytes(with_index("{"), "x.tar").diagnostics.front().message.find('['),
      std::string::npos);
  expect_bad("not-json", with_index("binary"));
  expect_bad("not-utf8", with_index("{\"a\":\"\xff\"}"));
  expect_bad("too-deep", with_index("{\"a\":" + std::string(300, '[') + "}"));
  expect_bad("missing-key", with_index("{}"));
  expect_bad("wrong-type", with_index(R"({"manifests":3})"));
  expect_bad("missing-key", with_index(R"({"manifests":[{}]})"));
  expect_bad("wrong-type", with_index(R"({"manifests":[[]]})"));
  LayoutWriter layout;
  layout.member("oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  expect_bad("layout-version", layout.tar({}).finish());
  expect_bad("platform",
             layout.tar({layout.image({}, LayoutWriter::platform("linux", "a b"))}).finish());
  TarWriter no_index;
  no_index.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  expect_bad("missing-member", no_index.finish());
}

// A cycle of digests can't be made, so one whose members lie about theirs has to do.
TEST(ImageArchive, CyclesEndAtTheDigestMismatch) {
  LayoutWriter layout;
  const std::string loop =
      LayoutWriter::index({LayoutWriter::descriptor(LayoutWriter::kIndexType, "loop")});
  layout.member("blobs/sha256/" + test::hex_of(sha256_digest("loop")), loop);
  expect_bad("digest-mismatch",
             layout.tar({LayoutWriter::descriptor(LayoutWriter::kIndexType, "loop")}).finish());
}

TEST(ImageArchive, LimitsHold) {
  LayoutWriter layout;
  std::string target = layout.image({layer("a"), layer("b")});
  const std::string archive = layout.tar({target}).finish();
  expect_bad("too-many-members", archive, {.member_count_max = 3});
  expect_bad("not-json", archive, {.document_bytes_max = 20});
  expect_bad("not-json", archive, {.all_documents_bytes_max = 300});
  expect_bad("too-deep", archive, {.json_depth_max = 2});
  expect_bad("too-many", archive, {.layer_count_max = 1});
  expect_bad("too-large", archive, {.graph_bytes_max = 1000});
  expect_bad("too-large", test::gzipped(archive), {.decompressed_bytes_max = 5000});
  for (int depth = 0; depth < 5; ++depth) {
    target = layout.blob(LayoutWriter::kIndexType, LayoutWriter::index({target}));
  }
  expect_bad("too-deep", layout.tar({target}).finish(), {.index_depth_max = 4});

  // A few bytes that decompress to many, as a layer.
  LayoutWriter bomb;
  const std::string zeros = test::gzipped(std::string(50'000'000, '\0'));
  const std::string config = bomb.blob(LayoutWriter::kConfigType, LayoutWriter::config({"x"}));
  const std::string manifest =
      LayoutWriter::manifest(config, {bomb.blob(LayoutWriter::kLayerType, zeros)});
  expect_bad("too-large", bomb.tar({bomb.blob(LayoutWriter::kManifestType, manifest)}).finish(),
             {.decompressed_bytes_max = 1'000'000});
}

TEST(ImageArchive, ManyFaultsEndInACount) {
  TarWriter tar;
  for (int count = 0; count < 300; ++count) tar.special("x" + std::to_string(count), '6');
  EXPECT_EQ(rules_of_bad(tar.finish()).size(), 101U);
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
