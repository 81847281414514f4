// Each key is read by the same few typed functions, which diagnose and then leave the default; so a
// file's faults are all found in one reading.
#include "input/config/config_toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "input/config/config_tables.hpp"
#include "input/config/toml_document.hpp"
#include "input/image/byte_source.hpp"

namespace sweepcheck {
namespace {

namespace tables = config_tables;

// Real files have a few kilobytes.
constexpr std::size_t kFileBytesMax = 1 << 20;
// time.ParseDuration takes any length; nobody writes more than this.
constexpr std::size_t kDurationCharacterCountMax = 64;
constexpr std::int64_t kVersionOldest = 2;
constexpr std::int64_t kVersionLatest = 4;
constexpr double kPauseThresholdMax = 0.5;

// A key of the CRI image service, in both places where it can stand: paths below the CRI plugin's
// table, empty where the version has no such key.
struct ImageKey {
  TomlPath version_2;
  TomlPath version_3;
};

const ImageKey kDiscard{{"containerd", "discard_unpacked_layers"}, {"discard_unpacked_layers"}};
const ImageKey kAnnotations{{"containerd", "disable_snapshot_annotations"},
                            {"disable_snapshot_annotations"}};
const ImageKey kSyncFs{{"image_pull_with_sync_fs"}, {"image_pull_with_sync_fs"}};
const ImageKey kSnapshotter{{"containerd", "snapshotter"}, {"snapshotter"}};
const ImageKey kSandbox{{"sandbox_image"}, {"pinned_images", "sandbox"}};
const ImageKey kDownloads{{"max_concurrent_downloads"}, {"max_concurrent_downloads"}};
const ImageKey kLocalPull{{}, {"use_local_image_pull"}};
const ImageKey kRegistry{{"registry"}, {"registry"}};

TomlPath joined(TomlPath path, const TomlPath& rest) {
  path.insert(path.end(), rest.begin(), rest.end());
  return path;
}

TomlPath version_2_path(const ImageKey& key) {
  return key.version_2.empty() ? TomlPath{}
                               : joined({"plugins", tables::kCriPlugin}, key.version_2);
}

TomlPath version_3_path(const ImageKey& key) {
  return joined({"plugins", tables::kCriImagesPlugin}, key.version_3);
}

class ConfigReader {
 public:
  ConfigReader(TomlDocument& document, const Profile* profile)
      : document_(document), profile_(profile) {}

  std::int64_t version() const { return version_; }

  Policy read() {
    read_version();
    check_tables();
    check_imports();
    policy_.scheduler.runs = true;
    read_scheduler();
    read_content_sharing();
    read_cri();
    check_other_versions();
    check_local_pull();
    return std::move(policy_);
  }

 private:
  void read_bool(const TomlPath& path, bool& out) { out = document_.boolean(path).value_or(out); }

  void read_integer(const TomlPath& path, std::int64_t& out) {
    const std::optional<std::int64_t> number = document_.integer(path);
    if (number && *number < 0) {
      document_.error(path, "out-of-range", "must not be negative",
                      "containerd would take it for 0; write 0");
    } else if (number) {
      out = *number;
    }
  }

  void read_name(const TomlPath& path, std::string& out) {
    std::optional<std::string> text = document_.text(path);
    if (text && text->empty()) {
      document_.error(path, "out-of-range", "must not be empty");
    } else if (text) {
      out = std::move(*text);
    }
  }

  void read_duration(const TomlPath& path, Duration& out) {
    const std::optional<std::string> text = document_.text(path);
    if (!text) return;
    const std::optional<Duration> duration =
        text->size() <= kDurationCharacterCountMax ? parse_duration(*text) : std::nullopt;
    if (!duration) {
      document_.error(path, "duration", "must be a duration",
                      "numbers with units ns, us, ms, s, m or h: \"100ms\", \"1h30m\"");
    } else if (*duration < 0) {
      document_.error(path, "out-of-range", "must not be negative",
                      "containerd would take it for 0; write \"0s\"");
    } else {
      out = *duration;
    }
  }

  void read_version() {
    const TomlPath path{"version"};
    const std::optional<std::int64_t> version = document_.integer(path);
    if (!version && document_.has(path)) return;
    if (!version || *version < kVersionOldest) {
      document_.error(path, "version",
                      version ? fmt::format("config version {} is not read here", *version)
                              : "the config version is missing, which means version 1",
                      "write version = 2 (containerd 1.x) or version = 3 (2.x); `containerd "
                      "config migrate` adapts the tables");
      return;
    }
    version_ = *version;
    version_is_known_ = true;
    if (version_ > kVersionLatest) {
      document_.error(path, "version",
                      fmt::format("config version {} is not known; the latest is {}", version_,
                                  kVersionLatest));
    } else if (profile_ && version_ > profile_->highest_config_version) {
      document_.error(path, "version",
                      fmt::format("{} reads config versions up to {}", profile_->name,
                                  profile_->highest_config_version));
    }
  }

  // The keys of a table, against those it has and those that are often put there by mistake.
  void check_keys(const TomlPath& path, std::span<const std::string_view> known,
                  std::span<const std::string_view> known_one_below = {}) {
    const std::vector<std::string> names(known.begin(), known.end());
    for (const std::string& key : document_.keys(path).value_or(std::vector<std::string>())) {
      if (std::find(names.begin(), names.end(), key) != names.end()) continue;
      const std::string near = nearest_name(key, names);
      std::string hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near);
      if (std::find(known_one_below.begin(), known_one_below.end(), key) != known_one_below.end()) {
        hint = "it belongs to the table containerd below this one";
      }
      document_.warning(joined(path, {key}), "unknown-key", "containerd doesn't know this key",
                        std::move(hint));
    }
  }

  void check_tables() {
    check_keys({}, tables::kKeys);
    check_plugins();
    check_keys({"plugins", tables::kSchedulerPlugin}, tables::kSchedulerKeys);
    check_keys({"plugins", tables::kBoltPlugin}, tables::kBoltKeys);
    if (version_ >= 3) {
      check_keys({"plugins", tables::kCriImagesPlugin}, tables::kCriImagesKeys);
    } else {
      check_keys({"plugins", tables::kCriPlugin}, tables::kCriKeys, tables::kCriContainerdKeys);
      check_keys({"plugins", tables::kCriPlugin, "containerd"}, tables::kCriContainerdKeys);
    }
  }

  // Other plugins' tables are none of our business, but a misspelt one of those we read is. In
  // version 1, names were short.
  void check_plugins() {
    const auto ids = document_.keys({"plugins"});
    if (!ids || !version_is_known_) return;
    for (const std::string& id : *ids) {
      if (!id.starts_with("io.containerd.") || std::count(id.begin(), id.end(), '.') < 3) {
        document_.warning({"plugins", id}, "plugin", "no plugin can be called so",
                          "containerd 1.x would not start, 2.x ignores it");
        continue;
      }
      const auto last_dot = [](std::string_view name) { return name.rfind('.') + 1; };
      for (const std::string_view known : tables::kPlugins) {
        if (id == known || id.substr(0, last_dot(id)) != known.substr(0, last_dot(known))) continue;
        const std::string name(known.substr(last_dot(known)));
        if (nearest_name(id.substr(last_dot(id)), {name}).empty()) continue;
        document_.warning({"plugins", id}, "plugin", "no plugin is called so",
                          fmt::format("did you mean \"{}\"?", known));
      }
    }
  }

  void check_imports() {
    if (!document_.has({"imports"}) || document_.is_empty_array({"imports"})) return;
    document_.warning({"imports"}, "imports", "imported files are not read",
                      "`containerd config dump` prints one file that has them all");
  }

  void read_scheduler() {
    SchedulerPolicy& scheduler = policy_.scheduler;
    const auto key = [](std::string_view name) {
      return TomlPath{"plugins", tables::kSchedulerPlugin, name};
    };
    read_pause_threshold(key("pause_threshold"));
    read_integer(key("deletion_threshold"), scheduler.deletion_threshold);
    read_integer(key("mutation_threshold"), scheduler.mutation_threshold);
    read_duration(key("schedule_delay"), scheduler.schedule_delay);
    read_duration(key("startup_delay"), scheduler.startup_delay);
  }

  void read_pause_threshold(const TomlPath& path) {
    const std::optional<double> share = document_.number(path);
    if (!share) return;
    // Written so that nan is out of range, too.
    if (!(*share >= 0)) {
      document_.error(path, "out-of-range", "must be from 0 to 0.5");
      return;
    }
    if (*share > kPauseThresholdMax) {
      document_.warning(path, "clamped", "containerd takes no more than 0.5");
    }
    policy_.scheduler.pause_threshold = std::min(*share, kPauseThresholdMax);
  }

  void read_content_sharing() {
    const TomlPath path{"plugins", tables::kBoltPlugin, "content_sharing_policy"};
    const std::optional<std::string> text = document_.text(path);
    if (!text || *text == "shared") return;
    policy_.content_sharing = ContentSharing::kIsolated;
    if (*text == "isolated") return;
    document_.error(path, "unknown-value",
                    fmt::format("no content sharing policy is called \"{}\"", *text),
                    "\"shared\" or \"isolated\"");
  }

  TomlPath path_of(const ImageKey& key) const {
    return version_ >= 3 ? version_3_path(key) : version_2_path(key);
  }

  void read_cri() {
    CriPolicy& cri = policy_.cri;
    read_bool(path_of(kDiscard), cri.discard_unpacked_layers);
    read_bool(path_of(kAnnotations), cri.disable_snapshot_annotations);
    read_bool(path_of(kSyncFs), cri.image_pull_with_sync_fs);
    read_name(path_of(kSnapshotter), cri.snapshotter);
    read_integer(path_of(kDownloads), cri.max_concurrent_downloads);
    if (version_ >= 3) read_bool(path_of(kLocalPull), cri.use_local_image_pull);
    read_pinned();
    read_registry();
  }

  // The pinned images are a table that a file adds to; "sandbox" is in it by default, and takes the
  // place of version 2's sandbox_image.
  void read_pinned() {
    const TomlPath path{"plugins", tables::kCriImagesPlugin, "pinned_images"};
    const bool is_table = version_ < 3 || !document_.has(path) || document_.keys(path);
    if (is_table) read_name(path_of(kSandbox), policy_.cri.sandbox_image);
    std::vector<std::string>& pinned = policy_.cri.pinned_images;
    pinned.push_back(policy_.cri.sandbox_image);
    if (version_ < 3 || !is_table) return;
    for (const std::string& key : document_.keys(path).value_or(std::vector<std::string>())) {
      if (key == "sandbox") continue;
      std::string name;
      read_name(joined(path, {key}), name);
      if (std::find(pinned.begin(), pinned.end(), name) == pinned.end()) pinned.push_back(name);
    }
  }

  void read_registry() {
    const TomlPath path = path_of(kRegistry);
    if (!document_.has(path) || !document_.keys(path)) return;
    const auto is_set = [&](std::string_view name) {
      const auto keys = document_.keys(joined(path, {name}));
      return keys && !keys->empty();
    };
    const bool mirrors = is_set("mirrors");
    const bool configs = is_set("configs");
    policy_.cri.registry_configured = is_set("auths") || mirrors || configs;
    const std::optional<std::string> folder = document_.text(joined(path, {"config_path"}));
    if (mirrors && folder && !folder->empty()) {
      document_.error(joined(path, {"mirrors"}), "contradiction",
                      "can't be set together with config_path; the CRI plugin would not start");
    }
  }

  // The same key in the other version's table is not read by containerd. Somebody who set it there
  // believes that it works.
  void check_other_versions() {
    for (const ImageKey* key : {&kDiscard, &kAnnotations, &kSyncFs, &kSnapshotter, &kSandbox,
                                &kDownloads, &kLocalPull, &kRegistry}) {
      const TomlPath own = path_of(*key);
      const TomlPath other = version_ >= 3 ? version_2_path(*key) : version_3_path(*key);
      if (other.empty() || !document_.has(other)) continue;
      const std::string hint = own.empty() ? "" : "set " + dotted(own);
      if (!own.empty() && document_.has(own) && !document_.same(own, other)) {
        document_.error(other, "contradiction", dotted(own) + " says something else",
                        "remove the key that containerd doesn't read: this one");
      } else {
        document_.warning(other, "other-version",
                          fmt::format("not read from here in config version {}", version_), hint);
      }
    }
  }

  void check_local_pull() {
    if (version_ < 3 || policy_.cri.use_local_image_pull || !document_.has(path_of(kLocalPull)) ||
        !forces_local_pull(policy_.cri)) {
      return;
    }
    document_.warning(path_of(kLocalPull), "local-pull",
                      "containerd pulls locally all the same, since other keys need it",
                      policy_.cri.discard_unpacked_layers
                          ? "discard_unpacked_layers is one of them"
                          : "the transfer service can't do what they ask for");
  }

  TomlDocument& document_;
  const Profile* profile_;
  std::int64_t version_ = kVersionOldest;
  bool version_is_known_ = false;
  Policy policy_;
};

ConfigResult failed(const std::string& file, std::string rule, std::string message) {
  ConfigResult result;
  result.diagnostics.push_back({.file = file,
                                .line = 0,
                                .column = 0,
                                .pointer = "",
                                .rule = std::move(rule),
                                .message = std::move(message),
                                .hint = "",
                                .warning = false});
  return result;
}

}  // namespace

ConfigResult parse_config_toml(std::string_view text, const std::string& file_name,
                               const Profile* profile) {
  if (text.size() > kFileBytesMax) {
    return failed(file_name, "too-large",
                  fmt::format("a configuration has at most {} bytes", kFileBytesMax));
  }
  TomlDocument document(text, file_name);
  ConfigResult result;
  if (document.parsed()) {
    ConfigReader reader(document, profile);
    result.policy = reader.read();
    result.version = reader.version();
  }
  result.diagnostics = document.take_diagnostics();
  if (has_errors(result.diagnostics)) result.policy.reset();
  return result;
}

ConfigResult read_config_toml(const std::string& path, const Profile* profile) {
  FileSource file(path);
  std::string text;
  for (std::string_view chunk = file.next(); !chunk.empty(); chunk = file.next()) {
    text += chunk;
    if (text.size() > kFileBytesMax) break;
  }
  if (!file.failure().empty()) return failed(path, "unreadable", file.failure());
  return parse_config_toml(text, path, profile);
}

}  // namespace sweepcheck
