#include "model/image_graph.hpp"

#include <algorithm>

namespace sweepcheck {
namespace {

struct Platform {
  std::string_view os, architecture, variant;
};

Platform split(std::string_view text) {
  Platform out;
  const std::size_t first = text.find('/');
  out.os = text.substr(0, first);
  if (first == std::string_view::npos) return out;
  const std::size_t second = text.find('/', first + 1);
  out.architecture = text.substr(first + 1, second - first - 1);
  if (second != std::string_view::npos) out.variant = text.substr(second + 1);
  return out;
}

// platforms.Normalize: arm64's v8 and amd64's v1 are what they are without a variant.
std::string_view normal_variant(const Platform& platform) {
  if (platform.architecture == "arm64" && platform.variant == "v8") return {};
  if (platform.architecture == "amd64" && platform.variant == "v1") return {};
  if (platform.architecture == "arm" && platform.variant.empty()) return "v7";
  return platform.variant;
}

}  // namespace

int platform_rank(const Catalog& catalog, StringId platform, StringId wanted, bool strict) {
  if (platform == kNone<StringId> || platform == wanted) return 0;
  const Platform have = split(catalog.text(platform));
  const Platform want = split(catalog.text(wanted));
  if (have.os != want.os) return -1;
  const std::string_view have_variant = normal_variant(have);
  const std::string_view want_variant = normal_variant(want);
  if (have.architecture == want.architecture) {
    if (have_variant == want_variant) return 0;
    if (strict) return -1;
    // Variants are "v" and a number; an older one runs on a newer host.
    if (have_variant.empty()) return 9;
    if (have_variant < want_variant) return want_variant.back() - have_variant.back();
    return -1;
  }
  if (strict) return -1;
  if (want.architecture == "amd64" && have.architecture == "386") return 20;
  if (want.architecture == "arm64" && have.architecture == "arm") return 20;
  return -1;
}

SelectedChildren select_children(const Catalog& catalog, const Blob& index,
                                 std::span<const StringId> platforms, bool one, bool strict) {
  SelectedChildren selected;
  if (platforms.empty()) {
    selected.assign(index.children.begin(), index.children.end());
    return selected;
  }
  int first_rank = -1;
  for (const BlobChild& child : index.children) {
    int best = -1;
    for (const StringId wanted : platforms) {
      const int rank = platform_rank(catalog, child.platform, wanted, strict);
      if (rank >= 0 && (best < 0 || rank < best)) best = rank;
    }
    if (best < 0) continue;
    if (one && !selected.empty()) {
      // The first of the best.
      if (best >= first_rank) continue;
      selected.clear();
    }
    first_rank = best;
    selected.push_back(child);
  }
  return selected;
}

BlobId declared_manifest_for(const Catalog& catalog, BlobId target, StringId platform) {
  for (int depth = 0; target != kNone<BlobId> && depth < 8; ++depth) {
    const Blob& blob = catalog.blob(target);
    if (blob.media != MediaClass::kIndex) return target;
    const StringId wanted[] = {platform};
    const auto chosen = select_children(catalog, blob, wanted, true, false);
    target = chosen.empty() ? kNone<BlobId> : chosen.front().blob;
  }
  return kNone<BlobId>;
}

BlobId manifest_for(const Catalog& catalog, const State& state, StringId space, BlobId target,
                    StringId platform) {
  for (int depth = 0; target != kNone<BlobId> && depth < 8; ++depth) {
    if (!holds(catalog, state, space, target)) return kNone<BlobId>;
    const Blob& blob = catalog.blob(target);
    if (blob.media != MediaClass::kIndex) return target;
    const StringId wanted[] = {platform};
    const auto chosen = select_children(catalog, blob, wanted, false, false);
    target = kNone<BlobId>;
    int best = -1;
    for (const BlobChild& child : chosen) {
      const int rank = platform_rank(catalog, child.platform, platform, false);
      if (target == kNone<BlobId> || rank < best) {
        target = child.blob;
        best = rank;
      }
    }
  }
  return kNone<BlobId>;
}

BlobId config_of(const Catalog& catalog, BlobId manifest) {
  if (manifest == kNone<BlobId>) return kNone<BlobId>;
  for (const BlobChild& child : catalog.blob(manifest).children) {
    if (catalog.blob(child.blob).media == MediaClass::kConfig) return child.blob;
  }
  return kNone<BlobId>;
}

std::uint32_t layer_count(const Catalog& catalog, const Profile& profile, BlobId manifest) {
  std::uint32_t count = 0;
  for (const BlobChild& child : catalog.blob(manifest).children) {
    if (is_layer(catalog.blob(child.blob).media, profile)) ++count;
  }
  return count;
}

BlobId layer_of(const Catalog& catalog, const Profile& profile, BlobId manifest,
                std::uint32_t number) {
  for (const BlobChild& child : catalog.blob(manifest).children) {
    if (is_layer(catalog.blob(child.blob).media, profile) && number-- == 0) return child.blob;
  }
  return kNone<BlobId>;
}

std::vector<BlobId> layers_of(const Catalog& catalog, const Profile& profile, BlobId manifest) {
  std::vector<BlobId> layers;
  for (const BlobChild& child : catalog.blob(manifest).children) {
    if (is_layer(catalog.blob(child.blob).media, profile)) layers.push_back(child.blob);
  }
  return layers;
}

bool holds(const Catalog& catalog, const State& state, StringId space, BlobId blob) {
  const ObjectId record = catalog.find_object(
      {ObjectKind::kContent, space, kNone<StringId>, catalog.blob(blob).digest});
  return record != kNone<ObjectId> && state.has(record);
}

bool holds_snapshot(const Catalog& catalog, const State& state, StringId space,
                    StringId snapshotter, StringId key) {
  const ObjectId record = catalog.find_object({ObjectKind::kSnapshot, space, snapshotter, key});
  return record != kNone<ObjectId> && state.has(record);
}

}  // namespace sweepcheck
