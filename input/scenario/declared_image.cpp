// Declared images: from layers and members by name to the blobs that a registry would serve.
//
// Layers are made up (declared_layers.cpp). Configs, manifests and indexes are real documents over
// them (image_documents.cpp), so that everything that depends on their digests and sizes is as with
// real images.
#include <fmt/format.h>

#include <algorithm>

#include "input/digest.hpp"
#include "input/image/image_documents.hpp"
#include "input/scenario/declared_layers.hpp"
#include "input/scenario/decoder.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kLayerCountMax = 1'000;
constexpr int kDepthMax = 64;
/// What all images may take in memory, roughly: each has its own copy of its members' blobs.
constexpr std::size_t kGraphBytesMax = 256 << 20;
constexpr std::size_t kBlobBytes = 512;
constexpr std::size_t kChildBytes = 48;

// Appends blobs to an image, each digest once.
class BlobList {
 public:
  explicit BlobList(ImageDescription& image) : image_(image) {}

  std::uint32_t add(ImageBlob blob) {
    const auto next = static_cast<std::uint32_t>(image_.blobs.size());
    const auto [found, inserted] = places_.try_emplace(blob.digest, next);
    if (inserted) image_.blobs.push_back(std::move(blob));
    return found->second;
  }

  /// All blobs of another image; returns the place of its target.
  std::uint32_t add_all(const ImageDescription& other) {
    std::vector<std::uint32_t> places;
    for (ImageBlob blob : other.blobs) {
      for (ImageChild& child : blob.children) child.blob = places[child.blob];
      places.push_back(add(std::move(blob)));
    }
    return places.back();
  }

  ImageBlob& operator[](std::uint32_t place) { return image_.blobs[place]; }

 private:
  ImageDescription& image_;
  std::map<std::string, std::uint32_t> places_;
};

class DeclaredImages {
 public:
  DeclaredImages(const JsonValue& root, const ScenarioOverrides& overrides,
                 ScenarioContext& context)
      : context_(context), problems_(context.problems), layers_(root, context) {
    images_ = objects_in(root.find("images"));
    for (const auto& [name, file] : overrides.images) {
      if (!images_.contains(name)) {
        const auto known = names();
        problems_.error(root, "unknown-image",
                        fmt::format("--image {}: no image of this name is declared", quote(name)),
                        problems_.did_you_mean(name, known));
      }
      overrides_[name] = file;
    }
  }

  void build_all() {
    layers_.check();
    for (const auto& [name, json] : images_) context_.image_names.insert(name);
    for (const auto& [name, json] : images_) check_image(*json);
    for (const auto& [name, json] : images_) {
      if (!find(name, *json)) context_.images_complete = false;
    }
    layers_.warn_of_unused();
  }

 private:
  using Kind = JsonValue::Kind;

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, json] : images_) out.push_back(name);
    return out;
  }

  bool fail(const JsonValue& at, std::string rule, std::string message, std::string hint = "") {
    problems_.error(at, std::move(rule), std::move(message), std::move(hint));
    return false;
  }

  bool spend(std::size_t bytes, const JsonValue& at) {
    const bool was_within = graph_bytes_ <= kGraphBytesMax;
    graph_bytes_ += bytes;
    if (graph_bytes_ <= kGraphBytesMax) return true;
    if (was_within) fail(at, "too-large", "the images take too much memory from here on");
    return false;
  }

  bool spend(const ImageDescription& image, const JsonValue& at) {
    std::size_t bytes = 0;
    for (const ImageBlob& blob : image.blobs) {
      bytes += kBlobBytes + blob.children.size() * kChildBytes + blob.alias.size();
    }
    for (const auto& [digest, alias] : image.aliases) bytes += kBlobBytes + alias.size();
    return spend(bytes, at);
  }

  void check_image(const JsonValue& json) {
    check_keys(json, image_keys(), "an image", problems_);
    int form_count = 0;
    for (const char* form : {"layers", "index", "file"}) form_count += json.find(form) ? 1 : 0;
    if (form_count == 1) return;
    fail(json, form_count == 0 ? "missing-key" : "contradiction",
         "an image has exactly one of \"layers\", \"index\" and \"file\"");
    bad_.insert(json.key);
  }

  // The image, built now if it wasn't; nullptr if it can't be, which has been complained about.
  const ImageDescription* find(const std::string& name, const JsonValue& at) {
    if (!context_.image_names.contains(name)) {
      check_image_name(at, name, context_);
      return nullptr;
    }
    const auto built = context_.scenario.images.find(name);
    if (built != context_.scenario.images.end()) return &built->second;
    const auto on_path = std::find(path_.begin(), path_.end(), name);
    if (on_path != path_.end()) {
      fail(at, "cycle",
           fmt::format("images refer to each other in a cycle: {} -> {}",
                       fmt::join(on_path, path_.end(), " -> "), name));
      return nullptr;
    }
    if (path_.size() >= kDepthMax) {
      fail(at, "too-deep", fmt::format("images within images, deeper than {}", kDepthMax));
      return nullptr;
    }
    if (bad_.contains(name)) return nullptr;
    path_.push_back(name);
    ImageDescription image;
    image.name = name;
    const bool good = build(name, *images_.at(name), image);
    path_.pop_back();
    if (!good || !spend(image, *images_.at(name))) {
      bad_.insert(name);
      return nullptr;
    }
    return &context_.scenario.images.emplace(name, std::move(image)).first->second;
  }

  bool build(const std::string& name, const JsonValue& json, ImageDescription& image) {
    const auto replaced = overrides_.find(name);
    if (replaced != overrides_.end()) {
      return image_from_file(json, replaced->second, "", names_of(json, "layers"), problems_,
                             image);
    }
    if (const JsonValue* file = json.find("file")) {
      const std::string path = file->is(Kind::kString) ? path_beside(*file, problems_) : "";
      return !path.empty() &&
             image_from_file(json, path, text_of(json, "image"), {}, problems_, image);
    }
    return json.find("index") ? build_index(name, json, image) : build_plain(name, json, image);
  }

  // The config of another image, which must have the same layers beneath.
  bool take_config(const std::string& name, const JsonValue& at,
                   const std::vector<std::string>& diff_ids, ImageBlob& config) {
    const ImageDescription* other = find(name, at);
    if (!other) return false;
    const ImageBlob& manifest = other->target();
    if (classify_media_type(manifest.media_type) != MediaClass::kManifest ||
        manifest.children.empty()) {
      return fail(at, "contradiction", fmt::format("{} has no config of its own", quote(name)));
    }
    const std::string media_type = config.media_type;
    const std::string alias = config.alias;
    config = other->blobs[manifest.children.front().blob];
    config.media_type = media_type;
    config.alias = alias;
    if (config.diff_ids == diff_ids) return true;
    return fail(at, "contradiction",
                fmt::format("the layers' diff IDs differ from those of {}", quote(name)),
                "declare the layers with \"same_diff_as\"");
  }

  bool build_config(const std::string& name, const JsonValue& json, bool docker,
                    const std::vector<std::string>& diff_ids, ImageBlob& config) {
    config.alias = "config:" + name;
    config.media_type = media_types(docker).config;
    if (const JsonValue* same = json.find("same_config_as")) {
      return same->is(Kind::kString) && take_config(same->text, *same, diff_ids, config);
    }
    const JsonValue* platform = json.find("platform");
    if (platform && !platform->is(Kind::kString)) return false;
    config.platform = platform ? platform->text : "linux/amd64";
    if (!is_platform(config.platform)) {
      return fail(*platform, "platform",
                  fmt::format("{} is not a valid platform", quote(config.platform)),
                  "os/arch or os/arch/variant: \"linux/arm64\"");
    }
    config.diff_ids = diff_ids;
    config.chain_ids = chain_ids(diff_ids);
    config.config_labels = texts_of(json, "labels");
    seal(config, config_document(name, config));
    return true;
  }

  bool build_plain(const std::string& name, const JsonValue& json, ImageDescription& image) {
    const bool docker = text_of(json, "media_types") == "docker";
    const bool schema1 = text_of(json, "media_types") == "schema1";
    const std::vector<std::string> layers = names_of(json, "layers");
    std::size_t name_bytes = 0;
    for (const std::string& layer : layers) name_bytes += layer.size() + 1;
    if (layers.size() > kLayerCountMax) {
      return fail(*json.find("layers"), "too-large",
                  fmt::format("an image has at most {} layers", kLayerCountMax));
    }
    if (!spend(name_bytes * layers.size(), json)) return false;
    BlobList blobs(image);
    ImageBlob manifest;
    manifest.children.push_back({});
    std::vector<std::string> diff_ids;
    for (const std::string& layer : layers) {
      std::optional<ImageBlob> blob = layers_.make(layer, docker || schema1);
      if (!blob) return false;
      if (schema1 && blob->diff_id.empty()) {
        return fail(*json.find("layers"), "contradiction",
                    fmt::format("{} is not a layer, and Docker's first format holds nothing else",
                                quote(layer)));
      }
      if (!blob->diff_id.empty()) diff_ids.push_back(blob->diff_id);
      manifest.children.push_back({blobs.add(std::move(*blob)), ""});
    }
    ImageBlob config;
    if (!build_config(name, json, docker, diff_ids, config)) return false;
    manifest.children.front().blob = blobs.add(std::move(config));
    manifest.alias = "manifest:" + name;
    manifest.media_type = media_types(docker).manifest;
    const ImageBlob* subject = nullptr;
    if (const JsonValue* value = json.find("subject")) {
      const ImageDescription* other =
          value->is(Kind::kString) ? find(value->text, *value) : nullptr;
      if (!other) return false;
      subject = &other->target();
      manifest.has_subject = true;
    }
    seal(manifest, manifest_document(manifest, image.blobs, subject));
    const std::uint32_t place = blobs.add(std::move(manifest));
    if (schema1) add_schema1(name, place, blobs, image);
    add_chain_aliases(image);
    return true;
  }

  // The manifest in Docker's first format that becomes this one when it is pulled.
  static void add_schema1(const std::string& name, std::uint32_t manifest, BlobList& blobs,
                          const ImageDescription& image) {
    ImageBlob old;
    old.alias = "schema1:" + name;
    old.media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    const auto& children = image.blobs[manifest].children;
    old.children.assign(children.begin() + 1, children.end());
    old.converted = manifest;
    seal(old, schema1_document(name, old, image.blobs));
    blobs.add(std::move(old));
  }

  // A member of an index: a name, or an object with a name and a platform.
  bool add_member(const JsonValue& member, BlobList& blobs, ImageBlob& index) {
    std::string name = member.text;
    std::string platform;
    const JsonValue* at = &member;
    if (member.is(Kind::kObject)) {
      check_keys(member, member_keys(), "a member", problems_);
      name = text_of(member, "image");
      platform = text_of(member, "platform");
      if (member.find("image")) at = member.find("image");
      if (!platform.empty() && !is_platform(platform)) {
        return fail(*member.find("platform"), "platform",
                    fmt::format("{} is not a valid platform", quote(platform)),
                    "os/arch or os/arch/variant: \"linux/arm64\"");
      }
    } else if (!member.is(Kind::kString)) {
      return fail(
          member, "wrong-type",
          fmt::format("must be an image's name or an object, not {}", kind_text(member.kind)));
    }
    if (!at->is(Kind::kString)) return false;
    const ImageDescription* image = find(name, *at);
    if (!image || !spend(*image, member)) return false;
    const ImageBlob& target = image->target();
    if (target.converted < image->blobs.size()) {
      return fail(*at, "contradiction", "an index has no members in Docker's first format");
    }
    if (platform.empty() && !target.children.empty()) {
      platform = image->blobs[target.children.front().blob].platform;
    }
    const std::uint32_t place = blobs.add_all(*image);
    const JsonValue* referrer = member.find("referrer");
    if (referrer && referrer->boolean) blobs[place].is_referrer = true;
    index.children.push_back({place, platform});
    return true;
  }

  bool build_index(const std::string& name, const JsonValue& json, ImageDescription& image) {
    const JsonValue& members = *json.find("index");
    if (!members.is(Kind::kArray)) {
      return fail(members, "wrong-type", "must be a list of images");
    }
    BlobList blobs(image);
    ImageBlob index;
    bool good = true;
    for (const JsonValue* member : members.children) good &= add_member(*member, blobs, index);
    if (!good) return false;
    index.alias = "index:" + name;
    index.media_type = media_types(text_of(json, "media_types") == "docker").index;
    seal(index, index_document(name, index, image.blobs));
    blobs.add(std::move(index));
    add_chain_aliases(image);
    return true;
  }

  ScenarioContext& context_;
  Problems& problems_;
  DeclaredLayers layers_;
  std::map<std::string, const JsonValue*> images_;
  std::map<std::string, std::string> overrides_;
  std::set<std::string> bad_;
  std::vector<std::string> path_;
  std::size_t graph_bytes_ = 0;
};

}  // namespace

void add_chain_aliases(ImageDescription& image) {
  for (const ImageBlob& manifest : image.blobs) {
    if (manifest.children.empty()) continue;
    const ImageBlob& config = image.blobs[manifest.children.front().blob];
    std::string chain;
    std::size_t at = 0;
    for (const ImageChild& child : std::span(manifest.children).subspan(1)) {
      const ImageBlob& layer = image.blobs[child.blob];
      if (layer.diff_id.empty() || at >= config.chain_ids.size()) continue;
      const std::string name = layer.alias.substr(layer.alias.find(':') + 1);
      chain += (at == 0 ? "chain:" : "+") + name;
      image.aliases.emplace_back(config.chain_ids[at++], chain);
      image.aliases.emplace_back(layer.diff_id, "diff:" + name);
    }
  }
}

void decode_images(const JsonValue& root, const ScenarioOverrides& overrides,
                   ScenarioContext& context) {
  DeclaredImages(root, overrides, context).build_all();
}

}  // namespace sweepcheck
