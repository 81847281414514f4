// A real image in the place of a declared one: the scenario's names for what is in the archive.
#include <fmt/format.h>

#include <algorithm>

#include "input/image/image_archive.hpp"
#include "input/image/image_documents.hpp"
#include "input/scenario/decoder.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

// Gives a real image the names that a declared one would have: target, config, and, if there are
// as many, layers.
void rename_blobs(ImageDescription& image, const std::vector<std::string>& layers) {
  ImageBlob* manifest = &image.blobs.back();
  if (classify_media_type(manifest->media_type) == MediaClass::kIndex) {
    manifest->alias = "index:" + image.name;
    const auto& members = manifest->children;
    auto chosen = std::find_if(members.begin(), members.end(), [&](const ImageChild& child) {
      return child.platform == "linux/amd64" && image.blobs[child.blob].present;
    });
    if (chosen == members.end()) {
      chosen = std::find_if(members.begin(), members.end(), [&](const ImageChild& child) {
        return image.blobs[child.blob].present;
      });
    }
    if (chosen == members.end()) return;
    manifest = &image.blobs[chosen->blob];
  }
  if (classify_media_type(manifest->media_type) != MediaClass::kManifest ||
      manifest->children.empty()) {
    return;
  }
  manifest->alias = "manifest:" + image.name;
  image.blobs[manifest->children.front().blob].alias = "config:" + image.name;
  if (manifest->children.size() != layers.size() + 1) return;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    image.blobs[manifest->children[i + 1].blob].alias = "layer:" + layers[i];
  }
}

// A registry serves what it is given, so what a pull comes to depends on each config.
bool has_configs(const JsonValue& json, const std::string& path, const ImageDescription& image,
                 Problems& problems) {
  for (const ImageBlob& blob : image.blobs) {
    if (blob.present || classify_media_type(blob.media_type) != MediaClass::kConfig) continue;
    problems.error(json, "missing-blob",
                   fmt::format("{} lacks the config {}", quote(path), blob.digest),
                   "what the image's layers unpack to can't be known; write the archive again");
    return false;
  }
  return true;
}

}  // namespace

bool image_from_file(const JsonValue& json, const std::string& path, const std::string& wanted,
                     const std::vector<std::string>& layers, Problems& problems,
                     ImageDescription& image) {
  ImageArchiveResult read = read_image_archive(path);
  problems.add(read.diagnostics);
  if (!read.archive) return false;
  std::vector<std::string> known;
  for (ImageDescription& candidate : read.archive->images) {
    known.push_back(candidate.name);
    if (candidate.name != wanted && (!wanted.empty() || read.archive->images.size() > 1)) continue;
    if (!has_configs(json, path, candidate, problems)) return false;
    const std::string name = image.name;
    image = std::move(candidate);
    image.name = name;
    rename_blobs(image, layers);
    add_chain_aliases(image);
    return true;
  }
  problems.error(json, "unknown-image",
                 wanted.empty() ? fmt::format("{} holds {} images", quote(path), known.size())
                                : fmt::format("{} holds no image {}", quote(path), quote(wanted)),
                 fmt::format("\"image\" is one of {}", fmt::join(known, ", ")));
  return false;
}

}  // namespace sweepcheck
