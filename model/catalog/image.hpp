// An image as data: what a registry serves or an archive holds, before the catalog gives it ids.
// Declared images, OCI layouts, OCI archives and docker archives are all read into this form.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sweepcheck {

/// One edge of the image's graph, as a descriptor in an index or a manifest states it.
struct ImageChild {
  /// Place of the child in ImageDescription::blobs.
  std::uint32_t blob = 0;
  /// os/arch[/variant] of a manifest in an index; empty if the descriptor names none.
  std::string platform;

  bool operator==(const ImageChild&) const = default;
};

/// One blob of an image.
struct ImageBlob {
  /// "sha256:<64 hex digits>".
  std::string digest;
  /// The short name that dumps, traces and expectations use: "layer:base", "manifest:app".
  std::string alias;
  std::string media_type;
  std::int64_t size_bytes = 0;
  /// Index: its manifests. Manifest: its config, then its layers in order.
  std::vector<ImageChild> children;
  /// Layer only: digest of the uncompressed tar, and the size of its unpacked files.
  std::string diff_id;
  std::int64_t unpacked_bytes = 0;
  /// Config only: diff IDs of the layers in order, and the chain IDs that follow from them
  /// (OCI image spec, config.md, "Layer ChainID").
  std::vector<std::string> diff_ids;
  std::vector<std::string> chain_ids;
  /// Config only: os/arch[/variant], and the labels that containers inherit.
  std::string platform;
  std::vector<std::pair<std::string, std::string>> config_labels;
  /// Schema 1 manifest only: place of the manifest that it becomes when it is pulled.
  std::uint32_t converted = 0xffffffffU;
  /// False: referenced but not there (a platform that the archive left out).
  bool present = true;
  /// Manifest only: it has a `subject`, another manifest that it refers to.
  bool has_subject = false;
  /// Its descriptor says so, too, with `io.containerd.manifest.subject` (read by 2.2+).
  bool is_referrer = false;

  bool operator==(const ImageBlob&) const = default;
};

/// One named image: the blobs that its target reaches. Children come before their parents, so the
/// target is the last blob.
struct ImageDescription {
  std::string name;
  std::vector<ImageBlob> blobs;
  /// Short names of digests that are no blobs: chain IDs and diff IDs.
  std::vector<std::pair<std::string, std::string>> aliases = {};

  const ImageBlob& target() const { return blobs.back(); }
};

}  // namespace sweepcheck
