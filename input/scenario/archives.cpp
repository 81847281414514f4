// Archives that exist before the first step. What `docker save` writes is not what a registry
// serves: its layers are uncompressed, so a docker archive gets images of its own, made from the
// declared ones.
#include <fmt/format.h>

#include "input/image/image_documents.hpp"
#include "input/scenario/decoder.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

// The two blocks that end a tar.
constexpr std::int64_t kTarEndBytes = 1024;

// The same config and diff IDs over uncompressed layers; "" or why that can't be.
std::string make_docker_image(const ImageDescription& image, const std::string& manifest_alias,
                              ImageDescription& out) {
  const ImageBlob& target = image.target();
  if (target.media_type != media_types(true).manifest || target.children.empty()) {
    return "a docker archive holds images with \"media_types\": \"docker\", and no indexes";
  }
  ImageBlob manifest = target;
  manifest.alias = manifest_alias;
  std::map<std::string, std::uint32_t> places;
  for (ImageChild& child : manifest.children) {
    ImageBlob blob = image.blobs[child.blob];
    const bool is_config = &child == &manifest.children.front();
    if (!is_config && blob.diff_id.empty()) {
      return "a docker archive holds layers only, nothing else beside a config";
    }
    if (!is_config) {
      blob.alias = "tar:" + blob.alias.substr(blob.alias.find(':') + 1);
      blob.digest = blob.diff_id;
      blob.media_type = media_types(true).uncompressed_layer;
      blob.size_bytes = blob.unpacked_bytes + kTarEndBytes;
    }
    const auto next = static_cast<std::uint32_t>(out.blobs.size());
    const auto [found, inserted] = places.try_emplace(blob.digest, next);
    child.blob = found->second;
    if (inserted) out.blobs.push_back(std::move(blob));
  }
  seal(manifest, manifest_document(manifest, out.blobs, nullptr));
  out.blobs.push_back(std::move(manifest));
  add_chain_aliases(out);
  return {};
}

class ArchiveDecoder {
 public:
  ArchiveDecoder(const JsonValue& json, ScenarioContext& context)
      : json_(json), context_(context), problems_(context.problems) {}

  void decode() {
    if (!check_keys(json_, archive_keys(), "an archive", problems_)) return;
    archive_.name = json_.key;
    check_archive_name(json_, problems_);
    if (text_of(json_, "format") == "docker") archive_.format = ArchiveFormat::kDocker;
    const JsonValue* images = json_.find("images");
    const JsonValue* image = json_.find("image");
    if ((images != nullptr) == (image != nullptr)) {
      problems_.error(json_, images ? "contradiction" : "missing-key",
                      "an archive has either \"images\" or \"image\"");
    } else if (image) {
      add(text_of(json_, "name"), *image);
    } else if (images->is(Kind::kObject)) {
      for (const JsonValue* child : images->children) add(child->key, *child);
    }
    leave_out_platforms();
    leave_out();
    context_.archive_names.insert(archive_.name);
    context_.scenario.archives.push_back(std::move(archive_));
  }

 private:
  void add(const std::string& name, const JsonValue& value) {
    if (!value.is(Kind::kString) || !check_image_name(value, value.text, context_)) return;
    const auto found = context_.scenario.images.find(value.text);
    if (found == context_.scenario.images.end()) return;
    if (found->second.target().converted < found->second.blobs.size()) {
      problems_.error(value, "contradiction", "an archive holds no image in Docker's first format");
      return;
    }
    if (archive_.format == ArchiveFormat::kOci) {
      archive_.images.emplace_back(name, value.text);
      return;
    }
    ImageDescription image;
    image.name = fmt::format("archive:{}:{}", archive_.name, value.text);
    std::string alias = "manifest:" + archive_.name;
    if (!archive_.images.empty() && archive_.images.front().second != image.name) {
      alias += ":" + value.text;
    }
    const std::string refusal = make_docker_image(found->second, alias, image);
    if (!refusal.empty()) {
      problems_.error(value, "contradiction", refusal);
      return;
    }
    archive_.images.emplace_back(name, image.name);
    context_.scenario.images.emplace(image.name, std::move(image));
  }

  const ImageDescription& image_of(const std::string& name) const {
    return context_.scenario.images.at(name);
  }

  // Everything that one blob reaches.
  static void reach(const ImageDescription& image, std::uint32_t from,
                    const std::set<std::string>& cut_platforms, std::vector<bool>& reached) {
    if (reached[from]) return;
    reached[from] = true;
    for (const ImageChild& child : image.blobs[from].children) {
      if (!cut_platforms.contains(child.platform)) {
        reach(image, child.blob, cut_platforms, reached);
      }
    }
  }

  void leave_out_platforms() {
    const std::vector<std::string> names = names_of(json_, "without_platforms");
    const std::set<std::string> platforms(names.begin(), names.end());
    if (platforms.empty()) return;
    std::set<std::string> kept, lost, present;
    for (const auto& [name, image_name] : archive_.images) {
      const ImageDescription& image = image_of(image_name);
      std::vector<bool> reached(image.blobs.size());
      reach(image, static_cast<std::uint32_t>(image.blobs.size() - 1), platforms, reached);
      for (std::size_t i = 0; i < image.blobs.size(); ++i) {
        (reached[i] ? kept : lost).insert(image.blobs[i].alias);
        for (const ImageChild& child : image.blobs[i].children) present.insert(child.platform);
      }
    }
    for (const std::string& alias : lost) {
      if (!kept.contains(alias)) archive_.without.push_back(alias);
    }
    for (const JsonValue* item : items_in(*json_.find("without_platforms"))) {
      if (!item->is(Kind::kString) || present.contains(item->text) || !context_.images_complete) {
        continue;
      }
      problems_.error(*item, "unknown-value",
                      fmt::format("no index in the archive has platform {}", quote(item->text)),
                      problems_.did_you_mean(item->text, {present.begin(), present.end()}));
    }
  }

  // A blob may go by several aliases; the archive's images have one of them.
  void leave_out() {
    std::map<std::string, std::string> digest_by_alias;
    std::map<std::string, std::set<std::string>> own_aliases;
    for (const auto& [name, image] : context_.scenario.images) {
      for (const ImageBlob& blob : image.blobs) digest_by_alias.emplace(blob.alias, blob.digest);
    }
    for (const auto& [name, image] : archive_.images) {
      for (const ImageBlob& blob : image_of(image).blobs) {
        own_aliases[blob.digest].insert(blob.alias);
      }
    }
    const JsonValue* without = json_.find("without");
    if (!without || !context_.images_complete) return;
    for (const JsonValue* item : items_in(*without)) {
      if (!item->is(Kind::kString)) continue;
      const auto digest = digest_by_alias.find(item->text);
      const auto own =
          digest == digest_by_alias.end() ? own_aliases.end() : own_aliases.find(digest->second);
      if (own == own_aliases.end()) {
        std::vector<std::string> known;
        for (const auto& [at, aliases] : own_aliases) {
          known.insert(known.end(), aliases.begin(), aliases.end());
        }
        problems_.error(*item, "unknown-alias",
                        fmt::format("the archive's images have no blob {}", quote(item->text)),
                        problems_.did_you_mean(item->text, known));
        continue;
      }
      archive_.without.insert(archive_.without.end(), own->second.begin(), own->second.end());
    }
  }

  const JsonValue& json_;
  ScenarioContext& context_;
  Problems& problems_;
  ScenarioArchive archive_;
};

}  // namespace

void decode_archives(const JsonValue& root, ScenarioContext& context) {
  const JsonValue* archives = root.find("archives");
  if (!archives || !archives->is(Kind::kObject)) return;
  for (const JsonValue* json : archives->children) {
    if (json->is(Kind::kObject)) ArchiveDecoder(*json, context).decode();
  }
}

}  // namespace sweepcheck
