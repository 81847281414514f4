// What conformance decides without a daemon: versions, real images, archives, and what is compared.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "conformance/compare/comparison.hpp"
#include "conformance/daemon/daemon.hpp"
#include "conformance/daemon/disk.hpp"
#include "conformance/daemon/tools.hpp"
#include "conformance/host/process.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/layer_bytes.hpp"
#include "conformance/perform/real_images.hpp"
#include "conformance/stops/clean_up_hold.hpp"
#include "input/digest.hpp"
#include "input/image/image_archive.hpp"

namespace sweepcheck {
namespace {

Scenario scenario_of(const std::string& images) {
  const std::string text =
      R"({"about": "a", "images": )" + images + R"(, "steps": [{"collect": true}]})";
  ScenarioResultOrDiagnostics read = parse_scenario(text, "test.json");
  EXPECT_TRUE(read.scenario);
  return std::move(*read.scenario);
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "conformance-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(Tools, AVersionPicksItsProfile) {
  bool exact = false;
  EXPECT_EQ(profile_of_version("1.6.20~ds1", exact)->name, "containerd-1.6");
  EXPECT_TRUE(exact);
  EXPECT_EQ(profile_of_version("v2.1.9+unknown", exact)->name, "containerd-2.1");
  EXPECT_TRUE(exact);
  EXPECT_EQ(profile_of_version("2.2.0", exact)->name, "containerd-2.1");
  EXPECT_FALSE(exact);
  EXPECT_EQ(profile_of_version("1.5.9", exact)->name, "containerd-1.6");
  EXPECT_FALSE(exact);
  EXPECT_EQ(profile_of_version("unknown", exact), nullptr);
}

TEST(Tools, WhatIsNoContainerdIsRefusedWithAReason) {
  EXPECT_NE(find_containerd("/bin/true", "/bin/true").reason.find("--version"), std::string::npos);
  EXPECT_NE(find_containerd("/no/such", "").reason.find("/no/such"), std::string::npos);
}

TEST(Process, RunsToItsEndAndTellsItsCode) {
  const ProcessResult result =
      run_process({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, std::chrono::seconds(10));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(Process, IsKilledAfterItsLimit) {
  const ProcessResult result = run_process({"/bin/sleep", "100"}, Milliseconds(50));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 128 + 9);
}

TEST(RealImages, AreTheSameEachTimeAndWhatTheirDigestsSay) {
  const Scenario scenario = scenario_of(R"({"app": {"layers": ["base", "a1"]}})");
  const RealImages first = make_real(scenario, 100);
  const RealImages second = make_real(scenario, 100);
  EXPECT_EQ(first.bytes, second.bytes);
  ASSERT_TRUE(first.obstacle.empty());
  for (const auto& [digest, bytes] : first.bytes) EXPECT_EQ(sha256_digest(bytes), digest);
  for (const ImageBlob& blob : first.images.at("app").blobs) {
    EXPECT_EQ(first.bytes.at(blob.digest).size(), static_cast<std::size_t>(blob.size_bytes));
  }
}

TEST(RealImages, TwinsHaveOneDiffIdAndTwoDigests) {
  const std::string images = R"({"one": {"layers": ["x"]}, "two": {"layers": ["y"]}},
    "layers": {"x": {}, "y": {"same_diff_as": "x"}})";
  const RealImages real = make_real(scenario_of(images), 100);
  const ImageBlob& x = real.images.at("one").blobs.front();
  const ImageBlob& y = real.images.at("two").blobs.front();
  EXPECT_EQ(x.diff_id, y.diff_id);
  EXPECT_NE(x.digest, y.digest);
}

TEST(ArchiveFiles, OurReaderTakesWhatTheyWrite) {
  const Scenario scenario = scenario_of(R"({"app": {"layers": ["base", "a1"]}})");
  const RealImages real = make_real(scenario, 100);
  const TemporaryFolder folder;
  for (const ArchiveFormat format : {ArchiveFormat::kOci, ArchiveFormat::kDocker}) {
    ScenarioArchive archive;
    archive.name = "app.tar";
    archive.format = format;
    archive.images = {{"registry.example/app:1", "app"}};
    const auto file = folder.path / "app.tar";
    write_archive(archive, real, file);
    const ImageArchiveResult read = read_image_archive(file.string());
    ASSERT_TRUE(read.archive) << (read.diagnostics.empty() ? "" : read.diagnostics[0].message);
    EXPECT_EQ(read.archive->images.size(), 1U);
  }
}

// A client is stopped there, or an obstacle says why not.
TEST(ArchiveFiles, OnlyMembersOfOciArchivesAreNamedByTheirDigests) {
  const RealImages real = make_real(scenario_of(R"({"app": {"layers": ["base"]}})"), 100);
  const std::string layer = real.images.at("app").blobs.front().digest;
  const TemporaryFolder folder;
  const auto first_half = [&](ArchiveFormat format, const std::string& digest) {
    ScenarioArchive archive;
    archive.format = format;
    archive.images = {{"registry.example/app:1", "app"}};
    write_archive(archive, real, folder.path / "app.tar");
    std::ifstream in(folder.path / "app.tar", std::ios::binary);
    const std::string tar{std::istreambuf_iterator<char>(in), {}};
    const Part part = first_half_of_member(tar, digest);
    return tar.substr(part.begin, part.end - part.begin);
  };
  const std::string& bytes = real.bytes.at(layer);
  EXPECT_EQ(first_half(ArchiveFormat::kOci, layer), bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(first_half(ArchiveFormat::kOci, "sha256:" + std::string(64, 'a')), "");
  EXPECT_EQ(first_half(ArchiveFormat::kDocker, layer), "");
}

TEST(ArchiveFiles, AnArchiveWithoutItsEndIsCutOff) {
  const RealImages real = make_real(scenario_of(R"({"app": {"layers": ["base"]}})"), 100);
  const TemporaryFolder folder;
  const auto file = folder.path / "app.tar";
  ScenarioArchive archive;
  archive.images = {{"", "app"}};
  const std::string index = write_archive(archive, real, file);
  EXPECT_TRUE(read_archive(file).complete);
  EXPECT_EQ(read_archive(file).members.size(), 3U);
  EXPECT_EQ(read_archive(file).index_digest, index);
  std::filesystem::resize_file(file, 2'000);
  EXPECT_FALSE(read_archive(file).complete);
}

TEST(Comparison, WhatCantAgreeIsLeftOut) {
  NodeStore model;
  NodeStore daemon;
  StoreRecord lease{.space = "default", .kind = "lease", .name = "lease-1"};
  lease.labels = {{std::string(kGcExpire), "2026-01-02T00:00:00Z"}};
  lease.resources = {"snapshot extract-1 chain:base"};
  model.records = {lease};
  lease.name = "1763951234567890123-AbC_";
  lease.labels = {{std::string(kGcExpire), "2026-01-02T00:00:07Z"}};
  lease.resources = {"snapshot extract-5678-QwEr chain:base"};
  daemon.records = {lease};
  EXPECT_TRUE(compare(node_lines(model), node_lines(daemon)).empty());
  daemon.records.front().labels = {{std::string(kGcExpire), "2026-01-02T01:00:00Z"}};
  EXPECT_FALSE(compare(node_lines(model), node_lines(daemon)).empty());
}

TEST(Comparison, AnUnknownBlobIsKnownByItsReferences) {
  StoreRecord manifest{.space = "default", .kind = "content", .name = "manifest:app"};
  manifest.labels = {{"containerd.io/gc.ref.content.config", "config:app"}};
  NodeStore model;
  model.records = {manifest};
  NodeStore daemon = model;
  daemon.records.front().name = "sha256:" + std::string(64, 'a');
  daemon.blob_files = {daemon.records.front().name};
  match_unknown(model, daemon);
  EXPECT_EQ(daemon.records.front().name, "manifest:app");
  EXPECT_EQ(daemon.blob_files.front(), "manifest:app");
}

// Nothing tells them apart, so they may be named in any order; but not if one is missing.
TEST(Comparison, UnknownBlobsThatAreAlikeAreNamedIfTheirNumbersAgree) {
  NodeStore model;
  NodeStore daemon;
  for (const char* name : {"index:d.tar", "manifest:d.tar"}) {
    model.records.push_back({.space = "default", .kind = "content", .name = name});
  }
  for (const char digit : {'a', 'b'}) {
    daemon.records.push_back(
        {.space = "default", .kind = "content", .name = "sha256:" + std::string(64, digit)});
  }
  NodeStore fewer = daemon;
  match_unknown(model, daemon);
  EXPECT_TRUE(compare(node_lines(model), node_lines(daemon)).empty());
  fewer.records.pop_back();
  match_unknown(model, fewer);
  EXPECT_EQ(fewer.records.front().name, "sha256:" + std::string(64, 'a'));
}

TEST(Comparison, RequestsLoseTheirHostAndTheirSession) {
  const auto same = [](const std::string& text) { return text; };
  const std::vector<SeenRequest> seen{
      {"POST", "/v2/a/blobs/uploads/?mount=sha256%3Aff&from=b&ns=registry.example", 201},
      {"PUT", "/v2/a/blobs/uploads/0f-1e?digest=sha256%3Aff", 201}};
  const StateLines expected{"POST /v2/a/blobs/uploads/?mount=sha256:ff&from=b 201",
                            "PUT /v2/a/blobs/uploads/ 201"};
  EXPECT_EQ(request_lines(seen, same), expected);
}

TEST(Disk, AnIngestsExpiryIsMovedWhereTheDatabaseHasIt) {
  const TemporaryFolder folder;
  const auto database = folder.path / "meta.db";
  EXPECT_FALSE(shift_ingest_expiry(database, 2 * kSecond));
  const std::string key = "expireat\x01";
  const std::string before("\0\0\0\x0e\xd0\x00\x00\x01rest", 12);
  const std::string after("\0\0\0\x0e\xcf\xff\xff\xffrest", 12);
  std::ofstream(database, std::ios::binary) << "page" << key << before << key << before;
  EXPECT_TRUE(shift_ingest_expiry(database, 2 * kSecond));
  std::ifstream in(database, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(bytes, "page" + key + after + key + after);
}

TEST(CleanUpHold, WhoeverOpensAFolderWaits) {
  const TemporaryFolder folder;
  EXPECT_EQ(CleanUpHold::on({folder.path / "none"}), nullptr);
  auto hold = CleanUpHold::on({folder.path, folder.path / "none"});
  if (!hold) GTEST_SKIP() << "the kernel doesn't let us";
  std::filesystem::directory_iterator ours(folder.path);
  EXPECT_FALSE(hold->wait_until_held(Milliseconds(0)));
  auto reader = ChildProcess::start({"ls", folder.path.string()}, "/dev/null");
  ASSERT_TRUE(reader);
  EXPECT_TRUE(hold->wait_until_held(std::chrono::seconds(10)));
  EXPECT_TRUE(reader->running());
  hold.reset();
  EXPECT_EQ(reader->wait(std::chrono::seconds(10)), 0);
}

// Method: a pipe in the kernel's place gives an event of a version to come.
TEST(CleanUpHold, EventsOfAnotherVersionAreAReason) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  auto hold = CleanUpHold::of_group(ends[0]);
  EXPECT_EQ(hold->lack(), "");
  fanotify_event_metadata event{};
  event.event_len = sizeof(event);
  event.metadata_len = sizeof(event);
  event.vers = FANOTIFY_METADATA_VERSION + 1;
  event.fd = FAN_NOFD;
  ASSERT_EQ(::write(ends[1], &event, sizeof(event)), static_cast<ssize_t>(sizeof(event)));
  EXPECT_FALSE(hold->wait_until_held(std::chrono::seconds(10)));
  EXPECT_EQ(hold->lack(), "no clean-up can be held: the kernel's fanotify events have version " +
                              std::to_string(FANOTIFY_METADATA_VERSION + 1) +
                              ", and only version " + std::to_string(FANOTIFY_METADATA_VERSION) +
                              " is known");
  ::close(ends[1]);
}

TEST(DaemonConfiguration, FollowsThePolicy) {
  Containerd containerd;
  containerd.profile = find_profile("containerd-1.6");
  DaemonSettings settings{
      .containerd = &containerd, .folder = "/f", .hosts_folder = "/h", .policy = {}};
  settings.policy.cri.discard_unpacked_layers = true;
  settings.policy.content_sharing = ContentSharing::kIsolated;
  EXPECT_NE(daemon_configuration(settings).find("version = 2"), std::string::npos);
  containerd.profile = find_profile("containerd-2.1");
  const std::string text = daemon_configuration(settings);
  EXPECT_NE(text.find("version = 3"), std::string::npos);
  EXPECT_NE(text.find("discard_unpacked_layers = true"), std::string::npos);
  EXPECT_NE(text.find("\"isolated\""), std::string::npos);
}

}  // namespace
}  // namespace sweepcheck
