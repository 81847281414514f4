#include "model/catalog/media_type.hpp"

#include <array>

namespace sweepcheck {
namespace {

struct Known {
  std::string_view media_type;
  MediaClass media;
};

constexpr std::array<Known, 12> kKnown{{
    {"application/vnd.oci.image.index.v1+json", MediaClass::kIndex},
    {"application/vnd.docker.distribution.manifest.list.v2+json", MediaClass::kIndex},
    {"application/vnd.oci.image.manifest.v1+json", MediaClass::kManifest},
    {"application/vnd.docker.distribution.manifest.v2+json", MediaClass::kManifest},
    {"application/vnd.oci.image.config.v1+json", MediaClass::kConfig},
    {"application/vnd.docker.container.image.v1+json", MediaClass::kConfig},
    {"application/vnd.containerd.container.criu.checkpoint.criu.tar", MediaClass::kConfig},
    {"application/vnd.containerd.container.checkpoint.config.v1+proto", MediaClass::kConfig},
    {"application/vnd.docker.image.rootfs.diff.tar.zstd", MediaClass::kDockerZstdLayer},
    {"application/vnd.erofs.layer.v1", MediaClass::kErofsLayer},
    {"application/vnd.docker.image.rootfs.foreign.diff.tar", MediaClass::kForeignLayer},
    {"application/vnd.docker.distribution.manifest.v1+prettyjws", MediaClass::kSchema1},
}};

constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.";
constexpr std::string_view kOciForeignLayer = "application/vnd.oci.image.layer.nondistributable.";
constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
constexpr std::string_view kDockerForeignLayer =
    "application/vnd.docker.image.rootfs.foreign.diff.tar";

}  // namespace

MediaClass classify_media_type(std::string_view media_type) {
  if (media_type.starts_with(kOciForeignLayer)) return MediaClass::kForeignLayer;
  if (media_type.starts_with(kOciLayer)) return MediaClass::kLayer;
  for (const Known& known : kKnown) {
    if (known.media_type == media_type) return known.media;
  }
  const std::string_view bare = media_type.substr(0, media_type.find('+'));
  const auto is = [&](std::string_view base) {
    return bare == base ||
           (bare.size() == base.size() + 5 && bare.starts_with(base) && bare.ends_with(".gzip"));
  };
  if (is(kDockerLayer)) return MediaClass::kLayer;
  if (is(kDockerForeignLayer)) return MediaClass::kForeignLayer;
  if (bare == "application/vnd.erofs.layer.v1") return MediaClass::kErofsLayer;
  return MediaClass::kOther;
}

bool is_encrypted(std::string_view media_type) {
  return media_type.find("+encrypted") != std::string_view::npos;
}

bool can_be_applied(MediaClass media, std::string_view media_type, const Profile& profile) {
  return is_layer(media, profile) && media != MediaClass::kErofsLayer && !is_encrypted(media_type);
}

Word child_label_base(MediaClass media, const Profile& profile) {
  if (media == MediaClass::kConfig) return kConfigLabel;
  if (media == MediaClass::kManifest) return kManifestLabel;
  if (is_layer(media, profile)) return kLayerLabel;
  return kOtherLabel;
}

}  // namespace sweepcheck
