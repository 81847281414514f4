// nlohmann's parser neither recurses nor needs help with large inputs; only the depth is checked
// before, since other readers of the same archive would recurse.
#include "input/image/oci_documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "input/digest.hpp"
#include "input/utf8.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::json;

bool deeper_than(std::string_view text, int depth_max) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (in_string) {
      if (character == '\\') ++at;
      if (character == '"') in_string = false;
    } else if (character == '"') {
      in_string = true;
    } else if (character == '{' || character == '[') {
      if (++depth > depth_max) return true;
    } else if (character == '}' || character == ']') {
      --depth;
    }
  }
  return false;
}

std::optional<Json> parse_json(const DocumentText& text) {
  if (!is_utf8(text.bytes)) {
    text.complaints.error("not-utf8", text.place, "the document isn't UTF-8");
    return std::nullopt;
  }
  if (deeper_than(text.bytes, text.limits.json_depth_max)) {
    text.complaints.error(
        "too-deep", text.place,
        fmt::format("the document nests deeper than {} brackets", text.limits.json_depth_max));
    return std::nullopt;
  }
  try {
    return Json::parse(text.bytes);
  } catch (const Json::exception& exception) {
    // Its own number and kind stand before the message, in brackets.
    const std::string_view what = exception.what();
    const std::size_t end = what.find("] ");
    text.complaints.error("not-json", text.place,
                          std::string(end == what.npos ? what : what.substr(end + 2)));
    return std::nullopt;
  }
}

// Reads one JSON object (or array) key by key. Complains once about each key that is missing or of
// the wrong type, with its pointer; ok() says whether all was well.
class Reader {
 public:
  Reader(const Json& json, std::string pointer, const DocumentText& text)
      : json_(json), pointer_(std::move(pointer)), text_(text) {}

  bool ok() const { return ok_; }

  bool is_object() {
    if (!json_.is_object()) fail("", "wrong-type", "must be an object");
    return ok_;
  }

  std::string string(const char* key) {
    const Json* value = find(key, true);
    return value ? string_of(*value, key) : "";
  }

  std::string optional_string(const char* key) {
    const Json* value = find(key, false);
    return value ? string_of(*value, key) : "";
  }

  std::int64_t size(const char* key) {
    const Json* value = find(key, true);
    if (!value) return 0;
    const bool fits =
        value->is_number_integer() &&
        (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX}) &&
        value->get<std::int64_t>() >= 0;
    if (!fits) {
      fail(key, "wrong-type", "must be an integer from 0 to 2^63-1");
      return 0;
    }
    return value->get<std::int64_t>();
  }

  std::map<std::string, std::string> strings_by_key(const char* key) {
    std::map<std::string, std::string> out;
    const Json* value = find(key, false);
    if (!value) return out;
    if (!value->is_object()) {
      fail(key, "wrong-type", "must be an object of strings");
      return out;
    }
    for (const auto& [name, element] : value->items()) {
      out[name] = string_of(element, key);
    }
    return out;
  }

  std::vector<std::string> strings(const char* key) {
    std::vector<std::string> out;
    for (const Json& element : array(key)) out.push_back(string_of(element, key));
    return out;
  }

  /// The elements of an array; null counts as an empty one, as Go writes an empty list so.
  const Json& array(const char* key) {
    static const Json kEmpty = Json::array();
    const Json* value = find(key, false);
    if (!value) return kEmpty;
    if (!value->is_array()) {
      fail(key, "wrong-type", "must be an array");
      return kEmpty;
    }
    if (value->size() > static_cast<std::size_t>(text_.limits.layer_count_max)) {
      fail(key, "too-many", fmt::format("more than {} elements", text_.limits.layer_count_max));
      return kEmpty;
    }
    return *value;
  }

  /// Another object below this one; an absent one reads as empty.
  Reader object(const char* key) {
    static const Json kEmpty = Json::object();
    const Json* value = find(key, false);
    return Reader(value ? *value : kEmpty, pointer_ + "/" + key, text_);
  }

  bool has(const char* key) const { return json_.is_object() && json_.contains(key); }

  void fail(const std::string& key, const char* rule, const std::string& message) {
    ok_ = false;
    const std::string pointer = key.empty() ? pointer_ : pointer_ + "/" + key;
    text_.complaints.error(rule, text_.place + (pointer.empty() ? "" : "#" + pointer),
                           key.empty() ? message : fmt::format("\"{}\": {}", key, message));
  }

 private:
  // Null counts as absent, as for Go's decoder.
  const Json* find(const char* key, bool required) {
    const auto found = json_.is_object() ? json_.find(key) : json_.end();
    if (json_.is_object() && found != json_.end() && !found->is_null()) return &*found;
    if (required) fail(key, "missing-key", "is missing");
    return nullptr;
  }

  std::string string_of(const Json& value, const char* key) {
    if (value.is_string()) return value.get<std::string>();
    fail(key, "wrong-type", "must be a string");
    return "";
  }

  const Json& json_;
  std::string pointer_;
  const DocumentText& text_;
  bool ok_ = true;
};

// os/arch[/variant] from the keys that descriptors' platforms and configs share.
std::string read_platform(Reader& reader) {
  const std::string os = reader.optional_string("os");
  const std::string architecture = reader.optional_string("architecture");
  const std::string variant = reader.optional_string("variant");
  for (const std::string& part : {os, architecture, variant}) {
    const bool plain = std::all_of(part.begin(), part.end(), [](char character) {
      return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
             (character >= '0' && character <= '9') || character == '_' || character == '.' ||
             character == '-';
    });
    if (!plain) {
      reader.fail("", "platform", "a platform's parts are letters, digits, '_', '.' and '-'");
      return "";
    }
  }
  if (os.empty() || architecture.empty()) return "";
  return variant.empty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
}

std::optional<Descriptor> read_descriptor(const Json& json, std::string pointer,
                                          const DocumentText& text) {
  Reader reader(json, std::move(pointer), text);
  if (!reader.is_object()) return std::nullopt;
  Descriptor out;
  out.media_type = reader.string("mediaType");
  out.digest = reader.string("digest");
  out.size_bytes = reader.size("size");
  out.annotations = reader.strings_by_key("annotations");
  Reader platform = reader.object("platform");
  if (platform.is_object()) out.platform = read_platform(platform);
  if (reader.ok() && !is_sha256_digest(out.digest)) {
    reader.fail("digest", "digest", "must be \"sha256:\" and 64 lower-case hex digits");
  }
  if (!reader.ok() || !platform.ok()) return std::nullopt;
  return out;
}

// Descriptors of an array; nothing if one of them is bad.
std::optional<std::vector<Descriptor>> read_descriptors(Reader& reader, const char* key,
                                                        const DocumentText& text) {
  std::vector<Descriptor> out;
  bool ok = true;
  for (const Json& element : reader.array(key)) {
    std::optional<Descriptor> descriptor =
        read_descriptor(element, fmt::format("/{}/{}", key, out.size()), text);
    ok = ok && descriptor.has_value();
    out.push_back(descriptor ? std::move(*descriptor) : Descriptor{});
  }
  if (!ok || !reader.ok()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::vector<Descriptor>> parse_index(const DocumentText& text) {
  const std::optional<Json> json = parse_json(text);
  if (!json) return std::nullopt;
  Reader reader(*json, "", text);
  if (!reader.is_object()) return std::nullopt;
  if (!reader.has("manifests")) {
    reader.fail("manifests", "missing-key", "is missing");
    return std::nullopt;
  }
  return read_descriptors(reader, "manifests", text);
}

std::optional<ManifestDocument> parse_manifest(const DocumentText& text) {
  const std::optional<Json> json = parse_json(text);
  if (!json) return std::nullopt;
  Reader reader(*json, "", text);
  if (!reader.is_object()) return std::nullopt;
  if (!reader.has("config")) {
    reader.fail("config", "missing-key", "is missing");
    return std::nullopt;
  }
  std::optional<Descriptor> config = read_descriptor((*json)["config"], "/config", text);
  std::optional<std::vector<Descriptor>> layers = read_descriptors(reader, "layers", text);
  if (!config || !layers) return std::nullopt;
  return ManifestDocument{std::move(*config), std::move(*layers)};
}

std::optional<ConfigDocument> parse_config(const DocumentText& text) {
  const std::optional<Json> json = parse_json(text);
  if (!json) return std::nullopt;
  Reader reader(*json, "", text);
  if (!reader.is_object()) return std::nullopt;
  ConfigDocument out;
  out.platform = read_platform(reader);
  Reader rootfs = reader.object("rootfs");
  if (rootfs.is_object()) out.diff_ids = rootfs.strings("diff_ids");
  for (const std::string& diff_id : out.diff_ids) {
    if (!rootfs.ok() || is_sha256_digest(diff_id)) continue;
    rootfs.fail("diff_ids", "digest", "must be \"sha256:\" and 64 lower-case hex digits each");
  }
  Reader defaults = reader.object("config");
  if (defaults.is_object()) {
    for (auto& [key, value] : defaults.strings_by_key("Labels"))
      out.labels.emplace_back(key, value);
  }
  if (!reader.ok() || !rootfs.ok() || !defaults.ok()) return std::nullopt;
  return out;
}

std::optional<std::vector<DockerImage>> parse_docker_manifest(const DocumentText& text) {
  const std::optional<Json> json = parse_json(text);
  if (!json) return std::nullopt;
  if (!json->is_array() || json->size() > static_cast<std::size_t>(text.limits.layer_count_max)) {
    Reader(*json, "", text)
        .fail("", "wrong-type",
              fmt::format("must be an array of at most {} images", text.limits.layer_count_max));
    return std::nullopt;
  }
  std::vector<DockerImage> out;
  bool ok = true;
  for (const Json& element : *json) {
    Reader reader(element, fmt::format("/{}", out.size()), text);
    DockerImage image;
    if (reader.is_object()) {
      image.config = reader.string("Config");
      image.layers = reader.strings("Layers");
      image.names = reader.strings("RepoTags");
    }
    ok = ok && reader.ok();
    out.push_back(std::move(image));
  }
  if (!ok) return std::nullopt;
  return out;
}

std::optional<std::string> parse_layout_version(const DocumentText& text) {
  const std::optional<Json> json = parse_json(text);
  if (!json) return std::nullopt;
  Reader reader(*json, "", text);
  if (!reader.is_object()) return std::nullopt;
  std::string version = reader.string("imageLayoutVersion");
  if (!reader.ok()) return std::nullopt;
  return version;
}

}  // namespace sweepcheck
