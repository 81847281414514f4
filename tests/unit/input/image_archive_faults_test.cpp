// Aim: no archive, however broken or hostile, does more than earn its diagnostic.
// Method: archives are made in memory with all digests right, then broken in one place each.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "input/image/image_archive.hpp"
#include "tests/unit/input/archive_fixture.hpp"

namespace sweepcheck {
namespace {

using test::docker_manifest;
using test::layer;
using test::LayoutWriter;
using test::lines_of;
using test::simple_archive;
using test::TarWriter;

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

TEST(ImageArchiveFaults, RefusesBadDockerArchives) {
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

TEST(ImageArchiveFaults, RefusesWhatIsNoArchive) {
  expect_bad("not-an-image", "");
  expect_bad("not-an-archive", "neither a tar nor anything else " + std::string(600, 'x'));
  expect_bad("not-an-image", TarWriter().file("hello", "world").finish());
  expect_bad("not-an-archive", test::gzipped(std::string(2000, 'x')));
  EXPECT_EQ(read_image_archive("/nonexistent/x.tar").diagnostics.front().rule, "unreadable");
}

TEST(ImageArchiveFaults, RefusesTruncatedArchives) {
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

TEST(ImageArchiveFaults, RefusesBadMembers) {
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

TEST(ImageArchiveFaults, RefusesWrongDigestsAndSizes) {
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

TEST(ImageArchiveFaults, RefusesLayersThatAreNotTheirConfigs) {
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
  // Twice compressed: what is left after one decompression is not a tar.
  expect_bad("layer", layout.tar({target_of({a}, {test::gzipped(test::gzipped(a))})}).finish());
}

TEST(ImageArchiveFaults, RefusesBadDocuments) {
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
TEST(ImageArchiveFaults, CyclesEndAtTheDigestMismatch) {
  LayoutWriter layout;
  const std::string loop =
      LayoutWriter::index({LayoutWriter::descriptor(LayoutWriter::kIndexType, "loop")});
  layout.member("blobs/sha256/" + test::hex_of(sha256_digest("loop")), loop);
  expect_bad("digest-mismatch",
             layout.tar({LayoutWriter::descriptor(LayoutWriter::kIndexType, "loop")}).finish());
}

TEST(ImageArchiveFaults, LimitsHold) {
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

TEST(ImageArchiveFaults, ManyFaultsEndInACount) {
  TarWriter tar;
  for (int count = 0; count < 300; ++count) tar.special("x" + std::to_string(count), '6');
  EXPECT_EQ(rules_of_bad(tar.finish()).size(), 101U);
}

}  // namespace
}  // namespace sweepcheck
