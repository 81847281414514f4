// The checks that all parts of the scenario reader share: shapes, names, aliases, and the
// collection of complaints.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "input/scenario/decoder.hpp"
#include "model/profile.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

constexpr int kFoldersUpMax = 2;

struct ShapeText {
  Shape shape;
  std::string_view expected;
};
constexpr std::array kShapeTexts{
    ShapeText{Shape::kText, "a string"},
    ShapeText{Shape::kName, "a string that isn't empty"},
    ShapeText{Shape::kChoice, "a string"},
    ShapeText{Shape::kFlag, "true or false"},
    ShapeText{Shape::kTrue, "true"},
    ShapeText{Shape::kCount, "an integer from 0"},
    ShapeText{Shape::kShare, "a number from 0 to 1"},
    ShapeText{Shape::kSize, "a number of bytes, or a string such as \"20KiB\""},
    ShapeText{Shape::kDuration, "a duration such as \"25h\", as a string"},
    ShapeText{Shape::kNames, "a list of strings that aren't empty"},
    ShapeText{Shape::kLabels, "an object of strings"},
    ShapeText{Shape::kTexts, "an object of strings"},
    ShapeText{Shape::kSizes, "an object of sizes"},
    ShapeText{Shape::kCounts, "an object of integers from 0"},
    ShapeText{Shape::kKindNames, "an object of lists of strings"},
    ShapeText{Shape::kObject, "an object"},
    ShapeText{Shape::kObjects, "an object of objects"},
    ShapeText{Shape::kOneOrMore, "an object, or a list of objects"},
    ShapeText{Shape::kList, "a list of objects"},
};

bool wrong_type(const JsonValue& value, Shape shape, Problems& problems) {
  for (const ShapeText& known : kShapeTexts) {
    if (known.shape != shape) continue;
    problems.error(value, "wrong-type",
                   fmt::format("must be {}, not {}", known.expected, kind_text(value.kind)));
  }
  return false;
}

bool check_choice(const JsonValue& at, const std::string& name, const Key& key,
                  Problems& problems) {
  const std::vector<std::string> known = choices_of(key.choices);
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  const std::string all = fmt::format("one of {}", fmt::join(known, ", "));
  const std::string near = problems.did_you_mean(name, known);
  const bool is_kind = key.shape == Shape::kKindNames || key.name == "kind";
  problems.error(at, is_kind ? "unknown-kind" : "unknown-value",
                 fmt::format("no {} is called {}",
                             is_kind ? std::string_view("kind of object") : key.name, quote(name)),
                 near.empty() ? all : near);
  return false;
}

// The members of an object whose keys are names.
bool check_members(const JsonValue& value, const Key& key, Shape member, Problems& problems) {
  if (!value.is(Kind::kObject)) return wrong_type(value, key.shape, problems);
  bool good = true;
  for (const JsonValue* child : value.children) {
    if (!key.choices.empty()) good &= check_choice(*child, child->key, key, problems);
    if (child->key.empty()) {
      problems.key_error(*child, "empty", "a key can't be empty");
      good = false;
    }
    if (key.shape == Shape::kLabels && child->is(Kind::kNull)) continue;
    good &= check_shape(*child, {child->key, member}, problems);
  }
  return good;
}

bool check_items(const JsonValue& value, Shape shape, Kind item, bool one, Problems& problems) {
  if (one && value.is(item)) return true;
  if (!value.is(Kind::kArray)) return wrong_type(value, shape, problems);
  bool good = true;
  for (const JsonValue* child : value.children) {
    if (child->is(item)) continue;
    good = wrong_type(*child, item == Kind::kString ? Shape::kName : Shape::kObject, problems);
  }
  return good;
}

bool check_name(const JsonValue& value, Problems& problems) {
  if (!value.is(Kind::kString)) return wrong_type(value, Shape::kName, problems);
  if (!value.text.empty()) return true;
  problems.error(value, "empty", "must be a string that isn't empty");
  return false;
}

// A list of names, or one of them.
bool check_names(const JsonValue& value, Problems& problems) {
  if (!check_items(value, Shape::kNames, Kind::kString, true, problems)) return false;
  bool good = true;
  for (const JsonValue* item : items_in(value)) good &= check_name(*item, problems);
  return good;
}

bool check_duration(const JsonValue& value, Problems& problems) {
  if (!value.is(Kind::kString)) return wrong_type(value, Shape::kDuration, problems);
  const auto duration = value.text.size() <= 64 ? parse_duration(value.text) : std::nullopt;
  if (duration && *duration >= 0) return true;
  problems.error(value, "duration", fmt::format("{} is not a valid duration", quote(value.text)),
                 "numbers with units ns, us, ms, s, m or h: \"100ms\", \"25h\"");
  return false;
}

bool check_size(const JsonValue& value, Problems& problems) {
  if (size_in(value)) return true;
  if (!value.is(Kind::kString)) return wrong_type(value, Shape::kSize, problems);
  problems.error(value, "size", fmt::format("{} is not a valid size", quote(value.text)),
                 "a number with B, kB, KiB, MB, MiB, GB or GiB: \"20KiB\"");
  return false;
}

}  // namespace

bool check_shape(const JsonValue& value, const Key& key, Problems& problems) {
  const auto must = [&](bool good) { return good || wrong_type(value, key.shape, problems); };
  switch (key.shape) {
    case Shape::kText:
      return must(value.is(Kind::kString));
    case Shape::kName:
      return check_name(value, problems);
    case Shape::kChoice:
      return must(value.is(Kind::kString)) && check_choice(value, value.text, key, problems);
    case Shape::kFlag:
      return must(value.is(Kind::kBool));
    case Shape::kTrue:
      return must(value.is(Kind::kBool) && value.boolean);
    case Shape::kCount:
      return must(value.is(Kind::kInteger) && value.integer >= 0);
    case Shape::kShare:
      return must((value.is(Kind::kInteger) || value.is(Kind::kNumber)) && value.number >= 0 &&
                  value.number <= 1);
    case Shape::kSize:
      return check_size(value, problems);
    case Shape::kDuration:
      return check_duration(value, problems);
    case Shape::kNames:
      return check_names(value, problems);
    case Shape::kLabels:
    case Shape::kTexts:
      return check_members(value, key, Shape::kText, problems);
    case Shape::kSizes:
      return check_members(value, key, Shape::kSize, problems);
    case Shape::kCounts:
      return check_members(value, key, Shape::kCount, problems);
    case Shape::kKindNames:
      return check_members(value, key, Shape::kNames, problems);
    case Shape::kObject:
      return must(value.is(Kind::kObject));
    case Shape::kObjects:
      return check_members(value, key, Shape::kObject, problems);
    case Shape::kOneOrMore:
      return check_items(value, key.shape, Kind::kObject, true, problems);
    case Shape::kList:
      return check_items(value, key.shape, Kind::kObject, false, problems);
    case Shape::kOther:
      return true;
  }
  return true;
}

bool check_keys(const JsonValue& value, Keys keys, std::string_view what, Problems& problems) {
  if (!value.is(Kind::kObject)) return wrong_type(value, Shape::kObject, problems);
  for (const JsonValue* child : value.children) {
    const auto known = std::find_if(keys.begin(), keys.end(),
                                    [&](const Key& key) { return key.name == child->key; });
    if (known == keys.end()) {
      problems.key_error(*child, "unknown-key",
                         fmt::format("{} has no key {}", what, quote(child->key)),
                         problems.did_you_mean(child->key, names_of(keys)));
      continue;
    }
    check_shape(*child, *known, problems);
    if (!known->needs.empty() && !value.find(known->needs)) {
      problems.key_error(*child, "missing-key",
                         fmt::format("\"{}\" needs \"{}\" beside it", child->key, known->needs));
    }
  }
  for (const Key& key : keys) {
    if (!key.required || value.find(key.name)) continue;
    problems.error(value, "missing-key", fmt::format("{} needs \"{}\"", what, key.name),
                   std::string(key.help));
  }
  return true;
}

bool is_platform(std::string_view text) {
  int part_count = 1;
  bool empty = true;
  for (const char character : text) {
    if (character == '/') {
      if (empty) return false;
      ++part_count;
    }
    empty = character == '/';
  }
  return !empty && (part_count == 2 || part_count == 3);
}

std::string path_beside(const JsonValue& value, Problems& problems) {
  namespace fs = std::filesystem;
  const fs::path path = fs::path(value.text).lexically_normal();
  int up = 0;
  for (const fs::path& part : path) up += part == ".." ? 1 : 0;
  const bool printable = std::none_of(value.text.begin(), value.text.end(), [](char character) {
    return static_cast<unsigned char>(character) < 0x20;
  });
  if (path.empty() || path.is_absolute() || up > kFoldersUpMax || !printable) {
    problems.error(
        value, "path", fmt::format("{} can't be read from a scenario", quote(value.text)),
        fmt::format("a path relative to the scenario, at most {} folders up", kFoldersUpMax));
    return {};
  }
  return (fs::path(problems.file()).parent_path() / path).lexically_normal().generic_string();
}

FilePlace place_of(const JsonValue& value) { return {value.line, value.column, value.pointer()}; }

namespace {

std::string profile_hint(const std::string& name, Problems& problems) {
  if (const auto version = parse_version(name)) {
    return fmt::format("the nearest release is {}; known are {}", nearest_profile(*version).name,
                       known_releases());
  }
  std::vector<std::string> known;
  for (const Profile& profile : profiles()) known.emplace_back(profile.name);
  const std::string near = problems.did_you_mean(name, known);
  return near.empty() ? fmt::format("one of {}", fmt::join(known, ", ")) : near;
}

}  // namespace

std::vector<std::string> decode_profiles(const JsonValue& object, Problems& problems) {
  const JsonValue* value = object.find("profiles");
  if (!value) return {};
  std::map<Version, std::string> chosen;
  for (const JsonValue* item : items_in(*value)) {
    if (!item->is(Kind::kString)) continue;
    if (const Profile* profile = find_profile(item->text)) {
      chosen.try_emplace(profile->version, item->text);
    } else {
      problems.error(*item, "unknown-profile",
                     fmt::format("no profile is called {}", quote(item->text)),
                     profile_hint(item->text, problems));
    }
  }
  if (value->is(Kind::kArray) && value->children.empty()) {
    problems.error(*value, "empty", "no profiles", "leave the key out for all of them");
  }
  std::vector<std::string> out;
  out.reserve(chosen.size());
  for (auto& [version, name] : chosen) out.push_back(std::move(name));
  return out;
}

std::string decode_node(const JsonValue& object, ScenarioContext& context) {
  std::string name = text_of(object, "on");
  if (name.empty() || context.node_places.contains(name)) return name;
  std::vector<std::string> known;
  for (const ScenarioNode& node : context.scenario.nodes) known.push_back(node.name);
  context.problems.error(*object.find("on"), "unknown-node",
                         fmt::format("no node is called {}", quote(name)),
                         context.problems.did_you_mean(name, known));
  return {};
}

bool check_image_name(const JsonValue& value, const std::string& name, ScenarioContext& context) {
  if (context.image_names.contains(name)) return true;
  context.problems.error(value, "unknown-image",
                         fmt::format("no image {} is declared", quote(name)),
                         context.problems.did_you_mean(
                             name, {context.image_names.begin(), context.image_names.end()}));
  return false;
}

void check_image_names(const JsonValue& object, std::string_view key, ScenarioContext& context) {
  const JsonValue* value = object.find(key);
  if (!value) return;
  for (const JsonValue* item : items_in(*value)) {
    if (item->is(Kind::kString)) check_image_name(*item, item->text, context);
  }
}

void check_alias(const JsonValue& value, const std::string& text, ScenarioContext& context) {
  // What seems unknown may be what couldn't be built.
  if (!context.images_complete) return;
  static constexpr std::array<std::string_view, 7> kPrefixes{
      "layer:", "config:", "manifest:", "index:", "chain:", "diff:", "tar:"};
  // The alias is the whole, or what follows '@', ' ' or a snapshotter's '/'.
  std::size_t begin = text.find_last_of("@ ");
  begin = begin == std::string::npos ? 0 : begin + 1;
  const std::size_t slash = text.find('/');
  if (begin == 0 && slash < text.find(':') && slash != std::string::npos) begin = slash + 1;
  const std::string alias = text.substr(begin);
  const auto prefix = std::find_if(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view known) {
    return alias.starts_with(known);
  });
  if (prefix == kPrefixes.end() || alias.find('*') != std::string::npos) return;
  if (alias.find("+twins") != std::string::npos || alias.find("+converted") != std::string::npos) {
    return;
  }
  if (alias.starts_with("index:") && context.archive_names.contains(alias.substr(6))) return;
  if (context.aliases.contains(alias)) return;
  context.problems.error(
      value, "unknown-alias",
      fmt::format("no {} is called {}",
                  *prefix == "tar:" ? "uncompressed layer" : prefix->substr(0, prefix->size() - 1),
                  quote(alias)),
      context.problems.did_you_mean(alias, {context.aliases.begin(), context.aliases.end()}));
}

void check_aliases(const JsonValue& object, std::string_view key, ScenarioContext& context) {
  const JsonValue* value = object.find(key);
  if (!value) return;
  for (const JsonValue* item : items_in(*value)) {
    if (item->is(Kind::kString)) check_alias(*item, item->text, context);
  }
}

}  // namespace sweepcheck
