#include "input/scenario/declared_layers.hpp"

#include <fmt/format.h>

#include "input/digest.hpp"
#include "input/image/image_documents.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

constexpr std::int64_t kLayerBytes = 1'000'000;
constexpr std::int64_t kUnpackedBytes = 2'600'000;

bool is_any_layer(std::string_view media_type) {
  const MediaClass media = classify_media_type(media_type);
  return media == MediaClass::kLayer || media == MediaClass::kForeignLayer ||
         media == MediaClass::kDockerZstdLayer || media == MediaClass::kErofsLayer;
}

}  // namespace

std::map<std::string, const JsonValue*> objects_in(const JsonValue* object) {
  std::map<std::string, const JsonValue*> out;
  if (!object || !object->is(JsonValue::Kind::kObject)) return out;
  for (const JsonValue* child : object->children) {
    if (child->is(JsonValue::Kind::kObject)) out.emplace(child->key, child);
  }
  return out;
}

DeclaredLayers::DeclaredLayers(const JsonValue& root, ScenarioContext& context)
    : context_(context), layers_(objects_in(root.find("layers"))) {}

void DeclaredLayers::check() {
  for (const auto& [name, json] : layers_) {
    check_keys(*json, layer_keys(), "a layer", context_.problems);
    static_cast<void>(diff_layer(name));
  }
}

void DeclaredLayers::warn_of_unused() {
  for (const auto& [name, json] : layers_) {
    if (used_.contains(name) || !context_.images_complete) continue;
    context_.problems.warning(*json, "unused-layer",
                              fmt::format("no image has layer {}", quote(name)));
  }
}

// The layer at the end of its same_diff_as; nothing if that leads nowhere.
std::optional<std::string> DeclaredLayers::diff_layer(const std::string& name) {
  std::set<std::string> seen;
  std::string at = name;
  while (true) {
    const auto declared = layers_.find(at);
    const JsonValue* same =
        declared == layers_.end() ? nullptr : declared->second->find("same_diff_as");
    if (!same || !same->is(JsonValue::Kind::kString)) return at;
    if (!seen.insert(at).second || !layers_.contains(same->text)) {
      if (complained_.insert(at).second) {
        context_.problems.error(*same, seen.contains(same->text) ? "cycle" : "unknown-layer",
                                seen.contains(same->text)
                                    ? "layers have the same diff ID in a cycle"
                                    : fmt::format("no layer {} is declared", quote(same->text)),
                                context_.problems.did_you_mean(same->text, names()));
      }
      context_.images_complete = false;
      return std::nullopt;
    }
    at = same->text;
  }
}

std::vector<std::string> DeclaredLayers::names() const {
  std::vector<std::string> out;
  for (const auto& [name, json] : layers_) out.push_back(name);
  return out;
}

std::optional<ImageBlob> DeclaredLayers::make(const std::string& name, bool docker) {
  used_.insert(name);
  const std::optional<std::string> root = diff_layer(name);
  if (!root) return std::nullopt;
  const auto number = [&](const std::string& layer, const char* key, std::int64_t otherwise) {
    const auto declared = layers_.find(layer);
    return declared == layers_.end() ? otherwise
                                     : size_of(*declared->second, key).value_or(otherwise);
  };
  const auto declared = layers_.find(name);
  const std::string chosen =
      declared == layers_.end() ? "" : text_of(*declared->second, "media_type");
  ImageBlob blob;
  blob.alias = "layer:" + name;
  blob.media_type = chosen.empty() ? std::string(media_types(docker).layer) : chosen;
  blob.size_bytes = number(name, "size", kLayerBytes);
  const std::string named = chosen.empty() ? std::string(media_types(false).layer) : chosen;
  blob.digest =
      sha256_digest(fmt::format("sweepcheck blob {} {} {}", name, blob.size_bytes, named));
  if (!is_any_layer(blob.media_type)) return blob;
  blob.diff_id = sha256_digest("sweepcheck layer " + *root);
  blob.unpacked_bytes = number(*root, "unpacked", kUnpackedBytes);
  if (blob.media_type.ends_with(".tar")) blob.digest = blob.diff_id;
  return blob;
}

}  // namespace sweepcheck
