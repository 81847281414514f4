// What a media type is to containerd's collector labels and unpacker (images/mediatypes.go |
// core/images/mediatypes.go).
#pragma once

#include <cstdint>
#include <string_view>

#include "model/catalog/known_texts.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// The classes that containerd tells apart. The last two of the layers are layers only for some
/// profiles: see is_layer.
enum class MediaClass : std::uint8_t {
  kOther,
  kIndex,
  kManifest,
  kConfig,
  kLayer,
  kForeignLayer,     ///< non-distributable
  kDockerZstdLayer,  ///< application/vnd.docker.image.rootfs.diff.tar.zstd: a layer from 2.0
  kErofsLayer,       ///< application/vnd.erofs.layer.v1: a layer from 2.3
  kSchema1,          ///< Docker's first manifest format: converted when it is pulled, or refused
};

/// The class of a media type; suffixes (+gzip, +zstd, +encrypted) don't matter for OCI layers.
MediaClass classify_media_type(std::string_view media_type);

/// IsLayerType: discarded by the filtering label map, unpacked by the unpacker.
constexpr bool is_layer(MediaClass media, const Profile& profile) {
  return media == MediaClass::kLayer || media == MediaClass::kForeignLayer ||
         (media == MediaClass::kDockerZstdLayer && profile.docker_zstd_layer_is_layer) ||
         (media == MediaClass::kErofsLayer && profile.erofs_layer_is_layer);
}

/// True for what imgcrypt has encrypted ("...+encrypted"), which a program of its own reads.
bool is_encrypted(std::string_view media_type);

/// Whether containerd's own differ turns such a layer into a snapshot: it has no processor for
/// others.
bool can_be_applied(MediaClass media, std::string_view media_type, const Profile& profile);

/// IsManifestType or IsIndexType: a blob whose children are read.
constexpr bool has_children(MediaClass media) {
  return media == MediaClass::kIndex || media == MediaClass::kManifest;
}

/// The base of the label key that a parent gets for a child of this class (ChildGCLabels). A base
/// that ends in '.' is numbered from 0, another from its second use on.
Word child_label_base(MediaClass media, const Profile& profile);

}  // namespace sweepcheck
