// Walks from the target down, children before parents. Each document is parsed once per archive and
// each edge is followed once per image, so that the work is bounded by the limits however cleverly
// indexes refer to each other.
#include "input/image/image_builder.hpp"

#include <fmt/format.h>

#include <utility>

namespace sweepcheck {
namespace {

// A blob, or an edge, with its strings.
constexpr std::int64_t kBlobBytes = 512;
constexpr std::string_view kSubjectAnnotation = "io.containerd.manifest.subject";

std::string_view kind_name(MediaClass media) {
  switch (media) {
    case MediaClass::kIndex:
      return "index";
    case MediaClass::kManifest:
      return "manifest";
    case MediaClass::kConfig:
      return "config";
    default:
      return "blob";
  }
}

bool counts_as_layer(MediaClass media) {
  return media == MediaClass::kLayer || media == MediaClass::kForeignLayer ||
         media == MediaClass::kDockerZstdLayer || media == MediaClass::kErofsLayer;
}

// True if the blob is a tar once decompressed, so that its diff ID can be computed. Of others, it
// is what a config says.
bool is_tar_layer(const ImageBlob& blob, MediaClass media) {
  return counts_as_layer(media) && media != MediaClass::kErofsLayer &&
         !is_encrypted(blob.media_type);
}

}  // namespace

std::string short_image_name(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  // A reference without a path may still be "host:port/name", so the tag is cut off last.
  reference = reference.substr(reference.rfind('/') + 1);
  reference = reference.substr(0, reference.find(':'));
  return reference.empty() ? "image" : std::string(reference);
}

std::optional<ImageDescription> ImageBuilder::build(const std::string& name,
                                                    const Descriptor& target,
                                                    const std::string& place) {
  place_by_digest_.clear();
  on_path_.clear();
  ImageDescription image{name, {}};
  const Visit visit{.place = place,
                    .kind = kind_name(classify_media_type(target.media_type)),
                    .name = short_image_name(name),
                    .position = std::nullopt,
                    .depth = 0};
  const std::optional<std::uint32_t> at = add(target, visit, image);
  if (!at || !image.blobs[*at].present) return std::nullopt;
  return image;
}

std::optional<std::uint32_t> ImageBuilder::add(const Descriptor& descriptor, const Visit& visit,
                                               ImageDescription& image) {
  if (const auto met = place_by_digest_.find(descriptor.digest); met != place_by_digest_.end()) {
    return met->second;
  }
  Node& node = load(descriptor, visit);
  if (!node.usable) return std::nullopt;
  if (visit.depth > limits_.index_depth_max) {
    complaints_.error("too-deep", visit.place,
                      fmt::format("more than {} indexes within indexes", limits_.index_depth_max));
    return std::nullopt;
  }
  if (!on_path_.insert(descriptor.digest).second) {
    complaints_.error("cycle", visit.place, "the index refers to itself");
    return std::nullopt;
  }
  if (!spend(kBlobBytes + node.graph_bytes)) return std::nullopt;
  ImageBlob blob = node.blob;
  for (std::size_t at = 0; at < node.children.size(); ++at) {
    if (!spend(kBlobBytes)) return std::nullopt;
    const Descriptor& child = node.children[at];
    const std::optional<std::uint32_t> child_at =
        add(child, visit_of_child(node, at, visit), image);
    if (!child_at) return std::nullopt;
    blob.children.push_back({*child_at, node.media == MediaClass::kIndex ? child.platform : ""});
  }
  on_path_.erase(descriptor.digest);
  if (node.media == MediaClass::kManifest) {
    check_layers(node);
    // Of a layer that is absent, or no tar, the diff ID is known only now.
    for (const ImageChild& child : blob.children) {
      ImageBlob& layer = image.blobs[child.blob];
      if (layer.diff_id.empty()) layer.diff_id = nodes_.at(layer.digest).blob.diff_id;
    }
  }
  blob.alias = alias_of(descriptor.digest, visit);
  const auto at = static_cast<std::uint32_t>(image.blobs.size());
  place_by_digest_.emplace(descriptor.digest, at);
  image.blobs.push_back(std::move(blob));
  return at;
}

// False, after complaining once, if the images have grown too large.
bool ImageBuilder::spend(std::int64_t graph_bytes) {
  const bool was_within = graph_bytes_ <= limits_.graph_bytes_max;
  graph_bytes_ += graph_bytes;
  if (graph_bytes_ <= limits_.graph_bytes_max) return true;
  if (was_within) {
    complaints_.error(
        "too-large", "",
        fmt::format("the images' graphs take more than {} bytes", limits_.graph_bytes_max));
  }
  return false;
}

ImageBuilder::Visit ImageBuilder::visit_of_child(const Node& parent, std::size_t at,
                                                 const Visit& visit) const {
  const Descriptor& child = parent.children[at];
  Visit out{.place = parent.blob.digest,
            .kind = kind_name(classify_media_type(child.media_type)),
            .name = visit.name,
            .position = std::nullopt,
            .depth = visit.depth + 1};
  if (parent.media == MediaClass::kIndex) {
    out.place += fmt::format("#/manifests/{}", at);
    if (!child.platform.empty()) out.name += "/" + child.platform;
  } else if (at == 0) {
    out.place += "#/config";
    out.kind = "config";
  } else {
    out.place += fmt::format("#/layers/{}", at - 1);
    out.kind = "layer";
    out.position = at - 1;
  }
  return out;
}

ImageBuilder::Node& ImageBuilder::load(const Descriptor& descriptor, const Visit& visit) {
  const auto [found, is_new] = nodes_.try_emplace(descriptor.digest);
  Node& node = found->second;
  if (!is_new) {
    // Absent blobs have only their descriptors' word for it, but two of them should agree.
    if (node.usable && node.blob.size_bytes != descriptor.size_bytes) {
      complaints_.error("size-mismatch", visit.place,
                        fmt::format("{} bytes, but the blob has {}", descriptor.size_bytes,
                                    node.blob.size_bytes));
    }
    return node;
  }
  node.media = classify_media_type(descriptor.media_type);
  node.blob.digest = descriptor.digest;
  node.blob.media_type = descriptor.media_type;
  node.blob.size_bytes = descriptor.size_bytes;
  node.blob.is_referrer = descriptor.annotations.contains(std::string(kSubjectAnnotation));
  if (blobs_.broken.contains(descriptor.digest)) {
    node.usable = false;
    return node;
  }
  const auto facts = blobs_.present.find(descriptor.digest);
  if (facts == blobs_.present.end()) {
    node.blob.present = false;
    complain_missing(node, visit);
  } else if (facts->second->size_bytes != descriptor.size_bytes) {
    complaints_.error("size-mismatch", visit.place,
                      fmt::format("{} bytes, but the blob has {}", descriptor.size_bytes,
                                  facts->second->size_bytes));
    node.usable = false;
  } else {
    read(node, *facts->second);
  }
  return node;
}

void ImageBuilder::complain_missing(const Node& node, const Visit& visit) {
  if (visit.depth == 0) {
    complaints_.error("missing-blob", visit.place,
                      fmt::format("the archive has no {}", node.blob.digest),
                      "it is incomplete; write it again");
  } else if ((visit.kind == "config" || visit.kind == "layer") &&
             node.media != MediaClass::kForeignLayer) {
    complaints_.warning("missing-blob", visit.place,
                        fmt::format("the archive has no {}", node.blob.digest));
  }
}

void ImageBuilder::read(Node& node, const MemberFacts& facts) {
  ImageBlob& blob = node.blob;
  if (is_tar_layer(blob, node.media)) {
    if (!facts.layer.failure.empty()) {
      complaints_.error("layer", blob.digest, "not a layer: " + facts.layer.failure);
    }
    node.usable = facts.layer.failure.empty();
    blob.diff_id = facts.layer.diff_id;
    blob.unpacked_bytes = facts.layer.unpacked_bytes;
    return;
  }
  if (counts_as_layer(node.media)) {
    complaints_.warning("opaque-layer", blob.digest,
                        fmt::format("a layer of type \"{}\" can't be looked into", blob.media_type),
                        "its diff ID is what the config says; containerd alone can't unpack it");
    return;
  }
  if (!has_children(node.media) && node.media != MediaClass::kConfig) return;
  node.usable = false;
  if (!facts.document) {
    complaints_.error("not-json", blob.digest,
                      fmt::format("no JSON document, or larger than {} bytes (all: {})",
                                  limits_.document_bytes_max, limits_.all_documents_bytes_max));
    return;
  }
  const DocumentText text{*facts.document, blob.digest, limits_, complaints_};
  if (node.media == MediaClass::kIndex) {
    std::optional<std::vector<Descriptor>> manifests = parse_index(text);
    if (!manifests) return;
    node.children = std::move(*manifests);
  } else if (node.media == MediaClass::kManifest) {
    std::optional<ManifestDocument> manifest = parse_manifest(text);
    if (!manifest) return;
    node.children = std::move(manifest->layers);
    node.children.insert(node.children.begin(), std::move(manifest->config));
  } else {
    std::optional<ConfigDocument> config = parse_config(text);
    if (!config) return;
    blob.platform = std::move(config->platform);
    blob.config_labels = std::move(config->labels);
    blob.diff_ids = std::move(config->diff_ids);
    blob.chain_ids = chain_ids(blob.diff_ids);
    node.graph_bytes = 2 * facts.size_bytes;
  }
  node.usable = true;
}

// The unpacker pairs layers with diff IDs by position, and refuses an image where they differ in
// number; so do we. Attestations list diff IDs of things that are no layers, and are never
// unpacked.
void ImageBuilder::check_layers(Node& manifest) {
  if (std::exchange(manifest.layers_checked, true) || manifest.children.empty()) return;
  const auto config = nodes_.find(manifest.children.front().digest);
  if (config == nodes_.end() || config->second.media != MediaClass::kConfig ||
      !config->second.usable || !config->second.blob.present) {
    return;
  }
  std::vector<Node*> layers;
  for (std::size_t at = 1; at < manifest.children.size(); ++at) {
    const auto layer = nodes_.find(manifest.children[at].digest);
    if (layer != nodes_.end() && counts_as_layer(layer->second.media)) {
      layers.push_back(&layer->second);
    }
  }
  const std::vector<std::string>& diff_ids = config->second.blob.diff_ids;
  if (layers.empty()) return;
  if (layers.size() != diff_ids.size()) {
    complaints_.error(
        "diff-id", manifest.blob.digest,
        fmt::format("{} layers, but the config has {} diff IDs", layers.size(), diff_ids.size()));
    return;
  }
  for (std::size_t at = 0; at < layers.size(); ++at) check_layer(*layers[at], diff_ids[at]);
}

void ImageBuilder::check_layer(Node& layer, const std::string& diff_id) {
  if (layer.blob.diff_id == diff_id) return;
  if (layer.blob.diff_id.empty()) {
    layer.blob.diff_id = diff_id;
  } else {
    complaints_.error("diff-id", layer.blob.digest,
                      fmt::format("the layer's diff ID is {}, but a config says {}",
                                  layer.blob.diff_id, diff_id));
  }
}

std::string ImageBuilder::alias_of(const std::string& digest, const Visit& visit) {
  std::string& alias = alias_by_digest_[digest];
  if (!alias.empty()) return alias;
  const std::string base = visit.position
                               ? fmt::format("{}:{}.{}", visit.kind, visit.name, *visit.position)
                               : fmt::format("{}:{}", visit.kind, visit.name);
  std::int64_t& count = alias_count_by_base_[base];
  do {
    alias = ++count == 1 ? base : fmt::format("{}-{}", base, count);
  } while (!aliases_.insert(alias).second);
  return alias;
}

}  // namespace sweepcheck
