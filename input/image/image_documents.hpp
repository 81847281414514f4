// The JSON documents of declared images: minimal, but as the OCI image specification has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/catalog/image.hpp"

namespace sweepcheck {

struct ImageMediaTypes {
  std::string_view index, manifest, config, layer, uncompressed_layer;
};

/// Docker's, or OCI's.
const ImageMediaTypes& media_types(bool docker);

/// Digest and size of a blob that is this document.
void seal(ImageBlob& blob, const std::string& document);

/// The config; the image's name, as its author, keeps images apart that are otherwise equal. An
/// image that can run has a command.
std::string config_document(const std::string& name, const ImageBlob& config,
                            const std::string& command = "");
/// The manifest of a config and layers among these blobs; `subject` may be null.
std::string manifest_document(const ImageBlob& manifest, const std::vector<ImageBlob>& blobs,
                              const ImageBlob* subject);
/// A manifest in Docker's first format: names of layers, the highest first. Without a signature, so
/// it is for digests only.
std::string schema1_document(const std::string& name, const ImageBlob& manifest,
                             const std::vector<ImageBlob>& blobs);
std::string index_document(const std::string& name, const ImageBlob& index,
                           const std::vector<ImageBlob>& blobs);

}  // namespace sweepcheck
