#include "conformance/perform/real_images.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "conformance/host/pause_program.hpp"
#include "conformance/perform/layer_bytes.hpp"
#include "input/digest.hpp"
#include "input/image/image_documents.hpp"
#include "input/scenario/decoder.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {
namespace {

constexpr std::int64_t kSizeMin = 256;

std::string name_in(const std::string& alias) { return alias.substr(alias.find(':') + 1); }

// What a container of this image runs; nothing of ours runs on other architectures.
std::string command_of(const ImageBlob& config) {
  const std::size_t slash = config.platform.find('/');
  const std::string rest = slash == std::string::npos ? "" : config.platform.substr(slash + 1);
  const std::string architecture = rest.substr(0, rest.find('/'));
  return "/" + pause_program_name(architecture);
}

class Maker {
 public:
  Maker(std::int64_t scale, RealImages& out) : scale_(scale), out_(out) {}

  void make(const std::string& name, ImageDescription image) {
    std::vector<bool> is_config(image.blobs.size(), false);
    for (const ImageBlob& blob : image.blobs) {
      if (classify_media_type(blob.media_type) == MediaClass::kManifest && !blob.children.empty()) {
        is_config[blob.children.front().blob] = true;
      }
    }
    // A config lists its layers' diff IDs, and may stand before them.
    std::vector<std::size_t> order(image.blobs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
      return !is_config[i] && image.blobs[i].children.empty();
    });
    for (const std::size_t i : order) {
      ImageBlob& blob = image.blobs[i];
      if (blob.has_subject || blob.is_referrer) {
        out_.obstacle = "images that refer to others need containerd 2.2 or later";
        return;
      }
      make_blob(blob, is_config[i], image);
    }
    image.aliases.clear();
    add_chain_aliases(image);
    out_.images[name] = std::move(image);
  }

 private:
  void make_blob(ImageBlob& blob, bool is_config, const ImageDescription& image) {
    const std::string old = blob.digest;
    std::string bytes;
    if (is_config) {
      for (std::string& diff_id : blob.diff_ids) diff_id = diff_ids_.at(diff_id);
      blob.chain_ids = chain_ids(blob.diff_ids);
      // A label may name another blob by its alias; layers come first.
      for (auto& [key, value] : blob.config_labels) {
        for (const ImageBlob& other : image.blobs) {
          if (other.alias == value) value = other.digest;
        }
      }
      // The twin of another image's config is that config.
      const auto [place, is_new] = config_names_.emplace(old, name_in(blob.alias));
      bytes = config_document(place->second, with_attestations(blob, image), command_of(blob));
    } else if (classify_media_type(blob.media_type) == MediaClass::kManifest) {
      bytes = manifest_document(blob, image.blobs, nullptr);
      // Docker's own manifests are indented, so that one which an import generates is another.
      constexpr int kDockerIndent = 3;
      if (blob.media_type == media_types(true).manifest) {
        bytes = nlohmann::ordered_json::parse(bytes).dump(kDockerIndent);
      }
    } else if (classify_media_type(blob.media_type) == MediaClass::kIndex) {
      bytes = index_document(name_in(blob.alias), blob, image.blobs);
    } else {
      bytes = layer(blob);
    }
    seal(blob, bytes);
    out_.bytes[blob.digest] = std::move(bytes);
  }

  // An attestation is not a layer to the model, but its builder lists it as one: its digest is its
  // diff ID, since nothing compresses it.
  static ImageBlob with_attestations(ImageBlob config, const ImageDescription& image) {
    for (const ImageBlob& manifest : image.blobs) {
      const bool is_ours = classify_media_type(manifest.media_type) == MediaClass::kManifest &&
                           !manifest.children.empty() &&
                           image.blobs[manifest.children.front().blob].alias == config.alias;
      if (!is_ours) continue;
      for (std::size_t i = 1; i < manifest.children.size(); ++i) {
        const ImageBlob& part = image.blobs[manifest.children[i].blob];
        if (part.media_type == "application/vnd.in-toto+json") {
          config.diff_ids.push_back(part.digest);
        }
      }
    }
    return config;
  }

  std::string layer(ImageBlob& blob) {
    const std::string name = name_in(blob.alias);
    const auto size = static_cast<std::size_t>(std::max(kSizeMin, blob.size_bytes / scale_));
    // A blob that is not a layer (an attestation, say) is just bytes.
    if (blob.diff_id.empty()) return noise(name, size);
    const std::string& root = blob.diff_id;
    auto& diff_id = diff_ids_[root];
    if (diff_id.empty()) {
      // The file's name tells the layers of one image apart. Any of them can be an image's only
      // one, so each has something to run.
      std::vector<TarFile> files{{"layer-" + root.substr(7, 16), noise(root, size)}};
      for (const char* architecture : {"amd64", "arm64"}) {
        files.push_back({pause_program_name(architecture), pause_program(architecture), true});
      }
      const std::string tar = tar_of(files);
      diff_id = sha256_digest(tar);
      out_.bytes[diff_id] = tar;
    }
    blob.diff_id = diff_id;
    blob.unpacked_bytes = static_cast<std::int64_t>(size);
    const std::string& tar = out_.bytes.at(diff_id);
    if (blob.media_type.ends_with("zstd")) return zstd_of(name, tar);
    if (blob.media_type.ends_with("gzip")) return gzip_of(name, tar);
    return tar;
  }

  std::int64_t scale_;
  RealImages& out_;
  /// From a declared diff ID to the real one.
  std::map<std::string, std::string> diff_ids_;
  std::map<std::string, std::string> config_names_;
};

}  // namespace

RealImages make_real(const Scenario& scenario, std::int64_t scale) {
  RealImages out;
  Maker maker(scale, out);
  for (const auto& [name, image] : scenario.images) {
    if (!out.obstacle.empty()) break;
    maker.make(name, image);
  }
  return out;
}

std::string made_up_bytes(const std::string& name, std::int64_t size_bytes) {
  return noise("made up " + name, static_cast<std::size_t>(size_bytes));
}

}  // namespace sweepcheck
