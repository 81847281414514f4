#include "input/image/image_documents.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "input/digest.hpp"

namespace sweepcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr ImageMediaTypes kOci{
    .index = "application/vnd.oci.image.index.v1+json",
    .manifest = "application/vnd.oci.image.manifest.v1+json",
    .config = "application/vnd.oci.image.config.v1+json",
    .layer = "application/vnd.oci.image.layer.v1.tar+gzip",
    .uncompressed_layer = "application/vnd.oci.image.layer.v1.tar",
};
constexpr ImageMediaTypes kDocker{
    .index = "application/vnd.docker.distribution.manifest.list.v2+json",
    .manifest = "application/vnd.docker.distribution.manifest.v2+json",
    .config = "application/vnd.docker.container.image.v1+json",
    .layer = "application/vnd.docker.image.rootfs.diff.tar.gzip",
    .uncompressed_layer = "application/vnd.docker.image.rootfs.diff.tar",
};

Json descriptor(const ImageBlob& blob) {
  return {{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.size_bytes}};
}

// os, architecture and variant of os/arch[/variant].
Json platform_of(std::string_view platform) {
  const std::size_t first = std::min(platform.find('/'), platform.size());
  const std::size_t second = std::min(platform.find('/', first + 1), platform.size());
  const auto part = [&](std::size_t begin, std::size_t end) {
    return begin < end ? std::string(platform.substr(begin, end - begin)) : std::string{};
  };
  Json out{{"architecture", part(first + 1, second)}, {"os", part(0, first)}};
  if (second < platform.size()) out["variant"] = part(second + 1, platform.size());
  return out;
}

}  // namespace

const ImageMediaTypes& media_types(bool docker) { return docker ? kDocker : kOci; }

void seal(ImageBlob& blob, const std::string& document) {
  blob.digest = sha256_digest(document);
  blob.size_bytes = static_cast<std::int64_t>(document.size());
}

std::string config_document(const std::string& name, const ImageBlob& config,
                            const std::string& command) {
  Json json = platform_of(config.platform);
  json["author"] = name;
  Json labels = Json::object();
  for (const auto& [key, value] : config.config_labels) labels[key] = value;
  json["config"] = Json::object();
  if (!command.empty()) json["config"]["Cmd"] = Json::array({command});
  if (!labels.empty()) json["config"]["Labels"] = std::move(labels);
  json["rootfs"] = {{"type", "layers"}, {"diff_ids", config.diff_ids}};
  return json.dump();
}

std::string manifest_document(const ImageBlob& manifest, const std::vector<ImageBlob>& blobs,
                              const ImageBlob* subject) {
  Json layers = Json::array();
  for (std::size_t i = 1; i < manifest.children.size(); ++i) {
    layers.push_back(descriptor(blobs[manifest.children[i].blob]));
  }
  Json json{{"schemaVersion", 2}, {"mediaType", manifest.media_type}};
  json["config"] = descriptor(blobs[manifest.children.front().blob]);
  json["layers"] = std::move(layers);
  if (subject) json["subject"] = descriptor(*subject);
  return json.dump();
}

std::string schema1_document(const std::string& name, const ImageBlob& manifest,
                             const std::vector<ImageBlob>& blobs) {
  Json layers = Json::array();
  for (const auto& child : manifest.children) {
    layers.push_back({{"blobSum", blobs[child.blob].digest}});
  }
  // The topmost layer comes first.
  std::reverse(layers.begin(), layers.end());
  Json json{{"schemaVersion", 1}, {"name", name}};
  json["fsLayers"] = std::move(layers);
  return json.dump();
}

std::string index_document(const std::string& name, const ImageBlob& index,
                           const std::vector<ImageBlob>& blobs) {
  Json manifests = Json::array();
  for (const ImageChild& child : index.children) {
    Json member = descriptor(blobs[child.blob]);
    if (!child.platform.empty()) member["platform"] = platform_of(child.platform);
    manifests.push_back(std::move(member));
  }
  Json json{{"schemaVersion", 2}, {"mediaType", index.media_type}};
  json["manifests"] = std::move(manifests);
  json["annotations"] = {{"org.opencontainers.image.title", name}};
  return json.dump();
}

}  // namespace sweepcheck
