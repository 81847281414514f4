// docker save, formats v1.1 and v1.2: manifest.json lists, for each image, the member that is its
// config, the members that are its layers, and its names. There is no manifest; containerd
// generates one on import (images/archive/importer.go | core/images/archive/importer.go), and this
// is the same, byte for byte: a docker schema 2 manifest whose layers are called gzip if they are
// compressed with anything. (Blobs that the store has already can change what containerd generates;
// an archive alone is read as if into an empty store.)
#include <fmt/format.h>

#include <utility>

#include "input/image/archive_formats.hpp"
#include "input/image/image_builder.hpp"
#include "input/image/oci_documents.hpp"

namespace sweepcheck {
namespace {

constexpr const char* kManifestType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr const char* kConfigType = "application/vnd.docker.container.image.v1+json";
constexpr const char* kLayerType = "application/vnd.docker.image.rootfs.diff.tar";
constexpr const char* kGzipLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

// Go's encoding of a descriptor without optional fields.
std::string descriptor_json(const std::string& media_type, const MemberFacts& facts) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", media_type, facts.digest,
                     facts.size_bytes);
}

class DockerArchive {
 public:
  DockerArchive(const ArchiveMembers& members, ArchiveComplaints& complaints)
      : members_(members), complaints_(complaints) {}

  const BlobTable& blobs() const { return blobs_; }

  // The image's generated manifest; nothing, after complaining, if a member is missing.
  std::optional<Descriptor> add(const DockerImage& image, const std::string& place) {
    const MemberFacts* config = find(image.config, place + "/Config");
    if (config) check_config_name(image.config, *config);
    std::vector<std::string> layers;
    for (std::size_t at = 0; at < image.layers.size(); ++at) {
      const MemberFacts* layer = find(image.layers[at], fmt::format("{}/Layers/{}", place, at));
      if (!layer) continue;
      layers.push_back(
          descriptor_json(layer->layer.compressed ? kGzipLayerType : kLayerType, *layer));
    }
    if (!config || layers.size() != image.layers.size()) return std::nullopt;
    MemberFacts& manifest = generated_.emplace_back();
    manifest.document =
        fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                    kManifestType, descriptor_json(kConfigType, *config), fmt::join(layers, ","));
    manifest.digest = sha256_digest(*manifest.document);
    manifest.size_bytes = static_cast<std::int64_t>(manifest.document->size());
    blobs_.present.emplace(manifest.digest, &manifest);
    return Descriptor{kManifestType, manifest.digest, manifest.size_bytes, {}, ""};
  }

 private:
  // A layer that an image has twice is a symlink to the first (docker 1.10 to 24): one step, as
  // containerd follows it.
  const MemberFacts* find(const std::string& name, const std::string& place) {
    const auto link = members_.links.find(name);
    const auto file = members_.files.find(link == members_.links.end() ? name : link->second);
    if (file == members_.files.end()) {
      complaints_.error("missing-member", place,
                        fmt::format("the archive has no member \"{}\"", name),
                        "it is incomplete; write it again");
      return nullptr;
    }
    blobs_.present.emplace(file->second.digest, &file->second);
    return &file->second;
  }

  // "<hex>.json", the config's own digest; other names promise nothing.
  void check_config_name(const std::string& name, const MemberFacts& facts) {
    if (!name.ends_with(".json")) return;
    const std::string named = "sha256:" + name.substr(0, name.size() - 5);
    if (is_sha256_digest(named) && named != facts.digest) {
      complaints_.error("digest-mismatch", name,
                        fmt::format("the member's digest is {}", facts.digest));
    }
  }

  const ArchiveMembers& members_;
  ArchiveComplaints& complaints_;
  BlobTable blobs_;
  // A deque: the table points to its elements.
  std::deque<MemberFacts> generated_;
};

// Symlinks that lead nowhere, or to another symlink, are what a forged archive has.
void check_links(const ArchiveMembers& members, ArchiveComplaints& complaints) {
  for (const auto& [name, target] : members.links) {
    if (members.files.contains(target)) continue;
    complaints.error("member-kind", name,
                     fmt::format("a symlink to \"{}\", which is not in the archive", target));
  }
}

}  // namespace

std::vector<ImageDescription> read_docker_archive(const ArchiveMembers& members, ImageNames names,
                                                  const ArchiveLimits& limits,
                                                  ArchiveComplaints& complaints) {
  std::vector<ImageDescription> images;
  check_links(members, complaints);
  const std::string manifest_name = "manifest.json";
  const auto file = members.files.find(manifest_name);
  if (file == members.files.end() || !file->second.document) {
    complaints.error("not-json", manifest_name, "no JSON document, or too large for one");
    return images;
  }
  const std::optional<std::vector<DockerImage>> entries =
      parse_docker_manifest({*file->second.document, manifest_name, limits, complaints});
  if (!entries) return images;
  if (entries->empty()) {
    complaints.warning("no-image", manifest_name, "the archive names no image");
  }
  DockerArchive archive(members, complaints);
  ImageBuilder builder(archive.blobs(), limits, complaints);
  for (std::size_t at = 0; at < entries->size(); ++at) {
    const DockerImage& entry = (*entries)[at];
    const std::string place = fmt::format("manifest.json#/{}", at);
    const std::optional<Descriptor> target = archive.add(entry, place);
    if (!target) continue;
    std::vector<std::string> image_names = entry.names;
    if (image_names.empty()) image_names.push_back(names.next_unnamed());
    for (const std::string& name : image_names) {
      if (static_cast<std::int64_t>(images.size()) >= limits.layer_count_max) {
        complaints.error("too-many", place,
                         fmt::format("more than {} named images", limits.layer_count_max));
        return images;
      }
      std::optional<ImageDescription> image = builder.build(name, *target, place);
      if (image) add_image(std::move(*image), images, complaints);
    }
  }
  return images;
}

}  // namespace sweepcheck
