// Aim: whatever an archive says its blobs are, `try` and `run` tell what containerd does with it,
// or refuse it; the model never meets a layer without a diff ID or a config without bytes.
// Method: archives of one or two layers whose digests are right, with every media type in the
// layers' or the config's place, go through every way of unpacking under every profile.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/input/archive_fixture.hpp"
#include "tests/unit/runner/run_program.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

using test::layer;
using test::LayoutWriter;
using test::Ran;
using test::run;

constexpr const char* kEncrypted = "application/vnd.oci.image.layer.v1.tar+encrypted";
constexpr const char* kErofs = "application/vnd.erofs.layer.v1";
constexpr std::array kTypes{
    kEncrypted,
    "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+encrypted",
    "application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted",
    kErofs,
    "application/vnd.erofs.layer.v1+zstd",
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.in-toto+json",
    "application/octet-stream",
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.containerd.container.criu.checkpoint.criu.tar",
    "x",
};

class OddArchives : public testing::Test {
 protected:
  OddArchives() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~OddArchives() override { fs::remove_all(folder_); }

  // An image of a plain layer and one of this type; the config names both.
  static std::string two_layers(LayoutWriter& layout, const std::string& type,
                                const std::string& config_type = LayoutWriter::kConfigType) {
    const std::vector<std::string> tars{layer("a"), layer("b")};
    return layout.blob(LayoutWriter::kManifestType,
                       LayoutWriter::manifest(layout.blob(config_type, LayoutWriter::config(tars)),
                                              {layout.blob(LayoutWriter::kLayerType, tars[0]),
                                               layout.blob(type, tars[1])}),
                       LayoutWriter::name("registry.example/lib/app:1"));
  }

  void write(const LayoutWriter& layout, const std::vector<std::string>& targets) const {
    std::ofstream(folder_ / "app.tar", std::ios::binary) << layout.tar(targets).finish();
  }

  Ran run_steps(const std::string& steps) const {
    std::ofstream(folder_ / "scenario.json") << R"({"about": "a",
      "images": {"app": {"file": "app.tar", "image": "registry.example/lib/app:1"}},
      "registries": {"registry.example": {"images": {"lib/app:1": "app"}}},
      "archives": {"a.tar": {"images": {"registry.example/lib/app:1": "app"}}},
      "steps": [)" + steps + "]}";
    return run({"run", "--jobs", "1", (folder_ / "scenario.json").string()});
  }

  // Neither crashes, which would end this process; one that is refused is so with a line.
  void expect_an_answer() const {
    const std::string reference = R"("registry.example/lib/app:1")";
    const Ran tried = run({"try", (folder_ / "app.tar").string()});
    EXPECT_TRUE(tried.status <= exit_status::kBadUse) << tried.err;
    EXPECT_TRUE(tried.status == exit_status::kHeld || !tried.err.empty());
    for (const char* pull : {"", R"(, "by": "cri")", R"(, "by": "library")", R"(, "local": true)",
                             R"(, "all_platforms": true)"}) {
      const Ran ran = run_steps(
          R"({"pull": )" + reference + pull + R"(}, {"create-container": "c", "image": )" +
          reference + R"(}, {"mount": )" + reference + R"(, "to": "/m"}, {"convert": )" +
          reference + R"(, "to": "registry.example/lib/copy:1"}, {"push": )" + reference +
          R"(}, {"check": )" + reference + R"(}, {"collect": true})");
      EXPECT_TRUE(ran.status <= exit_status::kBadUse) << ran.err;
    }
    for (const char* how : {"", R"(, "local": true)", R"(, "discard_unpacked_layers": true)",
                            R"(, "no_unpack": true)", R"(, "all_platforms": true)"}) {
      const Ran ran = run_steps(std::string(R"({"import": "a.tar")") + how + R"(}, {"unpack": )" +
                                reference + R"(}, {"collect": true})");
      EXPECT_TRUE(ran.status <= exit_status::kBadUse) << ran.err;
    }
  }

  // Tests run side by side.
  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("sweepcheck-odd-archives-" + std::to_string(getpid()));
};

TEST_F(OddArchives, LayersOfAnyTypeGetAnAnswer) {
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    LayoutWriter layout;
    write(layout, {two_layers(layout, type)});
    expect_an_answer();
  }
}

TEST_F(OddArchives, ConfigsOfAnyTypeGetAnAnswer) {
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    LayoutWriter layout;
    write(layout, {two_layers(layout, LayoutWriter::kLayerType, type)});
    expect_an_answer();
  }
}

TEST_F(OddArchives, ManifestsThatHoldEachOtherGetAnAnswer) {
  for (const char* type : kTypes) {
    SCOPED_TRACE(type);
    LayoutWriter layout;
    const std::string inner = layout.image({layer("c")});
    // A config among the layers, a manifest in the config's place, a blob in a manifest's.
    const std::string mixed = layout.blob(
        LayoutWriter::kManifestType,
        LayoutWriter::manifest(
            inner, {layout.blob(LayoutWriter::kConfigType, LayoutWriter::config({layer("c")})),
                    layout.blob(type, layer("c"))}));
    const std::string index = layout.blob(
        LayoutWriter::kIndexType, LayoutWriter::index({mixed, layout.blob(type, layer("d"))}),
        LayoutWriter::name("registry.example/lib/app:1"));
    write(layout, {index});
    expect_an_answer();
  }
}

TEST_F(OddArchives, AnEncryptedLayerIsNotUnpackedWithoutItsDecoder) {
  LayoutWriter layout;
  write(layout, {two_layers(layout, kEncrypted)});
  const Ran ran = run({"try", (folder_ / "app.tar").string()});
  EXPECT_EQ(ran.status, exit_status::kFailed);
  EXPECT_NE(ran.err.find("warning: a layer of type \"" + std::string(kEncrypted) +
                         "\" can't be looked into"),
            std::string::npos)
      << ran.err;
  EXPECT_NE(ran.err.find("failed to get stream processor for " + std::string(kEncrypted) +
                         ": exec: \"ctd-decoder\": executable file not found"),
            std::string::npos)
      << ran.err;
}

TEST_F(OddArchives, AProfileThatCannotImportLeavesTheOthersTheirAnswers) {
  LayoutWriter layout;
  write(layout, {two_layers(layout, "application/vnd.docker.image.rootfs.diff.tar.zstd")});
  const Ran ran = run({"try", (folder_ / "app.tar").string()});
  EXPECT_EQ(ran.status, exit_status::kFailed);
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 2) << ran.err;
  EXPECT_NE(ran.err.find("containerd-1.6 can't import"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("containerd-1.7 can't import"), std::string::npos) << ran.err;
  EXPECT_NE(ran.out.find("containerd-2.3   discarded"), std::string::npos) << ran.out;
}

TEST_F(OddArchives, ADiffIdOfAnOpaqueLayerIsTheConfigs) {
  LayoutWriter layout;
  const std::string target = two_layers(layout, kErofs);
  const ImageArchiveResult result =
      read_image_archive_bytes(layout.tar({target}).finish(), "a.tar");
  ASSERT_TRUE(result.archive) << test::lines_of(result);
  for (const ImageBlob& blob : result.archive->images.front().blobs) {
    if (blob.media_type != kErofs) continue;
    EXPECT_EQ(blob.diff_id, sha256_digest(layer("b")));
  }
}

TEST_F(OddArchives, AConfigThatTheArchiveLacksIsRefusedWhereARegistryWouldServeIt) {
  LayoutWriter layout;
  const std::string target = two_layers(layout, LayoutWriter::kLayerType);
  layout.erase_blob(LayoutWriter::config({layer("a"), layer("b")}));
  write(layout, {target});
  const Ran ran = run_steps(R"({"pull": "registry.example/lib/app:1"})");
  EXPECT_EQ(ran.status, exit_status::kBadUse);
  EXPECT_NE(ran.err.find("lacks the config sha256:"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("(/images/app) [missing-blob]"), std::string::npos) << ran.err;
  // By itself it can still be imported: containerd gets as far as the config.
  const Ran tried = run({"try", (folder_ / "app.tar").string()});
  EXPECT_EQ(tried.status, exit_status::kFailed);
  EXPECT_NE(tried.err.find("not found"), std::string::npos) << tried.err;
}

}  // namespace
}  // namespace sweepcheck
