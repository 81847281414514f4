// An OCI image layout (OCI image spec, image-layout.md): oci-layout states the version, index.json
// is the root, blobs/sha256/<hex> are the blobs.
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "input/image/archive_formats.hpp"
#include "input/image/image_builder.hpp"
#include "input/image/oci_documents.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kBlobFolder = "blobs/sha256/";
constexpr std::string_view kVersion = "1.0.0";
constexpr const char* kContainerdName = "io.containerd.image.name";
constexpr const char* kOciName = "org.opencontainers.image.ref.name";

BlobTable blobs_of(const ArchiveMembers& members, ArchiveComplaints& complaints) {
  BlobTable blobs;
  for (auto file = members.files.lower_bound(std::string(kBlobFolder));
       file != members.files.end() && file->first.starts_with(kBlobFolder); ++file) {
    const std::string digest = "sha256:" + file->first.substr(kBlobFolder.size());
    if (!is_sha256_digest(digest)) continue;
    if (file->second.digest == digest) {
      blobs.present.emplace(digest, &file->second);
      continue;
    }
    complaints.error("digest-mismatch", file->first,
                     fmt::format("the member's digest is {}", file->second.digest));
    blobs.broken.insert(digest);
  }
  return blobs;
}

// A root document's text, or nothing after complaining.
const std::string* root_document(const ArchiveMembers& members, const std::string& name,
                                 ArchiveComplaints& complaints) {
  const auto file = members.files.find(name);
  if (file == members.files.end()) {
    complaints.error("missing-member", name, "an OCI layout needs this file");
    return nullptr;
  }
  if (!file->second.document) {
    complaints.error("not-json", name, "no JSON document, or too large for one");
    return nullptr;
  }
  return &*file->second.document;
}

std::string name_of(const Descriptor& descriptor, ImageNames& names) {
  for (const char* key : {kContainerdName, kOciName}) {
    const auto annotation = descriptor.annotations.find(key);
    if (annotation != descriptor.annotations.end() && !annotation->second.empty()) {
      return annotation->second;
    }
  }
  return names.next_unnamed();
}

}  // namespace

std::vector<ImageDescription> read_oci_layout(const ArchiveMembers& members, ImageNames names,
                                              const ArchiveLimits& limits,
                                              ArchiveComplaints& complaints) {
  std::vector<ImageDescription> images;
  for (const auto& [name, target] : members.links) {
    complaints.error("member-kind", name, "the member is a symlink, not a regular file");
  }
  const std::string layout_name = "oci-layout";
  const std::string index_name = "index.json";
  const std::string* layout = root_document(members, layout_name, complaints);
  const std::string* index = root_document(members, index_name, complaints);
  if (!layout || !index) return images;
  const std::optional<std::string> version =
      parse_layout_version({*layout, layout_name, limits, complaints});
  if (version && *version != kVersion) {
    complaints.error("layout-version", layout_name,
                     fmt::format("version \"{}\" is not known, only {} is", *version, kVersion));
  }
  const std::optional<std::vector<Descriptor>> targets =
      parse_index({*index, index_name, limits, complaints});
  if (!targets) return images;
  if (targets->empty()) {
    complaints.warning("no-image", index_name, "the archive names no image",
                       "containerd 1.7 and later export an image whose target is gone like this");
  }
  const BlobTable blobs = blobs_of(members, complaints);
  ImageBuilder builder(blobs, limits, complaints);
  for (std::size_t at = 0; at < targets->size(); ++at) {
    const Descriptor& target = (*targets)[at];
    std::optional<ImageDescription> image =
        builder.build(name_of(target, names), target, fmt::format("index.json#/manifests/{}", at));
    if (image) add_image(std::move(*image), images, complaints);
  }
  return images;
}

}  // namespace sweepcheck
