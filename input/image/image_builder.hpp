// The second pass over an archive: from a target's descriptor and the facts about all members to
// the image's graph. The same for both formats, once a docker archive has got its generated
// manifests.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "input/image/archive_members.hpp"
#include "input/image/oci_documents.hpp"
#include "model/catalog/image.hpp"
#include "model/catalog/media_type.hpp"

namespace sweepcheck {

/// What an archive has of its blobs.
struct BlobTable {
  /// By digest. The facts must outlive the table.
  std::map<std::string, const MemberFacts*> present;
  /// Digests of which a member claims to be the blob and isn't; complained about already.
  std::set<std::string> broken;
};

/// "docker.io/library/app:1@sha256:..." is "app" in aliases.
std::string short_image_name(std::string_view reference);

/// Builds one archive's images. Aliases are unique over all of them, and a blob that two images
/// share keeps its first.
class ImageBuilder {
 public:
  /// All must outlive the builder.
  ImageBuilder(const BlobTable& blobs, const ArchiveLimits& limits, ArchiveComplaints& complaints)
      : blobs_(blobs), limits_(limits), complaints_(complaints) {}

  /// The image of that name with everything that the target reaches; `place` is where the target's
  /// descriptor stands. Nothing, after complaining, if the target or a document below it is bad.
  std::optional<ImageDescription> build(const std::string& name, const Descriptor& target,
                                        const std::string& place);

 private:
  // One blob of the archive, read once however many images share it.
  struct Node {
    MediaClass media = MediaClass::kOther;
    ImageBlob blob;
    std::vector<Descriptor> children;
    /// False: complained about; nothing above it can be built.
    bool usable = true;
    bool layers_checked = false;
    /// What a copy of it takes, roughly.
    std::int64_t graph_bytes = 0;
  };

  // Where a blob is met: what its diagnostics and its alias are made from.
  struct Visit {
    std::string place;
    /// "layer", "manifest", ...
    std::string_view kind;
    /// Name of the image, with the platform within an index.
    std::string name;
    /// Layer only.
    std::optional<std::size_t> position;
    int depth = 0;
  };

  bool spend(std::int64_t graph_bytes);
  Node& load(const Descriptor& descriptor, const Visit& visit);
  void read(Node& node, const MemberFacts& facts);
  void complain_missing(const Node& node, const Visit& visit);
  Visit visit_of_child(const Node& parent, std::size_t at, const Visit& visit) const;
  std::optional<std::uint32_t> add(const Descriptor& descriptor, const Visit& visit,
                                   ImageDescription& image);
  void check_layers(Node& manifest);
  void check_layer(Node& layer, const std::string& diff_id);
  std::string alias_of(const std::string& digest, const Visit& visit);

  const BlobTable& blobs_;
  const ArchiveLimits& limits_;
  ArchiveComplaints& complaints_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, std::string> alias_by_digest_;
  std::set<std::string> aliases_;
  std::map<std::string, std::int64_t> alias_count_by_base_;
  std::int64_t graph_bytes_ = 0;
  // Of the image that is being built.
  std::map<std::string, std::uint32_t> place_by_digest_;
  std::set<std::string> on_path_;
};

}  // namespace sweepcheck
