// Unpacking layers into snapshots. Two ways, which differ in what they fetch and what they lease:
// the unpacker beside a pull (pkg/unpack | core/unpack), which skips the fetch of every layer whose
// chain exists, and image.Unpack after it (image.go, rootfs/apply.go).
#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/define_step.hpp"
#include "model/operations/steps.hpp"
#include "model/operations/unpack/unpack_parts.hpp"

namespace sweepcheck::steps {
namespace {

// What the config says of one layer. Nothing is unpacked whose config names fewer than there are
// (see refuse_unpaired), so each has both.
StringId chain_id(const Catalog& catalog, BlobId manifest, std::uint32_t layer) {
  const BlobId config = config_of(catalog, manifest);
  SWEEPCHECK_BELIEVE(config != kNone<BlobId>, "what is unpacked has a config");
  const auto& chain_ids = catalog.blob(config).chain_ids;
  SWEEPCHECK_BELIEVE(layer < chain_ids.size(), "a config has a chain ID for each layer");
  return chain_ids[layer];
}

StringId diff_id(const Catalog& catalog, BlobId manifest, std::uint32_t layer) {
  const BlobId config = config_of(catalog, manifest);
  SWEEPCHECK_BELIEVE(config != kNone<BlobId>, "what is unpacked has a config");
  const auto& diff_ids = catalog.blob(config).diff_ids;
  SWEEPCHECK_BELIEVE(layer < diff_ids.size(), "a config has a diff ID for each layer");
  return diff_ids[layer];
}

// The chain below a layer's.
StringId parent_of(Machine& machine, BlobId manifest, std::uint32_t layer) {
  return layer == 0 ? kNone<StringId> : chain_id(machine.catalog(), manifest, layer - 1);
}

// What follows the config: to 1.6's image.Unpack all of it is layers.
std::size_t entry_count(const Catalog& catalog, BlobId manifest) {
  return catalog.blob(manifest).children.size() - 1;
}

// The layer of this number. Where 1.6 gets to unpacking what isn't one, everything is numbered.
BlobId layer_at(Machine& machine, BlobId manifest, std::uint32_t number) {
  const Catalog& catalog = machine.catalog();
  const std::size_t paired = catalog.blob(config_of(catalog, manifest)).diff_ids.size();
  const bool all =
      machine.profile().unpacks_any_layer_type && entry_count(catalog, manifest) == paired;
  const BlobId layer = all && number < paired
                           ? catalog.blob(manifest).children[number + 1].blob
                           : layer_of(catalog, machine.profile(), manifest, number);
  SWEEPCHECK_BELIEVE(layer != kNone<BlobId>, "a layer's number is below the number of layers");
  return layer;
}

// From 2.3 on the unpacker's snapshots say what they were made from.
void label_origin(Machine& machine, BlobId manifest, std::uint32_t number, StringId key) {
  if (!machine.profile().snapshot_diff_id_labels) return;
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.snapshot(machine.operation().plan.snapshotter, key);
  const StringId diff = diff_id(machine.catalog(), manifest, number);
  metadata.put_label(record, machine.text(kDiffIdLabel), diff);
  if (const StringId parent = parent_of(machine, manifest, number); parent != kNone<StringId>) {
    metadata.put_label(record, machine.text(kParentChainLabel), parent);
  }
}

// Both ways read the config first, and hold its diff IDs against the layers that there are.
Failure refuse_unpaired(Machine& machine, BlobId config, std::size_t count, Message message) {
  Catalog& catalog = machine.catalog();
  if (!holds(catalog, machine.node().state, machine.request().space, config)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, catalog.blob(config).digest};
  }
  const std::size_t paired = catalog.blob(config).diff_ids.size();
  if (count == paired) return {};
  return {ErrorClass::kUnknown, message, machine.text(std::to_string(count)),
          machine.text(std::to_string(paired))};
}

}  // namespace

StringId extract_key(Machine& machine, StringId snapshotter, StringId chain) {
  const Metadata metadata = machine.metadata();
  Catalog& catalog = machine.catalog();
  for (std::uint32_t number = 1;; ++number) {
    const StringId key = catalog.derived(Derived::kExtractKey, number, index_of(chain), [&] {
      return "extract-" + std::to_string(number) + " " + catalog.text(chain);
    });
    if (!metadata.has(metadata.snapshot(snapshotter, key))) return key;
  }
}

void touch_taken_keys(StepTouches& touches, StringId snapshotter, StringId chain, StringId key) {
  Catalog& catalog = touches.machine().catalog();
  for (std::uint32_t number = 1;; ++number) {
    const StringId taken = catalog.derived(Derived::kExtractKey, number, index_of(chain),
                                           [] { return std::string(); });
    if (taken == key) break;
    touches.read_snapshot(snapshotter, taken);
  }
}

// Shared: the end of a layer, and of an image.

struct RemoveExtraction {
  static constexpr StepName kName = atomic("remove snapshot");
  StringId key;

  Failure perform(Machine& machine) const {
    return machine.metadata().remove_snapshot(machine.operation().plan.snapshotter, key);
  }
  void touches(StepTouches& touches) const {
    touches.remove_snapshot(touches.machine().operation().plan.snapshotter, key);
  }
};
template struct DefinedStep<RemoveExtraction>;

struct LabelUncompressed {
  static constexpr StepName kName = atomic("label uncompressed");
  BlobId layer;
  StringId diff;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId digest = machine.blob(layer).digest;
    return metadata.set_label(metadata.content(digest), machine.text(kUncompressed), diff);
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(layer).digest);
  }
};
template struct DefinedStep<LabelUncompressed>;

// The config keeps the top snapshot.
struct LabelConfig {
  static constexpr StepName kName = atomic("label config");
  BlobId config;
  BlobId manifest;
  std::uint32_t layer_count;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    Metadata metadata = machine.metadata();
    if (layer_count == 0) return {};
    const StringId snapshotter = machine.operation().plan.snapshotter;
    const StringId top = chain_id(catalog, manifest, layer_count - 1);
    if (is_on(Mutant::kConfigWithoutSnapshot)) return {};
    const StringId key = catalog.derived(Derived::kSnapshotLabel, index_of(snapshotter), 0, [&] {
      return std::string(kGcRefSnapshot) + catalog.text(snapshotter);
    });
    return metadata.set_label(metadata.content(catalog.blob(config).digest), key, top);
  }
  void touches(StepTouches& touches) const {
    touches.label_content(touches.machine().blob(config).digest);
  }
};
template struct DefinedStep<LabelConfig>;

struct ApplyLayer {
  static constexpr StepName kName = atomic("apply layer");
  BlobId layer;
  StringId diff;
  /// What a failure's text begins with, or kNone.
  StringId prefix;

  Failure perform(Machine& machine) const {
    Catalog& catalog = machine.catalog();
    const Blob& blob = catalog.blob(layer);
    const Metadata metadata = machine.metadata();
    const bool held = metadata.has(metadata.content(blob.digest));
    const std::string& media_type = catalog.text(blob.media_type);
    if (held && can_be_applied(blob.media, media_type, machine.profile())) return {};
    const StringId what =
        catalog.derived(Derived::kExtractPrefix, index_of(prefix), index_of(diff), [&] {
          const std::string before = prefix == kNone<StringId> ? "" : catalog.text(prefix);
          return before + "failed to extract layer " + catalog.text(diff);
        });
    if (!held) return {ErrorClass::kNotFound, Message::kExtractLayer, what, blob.digest};
    // A daemon knows a program for what is encrypted, which isn't part of containerd.
    return {ErrorClass::kUnknown,
            is_encrypted(media_type) ? Message::kNoDecoder : Message::kNoProcessor, what,
            blob.media_type};
  }
  void touches(StepTouches& touches) const { touches.read_content(layer); }
};
template struct DefinedStep<ApplyLayer>;

struct CommitLayer {
  static constexpr StepName kName = atomic("commit snapshot");
  StringId active;
  BlobId manifest;
  std::uint32_t layer;
  /// The unpacker's snapshots carry their chain ID.
  WideBool labelled;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId snapshotter = machine.operation().plan.snapshotter;
    const StringId chain = chain_id(machine.catalog(), manifest, layer);
    const Blob& blob = machine.blob(layer_at(machine, manifest, layer));
    const Failure failure = metadata.commit_snapshot(
        snapshotter, chain, active, blob.unpacked_bytes, labelled ? chain : kNone<StringId>);
    if (failure && failure.error_class != ErrorClass::kAlreadyExists) return failure;
    if (labelled && !failure) label_origin(machine, manifest, layer, chain);
    machine.cancel_deferred(RemoveExtraction{active});
    // Somebody else committed the same chain meanwhile: ours is dropped.
    if (failure) machine.then({RemoveExtraction{active}});
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.commit_snapshot(touches.machine().operation().plan.snapshotter,
                            chain_id(touches.machine().catalog(), manifest, layer), active);
  }
};
template struct DefinedStep<CommitLayer>;

Failure DeferRemoval::perform(Machine& machine) const {
  if (is_on(Mutant::kActiveSnapshotKept)) return {};
  const bool in_daemon = machine.engine() == Engine::kTransfer;
  machine.defer(Cleanup::kOnFailure, in_daemon, RemoveExtraction{key});
  return {};
}
template struct DefinedStep<DeferRemoval>;

// The unpacker.

// One layer after the other; after the last, the config is labelled.
struct UnpackLayer {
  static constexpr StepName kName = expands("unpack layer");
  BlobId manifest;
  std::uint32_t layer;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const {
    const BlobId config = config_of(touches.machine().catalog(), manifest);
    if (layer == 0 && config != kNone<BlobId>) touches.read_content(config);
  }
};
template struct DefinedStep<UnpackLayer>;

struct PrepareLayer {
  static constexpr StepName kName = atomic("prepare snapshot");
  StringId chain;
  BlobId manifest;
  std::uint32_t layer;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    const StringId snapshotter = machine.operation().plan.snapshotter;
    const StringId key = extract_key(machine, snapshotter, chain);
    touches.prepare(snapshotter, key, parent_of(machine, manifest, layer), chain);
    touch_taken_keys(touches, snapshotter, chain, key);
  }
};
template struct DefinedStep<PrepareLayer>;

Failure PrepareLayer::perform(Machine& machine) const {
  Metadata metadata = machine.metadata();
  const StringId snapshotter = machine.operation().plan.snapshotter;
  const StringId key = extract_key(machine, snapshotter, chain);
  const Failure failure =
      metadata.prepare(snapshotter, key, parent_of(machine, manifest, layer), "active", chain);
  if (failure.error_class == ErrorClass::kAlreadyExists) {
    const auto last = layer_count(machine.catalog(), machine.profile(), manifest);
    if (is_on(Mutant::kNoLabelOnExistingChain) && layer + 1 == last) return {};
    machine.then({UnpackLayer{manifest, layer + 1}});
    return {};
  }
  if (failure) return failure;
  label_origin(machine, manifest, layer, key);
  const BlobId blob = layer_at(machine, manifest, layer);
  const StringId diff = diff_id(machine.catalog(), manifest, layer);
  const bool late = machine.profile().active_snapshot_kept_on_fetch_failure;
  Steps steps;
  if (!late) steps.push_back(DeferRemoval{key});
  if (machine.operation().plan.host != kNone<StringId>) steps.push_back(fetch_tree(blob));
  if (late) steps.push_back(DeferRemoval{key});
  steps.push_back(ApplyLayer{.layer = blob, .diff = diff, .prefix = kNone<StringId>});
  steps.push_back(
      CommitLayer{.active = key, .manifest = manifest, .layer = layer, .labelled = true});
  steps.push_back(LabelUncompressed{blob, diff});
  steps.push_back(UnpackLayer{manifest, layer + 1});
  machine.then(steps);
  return {};
}

struct StatLayer {
  static constexpr StepName kName = atomic("stat snapshot");
  StringId chain;
  BlobId manifest;
  std::uint32_t layer;

  Failure perform(Machine& machine) const {
    const Metadata metadata = machine.metadata();
    if (metadata.has(metadata.snapshot(machine.operation().plan.snapshotter, chain))) {
      machine.then({UnpackLayer{manifest, layer + 1}});
    } else {
      machine.then({PrepareLayer{chain, manifest, layer}});
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_snapshot(touches.machine().operation().plan.snapshotter, chain);
  }
};
template struct DefinedStep<StatLayer>;

Failure UnpackLayer::perform(Machine& machine) const {
  const Catalog& catalog = machine.catalog();
  const BlobId config = config_of(catalog, manifest);
  // It is an image's config that the unpacker waits for: an artifact has none.
  if (config == kNone<BlobId>) return {};
  const std::uint32_t count = layer_count(catalog, machine.profile(), manifest);
  if (layer == count) {
    machine.then({LabelConfig{.config = config, .manifest = manifest, .layer_count = count}});
    return {};
  }
  if (layer == 0) {
    if (Failure failure = refuse_unpaired(machine, config, count, Message::kUnpairedLayers)) {
      return failure;
    }
  }
  if (is_on(Mutant::kLastLayerNotUnpacked) && layer + 1 == count) {
    machine.then({UnpackLayer{manifest, layer + 1}});
    return {};
  }
  const StringId chain = chain_id(catalog, manifest, layer);
  if (machine.profile().unpacker_stats_first) {
    machine.then({StatLayer{chain, manifest, layer}});
  } else {
    machine.then({PrepareLayer{chain, manifest, layer}});
  }
  return {};
}

// image.Unpack.

struct UnpackStored {
  static constexpr StepName kName = expands("unpack stored layer");
  BlobId manifest;
  std::uint32_t layer;
  /// Goes before "failed to extract layer" in a failure, or kNone.
  StringId prefix;

  Failure perform(Machine& machine) const;
  void touches(StepTouches& touches) const {
    const BlobId config = config_of(touches.machine().catalog(), manifest);
    if (layer == 0 && config != kNone<BlobId>) touches.read_content(config);
  }
};
template struct DefinedStep<UnpackStored>;

struct PrepareStored {
  static constexpr StepName kName = atomic("prepare snapshot");
  StringId chain;
  BlobId manifest;
  std::uint32_t layer;
  StringId prefix;

  Failure perform(Machine& machine) const {
    Metadata metadata = machine.metadata();
    const StringId snapshotter = machine.operation().plan.snapshotter;
    const StringId key = extract_key(machine, snapshotter, chain);
    if (Failure failure = metadata.prepare(snapshotter, key, parent_of(machine, manifest, layer),
                                           "active", kNone<StringId>)) {
      return failure;
    }
    const BlobId blob = layer_at(machine, manifest, layer);
    const StringId diff = diff_id(machine.catalog(), manifest, layer);
    machine.then(
        {DeferRemoval{key}, ApplyLayer{.layer = blob, .diff = diff, .prefix = prefix},
         CommitLayer{.active = key, .manifest = manifest, .layer = layer, .labelled = false},
         LabelUncompressed{blob, diff}, UnpackStored{manifest, layer + 1, prefix}});
    return {};
  }
  void touches(StepTouches& touches) const {
    Machine& machine = touches.machine();
    const StringId snapshotter = machine.operation().plan.snapshotter;
    const StringId key = extract_key(machine, snapshotter, chain);
    touches.prepare(snapshotter, key, parent_of(machine, manifest, layer));
    touch_taken_keys(touches, snapshotter, chain, key);
  }
};
template struct DefinedStep<PrepareStored>;

struct StatStored {
  static constexpr StepName kName = atomic("stat snapshot");
  StringId chain;
  BlobId manifest;
  std::uint32_t layer;
  StringId prefix;

  Failure perform(Machine& machine) const {
    const Metadata metadata = machine.metadata();
    if (metadata.has(metadata.snapshot(machine.operation().plan.snapshotter, chain))) {
      machine.then({UnpackStored{manifest, layer + 1, prefix}});
    } else {
      machine.then({PrepareStored{chain, manifest, layer, prefix}});
    }
    return {};
  }
  void touches(StepTouches& touches) const {
    touches.read_snapshot(touches.machine().operation().plan.snapshotter, chain);
  }
};
template struct DefinedStep<StatStored>;

Failure UnpackStored::perform(Machine& machine) const {
  const Catalog& catalog = machine.catalog();
  const bool any_type = machine.profile().unpacks_any_layer_type;
  const std::size_t count = any_type && !catalog.blob(manifest).children.empty()
                                ? entry_count(catalog, manifest)
                                : layer_count(catalog, machine.profile(), manifest);
  const BlobId config = config_of(catalog, manifest);
  if (config == kNone<BlobId>) {
    // What an artifact has for a config names no layers, and is held against those that there are.
    return count == 0 ? Failure{} : Failure{ErrorClass::kUnknown, Message::kMismatchedLayers};
  }
  if (layer == 0) {
    if (Failure failure = refuse_unpaired(machine, config, count, Message::kMismatchedLayers)) {
      return failure;
    }
  }
  if (layer == count) {
    machine.then({LabelConfig{.config = config, .manifest = manifest, .layer_count = layer}});
  } else {
    machine.then({StatStored{chain_id(catalog, manifest, layer), manifest, layer, prefix}});
  }
  return {};
}

struct UnpackImage {
  static constexpr StepName kName = expands("unpack image");
  StringId image;
  BlobId target;
  StringId platform;

  Failure perform(Machine& machine) const {
    const Catalog& catalog = machine.catalog();
    const State& state = machine.node().state;
    const StringId space = machine.request().space;
    const StringId digest = catalog.blob(target).digest;
    if (!holds(catalog, state, space, target)) {
      return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
    }
    const BlobId manifest = manifest_for(catalog, state, space, target, platform);
    if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatchIn, digest};
    machine.then({unpack_stored(machine, manifest, machine.operation().plan.snapshotter,
                                unpack_prefix(machine, image))});
    return {};
  }
  // Its first layer's step looks at the config of the manifest that is found.
  void touches(StepTouches& touches) const { touches.read_content(kNone<StringId>); }
};
template struct DefinedStep<UnpackImage>;

Step unpack_while_fetching(BlobId manifest) { return UnpackLayer{manifest, 0}; }

Step unpack_stored(Machine& machine, BlobId manifest, StringId snapshotter, StringId prefix) {
  machine.operation().plan.snapshotter = snapshotter;
  return UnpackStored{manifest, 0, prefix};
}

Step unpack_image(StringId name, BlobId target, StringId platform) {
  return UnpackImage{.image = name, .target = target, .platform = platform};
}

StringId unpack_prefix(Machine& machine, StringId name) {
  if (!machine.profile().unpack_names_image) return kNone<StringId>;
  Catalog& catalog = machine.catalog();
  return catalog.derived(Derived::kUnpackPrefix, index_of(name), 0,
                         [&] { return "apply layer error for \"" + catalog.text(name) + "\": "; });
}

}  // namespace sweepcheck::steps
