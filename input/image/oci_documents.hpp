// The JSON documents of image archives (OCI image spec: image-layout.md, image-index.md,
// manifest.md, config.md; docker save's manifest.json), read into structs. Keys that nothing here
// depends on are ignored, as containerd ignores them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "input/image/archive_complaints.hpp"
#include "input/image/image_archive.hpp"

namespace sweepcheck {

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::int64_t size_bytes = 0;
  std::map<std::string, std::string> annotations;
  /// os/arch[/variant], or empty.
  std::string platform;
};

struct ManifestDocument {
  Descriptor config;
  std::vector<Descriptor> layers;
};

struct ConfigDocument {
  std::string platform;
  std::vector<std::string> diff_ids;
  std::vector<std::pair<std::string, std::string>> labels;
};

struct DockerImage {
  /// Member names.
  std::string config;
  std::vector<std::string> layers;
  std::vector<std::string> names;
};

/// A document's bytes with what it takes to complain about them.
struct DocumentText {
  std::string_view bytes;
  /// The member's name or digest.
  const std::string& place;
  const ArchiveLimits& limits;
  ArchiveComplaints& complaints;
};

// Each gives nothing, after complaining, if the document is not what it has to be.

/// An OCI index or a docker manifest list: its descriptors.
std::optional<std::vector<Descriptor>> parse_index(const DocumentText& text);

/// An OCI manifest or a docker schema 2 manifest.
std::optional<ManifestDocument> parse_manifest(const DocumentText& text);

/// An OCI or docker image config.
std::optional<ConfigDocument> parse_config(const DocumentText& text);

/// docker save's manifest.json.
std::optional<std::vector<DockerImage>> parse_docker_manifest(const DocumentText& text);

/// The version that an oci-layout file states.
std::optional<std::string> parse_layout_version(const DocumentText& text);

}  // namespace sweepcheck
