// Policies: the keys of scenario nodes and restarts, and the same keys as `--set KEY=VALUE` names
// them. One table says which field of Policy each key is.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "input/config/config_toml.hpp"
#include "input/scenario/decoder.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;
using Field = std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*,
                           ContentSharing*>;

struct PolicyField {
  /// As `--set` has it; what follows the dot is the key in a scenario's "cri" or "scheduler".
  std::string_view name;
  Field (*field)(Policy&);
};

constexpr std::array kFields{
    PolicyField{"scheduler.runs", [](Policy& p) -> Field { return &p.scheduler.runs; }},
    PolicyField{"scheduler.pause_threshold",
                [](Policy& p) -> Field { return &p.scheduler.pause_threshold; }},
    PolicyField{"scheduler.deletion_threshold",
                [](Policy& p) -> Field { return &p.scheduler.deletion_threshold; }},
    PolicyField{"scheduler.mutation_threshold",
                [](Policy& p) -> Field { return &p.scheduler.mutation_threshold; }},
    PolicyField{"scheduler.schedule_delay",
                [](Policy& p) -> Field { return &p.scheduler.schedule_delay; }},
    PolicyField{"scheduler.startup_delay",
                [](Policy& p) -> Field { return &p.scheduler.startup_delay; }},
    PolicyField{"cri.discard_unpacked_layers",
                [](Policy& p) -> Field { return &p.cri.discard_unpacked_layers; }},
    PolicyField{"cri.use_local_image_pull",
                [](Policy& p) -> Field { return &p.cri.use_local_image_pull; }},
    PolicyField{"cri.snapshotter", [](Policy& p) -> Field { return &p.cri.snapshotter; }},
    PolicyField{"cri.disable_snapshot_annotations",
                [](Policy& p) -> Field { return &p.cri.disable_snapshot_annotations; }},
    PolicyField{"cri.sandbox_image", [](Policy& p) -> Field { return &p.cri.sandbox_image; }},
    PolicyField{"cri.pinned_images", [](Policy& p) -> Field { return &p.cri.pinned_images; }},
    PolicyField{"cri.max_concurrent_downloads",
                [](Policy& p) -> Field { return &p.cri.max_concurrent_downloads; }},
    PolicyField{"cri.image_pull_with_sync_fs",
                [](Policy& p) -> Field { return &p.cri.image_pull_with_sync_fs; }},
    PolicyField{"content_sharing_policy", [](Policy& p) -> Field { return &p.content_sharing; }},
    PolicyField{"platform", [](Policy& p) -> Field { return &p.platform; }},
};

const PolicyField* find_field(std::string_view name) {
  for (const PolicyField& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

template <typename Number>
bool read_number(std::string_view text, Number& out) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // Written so that nan is refused, too.
  if (error != std::errc{} || end != text.data() + text.size() || !(number >= 0)) return false;
  out = number;
  return true;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Sets one field from text; what was expected if it doesn't fit, or "".
struct SetText {
  std::string_view name;
  std::string_view text;

  std::string operator()(bool* out) const {
    if (text != "true" && text != "false") return "true or false";
    *out = text == "true";
    return {};
  }
  std::string operator()(std::int64_t* out) const {
    if (!name.ends_with("_delay")) return read_number(text, *out) ? "" : "an integer from 0";
    const auto duration = text.size() <= 64 ? parse_duration(text) : std::nullopt;
    if (!duration || *duration < 0) return "a duration such as 100ms or 1h";
    *out = *duration;
    return {};
  }
  std::string operator()(double* out) const {
    double share = 0;
    if (!read_number(text, share) || share > 1) return "a number from 0 to 1";
    *out = share;
    return {};
  }
  std::string operator()(std::string* out) const {
    if (name == "platform" && !is_platform(text)) return "os/arch or os/arch/variant";
    if (text.empty()) return "a name";
    *out = text;
    return {};
  }
  std::string operator()(std::vector<std::string>* out) const {
    *out = split(text);
    return {};
  }
  std::string operator()(ContentSharing* out) const {
    if (text != "shared" && text != "isolated") return "shared or isolated";
    *out = text == "shared" ? ContentSharing::kShared : ContentSharing::kIsolated;
    return {};
  }
};

// The same from a JSON value whose shape was checked.
void set_value(const std::string& name, const JsonValue& value, Policy& policy,
               Problems& problems) {
  const PolicyField* known = find_field(name);
  if (!known) return;
  const Field field = known->field(policy);
  if (value.is(Kind::kString) && !std::holds_alternative<std::vector<std::string>*>(field)) {
    const std::string expected = std::visit(SetText{known->name, value.text}, field);
    if (!expected.empty() && name == "platform" && !value.text.empty()) {
      problems.error(value, "platform",
                     fmt::format("{} is not a valid platform", quote(value.text)), expected);
    }
  } else if (const auto* flag = std::get_if<bool*>(&field)) {
    if (value.is(Kind::kBool)) **flag = value.boolean;
  } else if (const auto* count = std::get_if<std::int64_t*>(&field)) {
    if (value.is(Kind::kInteger) && value.integer >= 0) **count = value.integer;
  } else if (const auto* share = std::get_if<double*>(&field)) {
    if (value.is(Kind::kInteger) || value.is(Kind::kNumber)) **share = value.number;
  } else if (const auto* names = std::get_if<std::vector<std::string>*>(&field)) {
    **names = names_in(value);
  }
}

void set_values(const JsonValue& object, const std::string& prefix, Policy& policy,
                Problems& problems) {
  for (const JsonValue* child : object.children) {
    set_value(prefix + child->key, *child, policy, problems);
  }
}

// A daemon that doesn't read this version doesn't start, or (1.6) starts without what it says.
void check_config_version(const JsonValue& place, std::int64_t version,
                          std::span<const std::string> profiles, Problems& problems) {
  for (const std::string& name : profiles) {
    const Profile* profile = find_profile(name);
    if (!profile || version <= profile->highest_config_version) continue;
    problems.error(place, "version",
                   fmt::format("is of config version {}, and {} reads versions up to {}", version,
                               name, profile->highest_config_version),
                   "name the profiles that it is for in \"profiles\"");
  }
}

}  // namespace

void decode_policy(const JsonValue& object, std::span<const std::string> profiles, Policy& policy,
                   Problems& problems) {
  if (const JsonValue* config = object.find("config"); config && config->is(Kind::kString)) {
    const std::string path = path_beside(*config, problems);
    if (!path.empty()) {
      const ConfigResult read = read_config_toml(path, nullptr);
      problems.add(read.diagnostics);
      if (read.policy) replace_policy(*read.policy, policy);
      check_config_version(*config, read.version, profiles, problems);
    }
  }
  if (const JsonValue* cri = object.find("cri"); cri && cri->is(Kind::kObject)) {
    check_keys(*cri, cri_keys(), "the CRI policy", problems);
    set_values(*cri, "cri.", policy, problems);
  }
  if (const JsonValue* scheduler = object.find("scheduler")) {
    if (scheduler->is(Kind::kBool)) {
      policy.scheduler.runs = scheduler->boolean;
    } else if (scheduler->is(Kind::kObject)) {
      policy.scheduler.runs = true;
      check_keys(*scheduler, scheduler_keys(), "the scheduler", problems);
      set_values(*scheduler, "scheduler.", policy, problems);
    } else {
      problems.error(
          *scheduler, "wrong-type",
          fmt::format("must be true, false or an object, not {}", kind_text(scheduler->kind)));
    }
  }
  for (const char* key : {"content_sharing_policy", "platform"}) {
    if (const JsonValue* value = object.find(key)) set_value(key, *value, policy, problems);
  }
}

void replace_policy(const Policy& config, Policy& policy) {
  // A config.toml says nothing about the machine that it is on.
  const std::string platform = policy.platform;
  policy = config;
  policy.platform = platform;
}

std::vector<std::string> named_policy_keys(const JsonValue& object) {
  std::vector<std::string> out;
  for (const PolicyField& field : kFields) {
    const std::string_view group = field.name.substr(0, field.name.find('.'));
    const JsonValue* value = object.find(std::string(group));
    const bool in_group = group.size() < field.name.size();
    const std::string key(in_group ? field.name.substr(group.size() + 1) : group);
    const bool named = value && (!in_group || value->find(key) || key == "runs");
    if (named || (object.find("config") && field.name != "platform")) out.emplace_back(field.name);
  }
  return out;
}

void copy_policy_keys(const Policy& from, const std::vector<std::string>& keys, Policy& to) {
  Policy source = from;
  for (const std::string& key : keys) {
    const PolicyField* known = find_field(key);
    const auto copy = [&]<typename T>(T* value) { *value = *std::get<T*>(known->field(source)); };
    std::visit(copy, known->field(to));
  }
}

std::string_view policy_key_help(std::string_view key) {
  if (key == "scheduler.runs") return "the scheduler collects by itself";
  const std::size_t dot = key.find('.');
  const std::string_view name = dot == key.npos ? key : key.substr(dot + 1);
  const Keys keys = dot == key.npos           ? node_keys()
                    : key.starts_with("cri.") ? cri_keys()
                                              : scheduler_keys();
  for (const Key& known : keys) {
    if (known.name == name) return known.help;
  }
  return "";
}

std::string set_policy_key(Policy& policy, std::string_view key, std::string_view value) {
  const PolicyField* known = find_field(key);
  if (!known) {
    const std::string near = nearest_name(std::string(key), policy_keys());
    return fmt::format("no policy key is called \"{}\"{}", key,
                       near.empty() ? "; see 'sweepcheck list settings'"
                                    : fmt::format("; did you mean \"{}\"?", near));
  }
  const std::string expected = std::visit(SetText{known->name, value}, known->field(policy));
  return expected.empty() ? "" : fmt::format("\"{}\" must be {}", key, expected);
}

std::vector<std::string> policy_keys() {
  std::vector<std::string> out;
  out.reserve(kFields.size());
  for (const PolicyField& field : kFields) out.emplace_back(field.name);
  return out;
}

}  // namespace sweepcheck
