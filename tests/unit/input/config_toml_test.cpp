// Aim: a real config.toml gives the policy that its daemon would have, and a bad one every
// complaint at its place. Method: bad files are data: tests/data/config/NAME.toml, whose first line
// names the profile, with the diagnostics that are expected in NAME.expected; good ones are
// compared value by value.
#include "input/config/config_toml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/places.hpp"

namespace sweepcheck {
namespace {

const std::filesystem::path kFolder = SWEEPCHECK_SOURCE_DIR "/tests/data/config";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::string lines_of(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += to_line(diagnostic) + "\n";
  return out;
}

// "# profile: containerd-2.1"; "none" is not a profile.
const Profile* profile_of(const std::string& text) {
  const std::string head = "# profile: ";
  EXPECT_TRUE(text.starts_with(head));
  return find_profile(text.substr(head.size(), text.find('\n') - head.size()));
}

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadConfig : public testing::TestWithParam<std::string> {};

TEST_P(BadConfig, IsDiagnosedAsExpected) {
  const std::string name = GetParam() + ".toml";
  const std::string text = read_file(kFolder / name);
  const ConfigResult result = parse_config_toml(text, name, profile_of(text));
  EXPECT_EQ(lines_of(result.diagnostics), read_file(kFolder / (GetParam() + ".expected")));
  EXPECT_EQ(result.policy.has_value(), !has_errors(result.diagnostics));
}

INSTANTIATE_TEST_SUITE_P(Files, BadConfig, testing::ValuesIn(bad_files()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

Policy read_well(const std::string& text, const Profile* profile = nullptr) {
  const ConfigResult result = parse_config_toml(text, "config.toml", profile);
  EXPECT_EQ(lines_of(result.diagnostics), "");
  return result.policy.value_or(Policy{});
}

TEST(ConfigToml, AnEmptyConfigHasContainerdsDefaults) {
  for (const char* text : {"version = 2", "version = 3", "version = 4"}) {
    Policy expected;
    expected.scheduler.runs = true;
    expected.cri.pinned_images = {expected.cri.sandbox_image};
    EXPECT_EQ(read_well(text), expected) << text;
  }
}

constexpr const char* kSharedTables = R"(
[plugins."io.containerd.gc.v1.scheduler"]
pause_threshold = 0.1
deletion_threshold = 5
mutation_threshold = 0
schedule_delay = "1m30s"
startup_delay = "0s"
[plugins."io.containerd.metadata.v1.bolt"]
content_sharing_policy = "isolated"
[plugins."io.containerd.runtime.v2.task"]
pause_threshold = "another plugin's keys are none of our business"
)";

Policy expected_policy() {
  Policy expected;
  expected.scheduler = {.runs = true,
                        .pause_threshold = 0.1,
                        .deletion_threshold = 5,
                        .mutation_threshold = 0,
                        .schedule_delay = 90 * kSecond,
                        .startup_delay = 0};
  expected.content_sharing = ContentSharing::kIsolated;
  expected.cri.discard_unpacked_layers = true;
  expected.cri.disable_snapshot_annotations = false;
  expected.cri.snapshotter = "native";
  expected.cri.sandbox_image = "pause:1";
  expected.cri.pinned_images = {"pause:1"};
  expected.cri.max_concurrent_downloads = 7;
  expected.cri.registry_configured = true;
  expected.cri.image_pull_with_sync_fs = true;
  return expected;
}

TEST(ConfigToml, Version2) {
  const std::string text = std::string("version = 2\n") + kSharedTables + R"(
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "pause:1"
max_concurrent_downloads = 7
image_pull_with_sync_fs = true
enable_selinux = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
discard_unpacked_layers = true
disable_snapshot_annotations = false
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
snapshotter = ""
[plugins."io.containerd.grpc.v1.cri".registry.configs."a.b".auth]
username = "u"
)";
  EXPECT_EQ(read_well(text), expected_policy());
  for (const Profile& profile : profiles()) EXPECT_EQ(read_well(text, &profile), expected_policy());
}

TEST(ConfigToml, Version3) {
  const std::string text = std::string("version = 3\n") + kSharedTables + R"(
[plugins."io.containerd.cri.v1.images"]
max_concurrent_downloads = 7
image_pull_with_sync_fs = true
snapshotter = "native"
discard_unpacked_layers = true
disable_snapshot_annotations = false
use_local_image_pull = true
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "pause:1"
base = "base:1"
again = "base:1"
[plugins."io.containerd.cri.v1.images".registry]
headers = { A = ["b"] }
[plugins."io.containerd.cri.v1.images".registry.mirrors."a.b"]
endpoint = ["http://a.b"]
[plugins."io.containerd.grpc.v1.cri"]
stream_idle_timeout = "4h"
)";
  Policy expected = expected_policy();
  expected.cri.use_local_image_pull = true;
  expected.cri.pinned_images = {"pause:1", "base:1"};
  EXPECT_EQ(read_well(text), expected);
  EXPECT_EQ(read_well(text, find_profile("containerd-2.3")), expected);
}

TEST(ConfigToml, ARegistryFolderIsNoRegistryConfiguration) {
  const Policy policy = read_well(R"(version = 3
[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"
mirrors = {}
)");
  EXPECT_FALSE(policy.cri.registry_configured);
  EXPECT_FALSE(forces_local_pull(policy.cri));
}

TEST(ConfigToml, FilesThatCantBeRead) {
  EXPECT_EQ(read_config_toml("/nonexistent/config.toml", nullptr).diagnostics.front().rule,
            "unreadable");
  EXPECT_EQ(read_config_toml(testing::TempDir(), nullptr).diagnostics.front().rule, "unreadable");
  EXPECT_EQ(parse_config_toml(std::string(2 << 20, '#'), "x", nullptr).diagnostics.front().rule,
            "too-large");
}

TEST(ConfigToml, KeysOfAHundredThousandPartsAreRefused) {
  std::string text = "version = 3\n[a";
  for (int count = 0; count < 100'000; ++count) text += ".a";
  const ConfigResult result = parse_config_toml(text + "]\n", "x", nullptr);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics.front().rule, "too-deep");
  EXPECT_EQ(result.diagnostics.front().line, 2);
}

std::string deep_key() {
  std::string key = "b";
  for (int count = 0; count < 100'000; ++count) key += ".b";
  return key;
}

// What is behind a string must not be taken for its content, nor its content for what is behind.
TEST(ConfigToml, NoStringHidesADeepKey) {
  const std::vector<std::string> strings{
      R"("")",          R"("a\"")",      R"("\\")",      R"("'")",      R"("#")",
      R"('"')",         R"('')",         R"('\')",       R"('#')",      R"("""a""")",
      R"("""""")",      R"("""a"""")",   R"("""a""""")", R"("""""""")", R"("""""""""")",
      R"("""a\"""""")", R"("""a\\"""")", R"("""'""")",   R"('''a''')",  R"('''''')",
      R"('''a'''')",    R"('''a''''')",  R"('''\'''')",  R"('''"'''')", "\"\"\"\\\n\"\"\"\"",
      "'''\n#\n''''"};
  const std::string deep = deep_key();
  for (const std::string& string : strings) {
    for (const std::string& text :
         {"x = { a = " + string + ", " + deep + " = 1 }",
          "x = [" + string + ", { " + deep + " = 1 }]", "a = " + string + "\n" + deep + " = 1",
          "a = " + string + " # \"\"\"\n[" + deep + "]", "a = " + string + "\n[[" + deep + "]]",
          "a." + string + "." + deep + " = 1"}) {
      // The last is no TOML, where the string is of several lines.
      const ConfigResult result = parse_config_toml("version = 3\n" + text + "\n", "x", nullptr);
      ASSERT_FALSE(result.policy) << string;
      EXPECT_EQ(result.diagnostics.front().rule, "too-deep") << text.substr(0, 60);
    }
  }
}

TEST(ConfigToml, DotsInStringsAndCommentsAreNoKeys) {
  const std::string dots(100, '.');
  for (const std::string& string : {"\"" + dots + "\"", "'" + dots + "'",
                                    "\"\"\"" + dots + "\"\"\"\"", "'''\n" + dots + "'''''"}) {
    const std::string text = "version = 3 # " + dots + "\nroot = " + string + "\nx = [" + string +
                             ", " + string + "]\n" + "[debug]\n\"" + dots + "\".a = 1\n";
    EXPECT_TRUE(parse_config_toml(text, "x", nullptr).policy) << text;
  }
}

TEST(ConfigToml, ValuesThatNestDeeplyAreRefused) {
  const auto nested = [](std::size_t count, const std::string& open, char close) {
    std::string text = "version = 3\nx = ";
    for (std::size_t at = 0; at < count; ++at) text += open;
    return text + "1" + std::string(count, close) + "\n";
  };
  for (const std::size_t count : {65U, 255U, 60'000U}) {
    for (const std::string& text : {nested(count, "[", ']'), nested(count, "{ a.b.c.d = ", '}')}) {
      const ConfigResult result = parse_config_toml(text, "x", nullptr);
      ASSERT_FALSE(result.policy);
      EXPECT_EQ(to_line(result.diagnostics.front()),
                "x:2: error: values nest deeper than 64 brackets [too-deep]");
    }
  }
  EXPECT_TRUE(parse_config_toml(nested(64, "[", ']'), "x", nullptr).policy);
}

// The scan before the parser has to agree with it about where each string ends, whatever comes.
TEST(ConfigToml, WhateverStandsBeforeADeepKeyNothingCrashes) {
  const std::array<std::string_view, 16> kPieces{
      "\"", "\"\"\"", "'", "'''", "\\", "\n", "#", "a", "=", ".", "[", "]", "{", "}", ", ", "\r\n"};
  const std::string deep = deep_key();
  std::mt19937 random(20260101);
  for (int round = 0; round < 4000; ++round) {
    std::string text = random() % 2 == 0 ? "x = " : "x = { a = ";
    for (auto count = random() % 12; count > 0; --count) text += kPieces[random() % kPieces.size()];
    const ConfigResult result = parse_config_toml(text + ", " + deep + " = 1 }\n", "x", nullptr);
    EXPECT_FALSE(result.policy) << text;
  }
}

TEST(ConfigToml, NearestName) {
  const std::vector<std::string> known{"schedule_delay", "startup_delay", "cni"};
  EXPECT_EQ(nearest_name("schedul_delay", known), "schedule_delay");
  EXPECT_EQ(nearest_name("startup_dealy", known), "startup_delay");
  EXPECT_EQ(nearest_name("cri", known), "cni");
  EXPECT_EQ(nearest_name("unrelated", known), "");
  EXPECT_EQ(nearest_name("", known), "");
}

TEST(ConfigToml, DiagnosticsStayOnTheirLine) {
  const Diagnostic diagnostic{.file = "a\nb",
                              .line = 3,
                              .column = 4,
                              .pointer = "x",
                              .rule = "r",
                              .message = "\x1b[31m \xc2\x85 \xff \xc3\xa9",
                              .hint = "h",
                              .warning = true};
  EXPECT_EQ(to_line(diagnostic),
            "a\\x0ab:3:4: warning: \\x1b[31m \\xc2\\x85 \\xff \xc3\xa9 (x) [r]; h");
}

}  // namespace
}  // namespace sweepcheck
