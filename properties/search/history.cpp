// The table of verbs, the names behind the numbers, and the images of a declaration.
#include "properties/search/history.hpp"

#include "model/assert.hpp"
#include "properties/search/history_options.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint8_t kPlace = kUsesNode | kUsesSpace;
constexpr std::uint8_t kOnRecord = kPlace | kUsesRecord;
constexpr std::uint8_t kOnPart = kPlace | kUsesImage | kUsesPart;

// Weights: pulls, removals and collections lead, as they do on real nodes; what only a careless
// operator does is rare.
constexpr std::array<HistoryVerbSpec, kHistoryVerbCount> kVerbs{{
    {HistoryVerb::kCollect, "", kUsesNode, 2, 0, 110, false, ActionKind::kCollect},
    {HistoryVerb::kPull, "pull", kPlace | kUsesImage, 6, 0, 130, true},
    {HistoryVerb::kRemoveImage, "remove-image", kOnRecord, 3, 0, 90, true},
    {HistoryVerb::kAdvance, "", 0, 3, 0, 40, false, ActionKind::kAdvance},
    {HistoryVerb::kRestart, "", kUsesNode, 2, 0, 20, false, ActionKind::kRestart},
    {HistoryVerb::kTag, "tag", kOnRecord | kUsesName, 1, kTagCount, 50, true},
    {HistoryVerb::kExport, "export", kOnRecord, 2, 0, 35, true},
    {HistoryVerb::kImport, "import", kPlace | kUsesImage, 4, 0, 40, true},
    {HistoryVerb::kPush, "push", kOnRecord | kUsesImage, 3, 0, 30, true},
    {HistoryVerb::kFetch, "fetch", kPlace | kUsesImage, 2, 0, 15, true},
    {HistoryVerb::kUnpack, "unpack", kOnRecord, 1, 0, 15, true},
    {HistoryVerb::kCheck, "check", kOnRecord, 1, 0, 20},
    {HistoryVerb::kCreateContainer, "create-container", kOnRecord | kUsesName, 2, 3, 50, true},
    {HistoryVerb::kStartContainer, "start-container", kPlace | kUsesName, 1, 3, 30},
    {HistoryVerb::kStopContainer, "stop-container", kPlace | kUsesName, 1, 3, 15},
    {HistoryVerb::kRemoveContainer, "remove-container", kPlace | kUsesName, 2, 3, 25, true},
    {HistoryVerb::kCreateLease, "create-lease", kPlace | kUsesName, 3, 3, 25},
    {HistoryVerb::kDeleteLease, "delete-lease", kPlace | kUsesName, 2, 3, 20},
    {HistoryVerb::kAddResource, "add-resource", kOnPart | kUsesName, 2, 3, 25},
    {HistoryVerb::kRemoveResource, "remove-resource", kOnPart | kUsesName, 2, 3, 10},
    {HistoryVerb::kLabelImage, "label-image", kOnRecord, 3, 0, 20},
    {HistoryVerb::kLabelContent, "label-content", kOnPart, 4, 0, 20},
    {HistoryVerb::kRemoveContent, "remove-content", kOnPart, 1, 0, 15},
    {HistoryVerb::kIngest, "ingest", kOnPart | kUsesName, 2, 3, 12, true},
    {HistoryVerb::kRemoveFile, "remove-file", kOnPart, 1, 0, 6},
    {HistoryVerb::kPruneReferences, "prune-references", kPlace, 2, 0, 12, true},
    {HistoryVerb::kPruneImages, "prune-images", kPlace, 1, 0, 8, true},
    {HistoryVerb::kRemoveSnapshot, "remove-snapshot", kOnPart, 1, 0, 15},
    {HistoryVerb::kViewSnapshot, "view-snapshot", kOnPart | kUsesName, 1, 3, 10},
    {HistoryVerb::kPrepareSnapshot, "prepare-snapshot", kOnPart | kUsesName, 1, 3, 10},
    {HistoryVerb::kLabelNamespace, "label-namespace", kPlace, 2, 0, 8},
    {HistoryVerb::kDeleteTag, "delete-tag", kUsesImage, 1, 0, 12},
    {HistoryVerb::kDeleteManifest, "delete-manifest", kUsesImage, 1, 0, 15},
    {HistoryVerb::kCollectRegistry, "collect-registry", 0, 4, 0, 18},
    {HistoryVerb::kSeedRegistry, "seed-registry", kUsesImage, 1, 0, 10},
    {HistoryVerb::kStopRegistry, "stop-registry", 0, 1, 0, 5},
    {HistoryVerb::kStartRegistry, "start-registry", 0, 1, 0, 7},
    {HistoryVerb::kLinkImage, "label-image", kOnRecord | kOnPart, kLinkOptionCount, 0, 4},
    {HistoryVerb::kLinkContent, "label-content", kOnPart | kUsesRecord, kLinkOptionCount, 0, 5},
    {HistoryVerb::kLinkSnapshot, "label-snapshot", kOnPart | kUsesRecord, kLinkOptionCount, 0, 6},
    {HistoryVerb::kLinkContainer, "label-container", kOnPart | kUsesName, kLinkOptionCount, 3, 6},
    {HistoryVerb::kLinkLease, "create-lease", kOnPart | kUsesName, kLinkOptionCount, 3, 4},
    {HistoryVerb::kLinkSandbox, "run-sandbox", kOnPart | kUsesName, kLinkOptionCount, 3, 4},
    {HistoryVerb::kResume, "", 0, 1, 0, 30, false, ActionKind::kResume},
    {HistoryVerb::kKillClient, "", 0, 1, 0, 12, false, ActionKind::kKillClient},
    {HistoryVerb::kKillDaemon, "", kUsesNode, 1, 0, 8, false, ActionKind::kKillDaemon},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    if (kVerbs[i].verb != static_cast<HistoryVerb>(i)) return false;
  }
  return true;
}
static_assert(is_in_order(), "verb_spec() finds a verb by its number");

constexpr std::array<std::string_view, kImageCountMax> kImageNames{"app", "web", "db",
                                                                   "job", "bot", "ops"};
constexpr std::array<std::string_view, kNamespaceCount> kSpaceNames{"default", "k8s.io", "team"};
constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

std::string digest_of(std::string_view name) {
  // Archives are sorted by digest: a few digits of a hash (FNV-1a) mix manifests and layers, as
  // real digests do. As long as a real one, so that what looks for digests in texts finds it.
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "sha256:";
  for (unsigned shift = 16; shift < 32; shift += 4) out += kHex[(hash >> shift) & 15];
  out += name;
  for (char& c : out) {
    if (c == '+' || c == ' ') c = '-';
  }
  out.resize(7 + 64, '0');
  return out;
}

// The name of the diff that a layer has: another's, if it is that one compressed otherwise.
std::string diff_name(const Declaration& declaration, std::uint8_t layer) {
  const std::uint8_t same = declaration.same_diff_as[layer];
  return layer_name(same == kNobody ? layer : same);
}

ImageBlob make_layer(const Declaration& declaration, std::uint8_t layer) {
  ImageBlob blob;
  blob.alias = "layer:" + layer_name(layer);
  blob.digest = digest_of("layer" + layer_name(layer));
  blob.media_type = kLayerType;
  blob.size_bytes = 1'000'000;
  blob.diff_id = digest_of("diff" + diff_name(declaration, layer));
  blob.unpacked_bytes = 2'600'000;
  return blob;
}

std::string platform_name(std::uint8_t platform) {
  return platform == 0 ? "linux/amd64" : "linux/arm64";
}

ImageBlob make_config(const Declaration& declaration, std::uint8_t image) {
  const HistoryImage& declared = declaration.images[image];
  ImageBlob config;
  const bool same = declared.same_config_as != kNobody;
  const std::string name(image_name(same ? declared.same_config_as : image));
  config.alias = "config:" + name;
  config.digest = digest_of("config" + name);
  config.media_type = kConfigType;
  config.size_bytes = 400;
  config.platform = platform_name(declared.platform);
  std::string chain;
  for (const std::uint8_t layer : declared.layers) {
    chain += diff_name(declaration, layer);
    config.diff_ids.push_back(digest_of("diff" + diff_name(declaration, layer)));
    config.chain_ids.push_back(config.chain_ids.empty() ? config.diff_ids.back()
                                                        : digest_of("chain" + chain));
    chain += '+';
  }
  return config;
}

ImageDescription describe_manifest(const Declaration& declaration, std::uint8_t image) {
  const HistoryImage& declared = declaration.images[image];
  ImageDescription out;
  out.name = image_name(image);
  ImageBlob manifest;
  manifest.children.push_back({static_cast<std::uint32_t>(declared.layers.size()), ""});
  const ImageBlob config = make_config(declaration, image);
  std::string chain = "chain:";
  for (std::size_t i = 0; i < declared.layers.size(); ++i) {
    manifest.children.push_back({static_cast<std::uint32_t>(i), ""});
    out.blobs.push_back(make_layer(declaration, declared.layers[i]));
    chain += (i == 0 ? "" : "+") + layer_name(declared.layers[i]);
    out.aliases.emplace_back(config.chain_ids[i], chain);
    out.aliases.emplace_back(config.diff_ids[i], "diff:" + layer_name(declared.layers[i]));
  }
  out.blobs.push_back(config);
  manifest.alias = "manifest:" + out.name;
  manifest.digest = digest_of("manifest" + out.name);
  manifest.media_type = kManifestType;
  manifest.size_bytes = 700;
  out.blobs.push_back(manifest);
  return out;
}

ImageDescription describe_index(const std::vector<ImageDescription>& before,
                                const Declaration& declaration, std::uint8_t image) {
  ImageDescription out;
  out.name = image_name(image);
  ImageBlob index;
  for (const std::uint8_t member : declaration.images[image].members) {
    std::vector<std::uint32_t> places;
    for (ImageBlob blob : before[member].blobs) {
      for (ImageChild& child : blob.children) child.blob = places[child.blob];
      std::uint32_t place = 0;
      while (place < out.blobs.size() && out.blobs[place].digest != blob.digest) ++place;
      places.push_back(place);
      if (place == out.blobs.size()) out.blobs.push_back(std::move(blob));
    }
    index.children.push_back({places.back(), platform_name(declaration.images[member].platform)});
    out.aliases.insert(out.aliases.end(), before[member].aliases.begin(),
                       before[member].aliases.end());
  }
  index.alias = "index:" + out.name;
  index.digest = digest_of("index" + out.name);
  index.media_type = kIndexType;
  index.size_bytes = 500;
  out.blobs.push_back(index);
  return out;
}

}  // namespace

const HistoryVerbSpec& verb_spec(HistoryVerb verb) {
  return kVerbs[static_cast<std::size_t>(verb)];
}
std::span<const HistoryVerbSpec> verb_specs() { return kVerbs; }

std::string_view image_name(std::uint8_t image) { return kImageNames[image]; }
std::string layer_name(std::uint8_t layer) {
  return layer == 0 ? "base" : "layer" + std::to_string(layer);
}
std::string_view space_name(std::uint8_t space) { return kSpaceNames[space]; }

std::string repository_tag(std::uint8_t image) {
  return "lib/" + std::string(image_name(image)) + ":1";
}

std::string record_name(std::uint8_t record) {
  if (record == kImageCountMax) return "docker.io/lib/copy:latest";
  if (record > kImageCountMax) return "lib/copy";
  return std::string(kRegistryHost) + "/" + repository_tag(record);
}

std::string archive_name(std::uint8_t image) { return std::string(image_name(image)) + ".tar"; }
std::string node_name(std::uint8_t node) { return "node" + std::to_string(node + 1); }

std::vector<ImageDescription> describe_images(const Declaration& declaration) {
  std::vector<ImageDescription> out;
  for (std::uint8_t i = 0; i < declaration.images.size(); ++i) {
    const HistoryImage& image = declaration.images[i];
    SWEEPCHECK_BELIEVE(image.layers.empty() != image.members.empty(),
                       "an image has layers or members");
    out.push_back(image.members.empty() ? describe_manifest(declaration, i)
                                        : describe_index(out, declaration, i));
  }
  return out;
}

}  // namespace sweepcheck
