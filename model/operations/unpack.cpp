// Unpacking layers into snapshots. Two ways, which differ in what they fetch and what they lease:
// the unpacker beside a pull (pkg/unpack | core/unpack), which skips the fetch of every layer whose
// chain exists, and image.Unpack after it (image.go, rootfs/apply.go). Facts 5.2.
#include "model/image_graph.hpp"
#include "model/mutant.hpp"
#include "model/operations/steps.hpp"

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

// The key of an extraction: containerd's has the time and a random part before the chain ID.
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

StringId parent_of(Machine& machine, const Step& step) {
  return step.b == 0 ? kNone<StringId>
                     : chain_id(machine.catalog(), static_cast<BlobId>(step.a), step.b - 1);
}

// What follows the config: to 1.6's image.Unpack all of it is layers.
std::size_t entry_count(const Catalog& catalog, BlobId manifest) {
  return catalog.blob(manifest).children.size() - 1;
}

// The layer of this number. Where 1.6 gets to unpacking what isn't one, everything is numbered.
BlobId layer_at(Machine& machine, const Step& step) {
  const Catalog& catalog = machine.catalog();
  const auto manifest = static_cast<BlobId>(step.a);
  const std::size_t paired = catalog.blob(config_of(catalog, manifest)).diff_ids.size();
  const bool all =
      machine.profile().unpacks_any_layer_type && entry_count(catalog, manifest) == paired;
  const BlobId layer = all && step.b < paired
                           ? catalog.blob(manifest).children[step.b + 1].blob
                           : layer_of(catalog, machine.profile(), manifest, step.b);
  SWEEPCHECK_BELIEVE(layer != kNone<BlobId>, "a layer's number is below the number of layers");
  return layer;
}

// Shared: the end of a layer, and of an image.

Failure perform_remove_active(Machine& machine, const Step& step) {
  return machine.metadata().remove_snapshot(machine.operation().plan.snapshotter, step.subject);
}
constexpr StepType kRemoveActive{"remove snapshot", true, perform_remove_active};

Failure perform_label_uncompressed(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const Blob& layer = machine.catalog().blob(layer_at(machine, step));
  const StringId diff = diff_id(machine.catalog(), static_cast<BlobId>(step.a), step.b);
  return metadata.set_label(metadata.content(layer.digest), machine.text(kUncompressed), diff);
}
constexpr StepType kLabelUncompressed{"label uncompressed", true, perform_label_uncompressed};

// `b` is the number of layers.
Failure perform_label_config(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  Metadata metadata = machine.metadata();
  const auto manifest = static_cast<BlobId>(step.a);
  if (step.b == 0) return {};
  const StringId snapshotter = machine.operation().plan.snapshotter;
  const StringId top = chain_id(catalog, manifest, step.b - 1);
  if (is_on(Mutant::kConfigWithoutSnapshot)) return {};
  const StringId key = catalog.derived(Derived::kSnapshotLabel, index_of(snapshotter), 0, [&] {
    return std::string(kGcRefSnapshot) + catalog.text(snapshotter);
  });
  return metadata.set_label(metadata.content(step.subject), key, top);
}
constexpr StepType kLabelConfig{"label config", true, perform_label_config};

// `c` is the prefix of a failure's text, as an index into the catalog's strings, or kNone.
Failure perform_apply(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  const Blob& layer = catalog.blob(layer_at(machine, step));
  const Metadata metadata = machine.metadata();
  const bool held = metadata.has(metadata.content(layer.digest));
  const std::string& media_type = catalog.text(layer.media_type);
  if (held && can_be_applied(layer.media, media_type, machine.profile())) return {};
  const StringId diff = diff_id(catalog, static_cast<BlobId>(step.a), step.b);
  const StringId what = catalog.derived(Derived::kExtractPrefix, step.c, index_of(diff), [&] {
    const std::string before =
        step.c == 0xffffffffU ? "" : catalog.text(static_cast<StringId>(step.c));
    return before + "failed to extract layer " + catalog.text(diff);
  });
  if (!held) return {ErrorClass::kNotFound, Message::kExtractLayer, what, layer.digest};
  // A daemon knows a program for what is encrypted, which isn't part of containerd.
  return {ErrorClass::kUnknown,
          is_encrypted(media_type) ? Message::kNoDecoder : Message::kNoProcessor, what,
          layer.media_type};
}
constexpr StepType kApply{"apply layer", true, perform_apply};

// From 2.3 on the unpacker's snapshots say what they were made from.
void label_origin(Machine& machine, const Step& step, StringId key) {
  if (!machine.profile().snapshot_diff_id_labels) return;
  Metadata metadata = machine.metadata();
  const ObjectId record = metadata.snapshot(machine.operation().plan.snapshotter, key);
  const StringId diff = diff_id(machine.catalog(), static_cast<BlobId>(step.a), step.b);
  metadata.put_label(record, machine.text(kDiffIdLabel), diff);
  if (const StringId parent = parent_of(machine, step); parent != kNone<StringId>) {
    metadata.put_label(record, machine.text(kParentChainLabel), parent);
  }
}

Step active_removal(StringId key) { return {&kRemoveActive, key}; }

// `subject` is the active key; labelled snapshots carry their chain ID (the unpacker's).
Failure commit_layer(Machine& machine, const Step& step, bool labelled) {
  Metadata metadata = machine.metadata();
  const StringId snapshotter = machine.operation().plan.snapshotter;
  const StringId chain = chain_id(machine.catalog(), static_cast<BlobId>(step.a), step.b);
  const Blob& layer = machine.catalog().blob(layer_at(machine, step));
  const Failure failure = metadata.commit_snapshot(
      snapshotter, chain, step.subject, layer.unpacked_bytes, labelled ? chain : kNone<StringId>);
  if (failure && failure.error_class != ErrorClass::kAlreadyExists) return failure;
  if (labelled && !failure) label_origin(machine, step, chain);
  machine.cancel_deferred(active_removal(step.subject));
  // Somebody else committed the same chain meanwhile: ours is dropped.
  if (failure) machine.then({active_removal(step.subject)});
  return {};
}

Failure perform_commit_labelled(Machine& machine, const Step& step) {
  return commit_layer(machine, step, true);
}
constexpr StepType kCommitLabelled{"commit snapshot", true, perform_commit_labelled};

Failure perform_commit_plain(Machine& machine, const Step& step) {
  return commit_layer(machine, step, false);
}
constexpr StepType kCommitPlain{"commit snapshot", true, perform_commit_plain};

// Whoever unpacks takes a half-made snapshot away when it fails: the daemon's transfer service also
// when its client is gone, a client's own library only while it lives (facts 12).
Failure perform_defer_removal(Machine& machine, const Step& step) {
  if (is_on(Mutant::kActiveSnapshotKept)) return {};
  const bool in_daemon = machine.engine() == Engine::kTransfer;
  machine.defer(Cleanup::kOnFailure, in_daemon, active_removal(step.subject));
  return {};
}
constexpr StepType kDeferRemoval{"defer removal", false, perform_defer_removal};

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

// The unpacker.

Failure perform_unpack_layer(Machine& machine, const Step& step);
constexpr StepType kUnpackLayer{"unpack layer", false, perform_unpack_layer};

void next_layer(Machine& machine, const Step& step) {
  machine.then({Step{&kUnpackLayer, step.subject, step.a, step.b + 1}});
}

Failure perform_prepare(Machine& machine, const Step& step) {
  Catalog& catalog = machine.catalog();
  Metadata metadata = machine.metadata();
  const StringId snapshotter = machine.operation().plan.snapshotter;
  const StringId chain = step.subject;
  const StringId key = extract_key(machine, snapshotter, chain);
  const Failure failure =
      metadata.prepare(snapshotter, key, parent_of(machine, step), "active", chain);
  if (failure.error_class == ErrorClass::kAlreadyExists) {
    const auto last = layer_count(catalog, machine.profile(), static_cast<BlobId>(step.a));
    if (is_on(Mutant::kNoLabelOnExistingChain) && step.b + 1 == last) return {};
    next_layer(machine, step);
    return {};
  }
  if (failure) return failure;
  label_origin(machine, step, key);
  const BlobId layer = layer_at(machine, step);
  const Step defer_removal{&kDeferRemoval, key};
  const bool late = machine.profile().active_snapshot_kept_on_fetch_failure;
  Steps steps;
  if (!late) steps.push_back(defer_removal);
  if (machine.operation().plan.host != kNone<StringId>) {
    steps.push_back(fetch_tree(machine, layer));
  }
  if (late) steps.push_back(defer_removal);
  const StringId digest = catalog.blob(layer).digest;
  steps.push_back({&kApply, digest, step.a, step.b});
  steps.push_back({&kCommitLabelled, key, step.a, step.b});
  steps.push_back({&kLabelUncompressed, digest, step.a, step.b});
  steps.push_back({&kUnpackLayer, chain, step.a, step.b + 1});
  machine.then(steps);
  return {};
}
constexpr StepType kPrepare{"prepare snapshot", true, perform_prepare};

Failure perform_stat(Machine& machine, const Step& step) {
  const Metadata metadata = machine.metadata();
  if (metadata.has(metadata.snapshot(machine.operation().plan.snapshotter, step.subject))) {
    next_layer(machine, step);
  } else {
    machine.then({Step{&kPrepare, step.subject, step.a, step.b}});
  }
  return {};
}
constexpr StepType kStat{"stat snapshot", true, perform_stat};

Failure perform_unpack_layer(Machine& machine, const Step& step) {
  const Catalog& catalog = machine.catalog();
  const auto manifest = static_cast<BlobId>(step.a);
  const BlobId config = config_of(catalog, manifest);
  // It is an image's config that the unpacker waits for: an artifact has none.
  if (config == kNone<BlobId>) return {};
  const std::uint32_t count = layer_count(catalog, machine.profile(), manifest);
  if (step.b == count) {
    machine.then({Step{&kLabelConfig, catalog.blob(config).digest, step.a, count}});
    return {};
  }
  if (step.b == 0) {
    if (Failure failure = refuse_unpaired(machine, config, count, Message::kUnpairedLayers)) {
      return failure;
    }
  }
  if (is_on(Mutant::kLastLayerNotUnpacked) && step.b + 1 == count) {
    next_layer(machine, step);
    return {};
  }
  const StringId chain = chain_id(catalog, manifest, step.b);
  const bool stats = machine.profile().unpacker_stats_first;
  machine.then({Step{stats ? &kStat : &kPrepare, chain, step.a, step.b}});
  return {};
}

// image.Unpack.

Failure perform_stored_layer(Machine& machine, const Step& step);
constexpr StepType kStoredLayer{"unpack stored layer", false, perform_stored_layer};

Failure perform_prepare_stored(Machine& machine, const Step& step) {
  Metadata metadata = machine.metadata();
  const StringId snapshotter = machine.operation().plan.snapshotter;
  const StringId key = extract_key(machine, snapshotter, step.subject);
  if (Failure failure =
          metadata.prepare(snapshotter, key, parent_of(machine, step), "active", kNone<StringId>)) {
    return failure;
  }
  const StringId digest = machine.catalog().blob(layer_at(machine, step)).digest;
  machine.then({Step{&kDeferRemoval, key}, Step{&kApply, digest, step.a, step.b, step.c},
                Step{&kCommitPlain, key, step.a, step.b},
                Step{&kLabelUncompressed, digest, step.a, step.b},
                Step{&kStoredLayer, step.subject, step.a, step.b + 1, step.c}});
  return {};
}
constexpr StepType kPrepareStored{"prepare snapshot", true, perform_prepare_stored};

Failure perform_stat_stored(Machine& machine, const Step& step) {
  const Metadata metadata = machine.metadata();
  const bool found =
      metadata.has(metadata.snapshot(machine.operation().plan.snapshotter, step.subject));
  machine.then({found ? Step{&kStoredLayer, step.subject, step.a, step.b + 1, step.c}
                      : Step{&kPrepareStored, step.subject, step.a, step.b, step.c}});
  return {};
}
constexpr StepType kStatStored{"stat snapshot", true, perform_stat_stored};

Failure perform_stored_layer(Machine& machine, const Step& step) {
  const Catalog& catalog = machine.catalog();
  const auto manifest = static_cast<BlobId>(step.a);
  const bool any_type = machine.profile().unpacks_any_layer_type;
  const std::size_t count = any_type && !catalog.blob(manifest).children.empty()
                                ? entry_count(catalog, manifest)
                                : layer_count(catalog, machine.profile(), manifest);
  const BlobId config = config_of(catalog, manifest);
  if (config == kNone<BlobId>) {
    // What an artifact has for a config names no layers, and is held against those that there are.
    return count == 0 ? Failure{} : Failure{ErrorClass::kUnknown, Message::kMismatchedLayers};
  }
  if (step.b == 0) {
    if (Failure failure = refuse_unpaired(machine, config, count, Message::kMismatchedLayers)) {
      return failure;
    }
  }
  if (step.b == count) {
    machine.then({Step{&kLabelConfig, catalog.blob(config).digest, step.a, step.b}});
  } else {
    machine.then({Step{&kStatStored, chain_id(catalog, manifest, step.b), step.a, step.b, step.c}});
  }
  return {};
}

Failure perform_unpack_image(Machine& machine, const Step& step) {
  const Catalog& catalog = machine.catalog();
  const State& state = machine.node().state;
  const StringId space = machine.request().space;
  const auto target = static_cast<BlobId>(step.a);
  const StringId digest = catalog.blob(target).digest;
  if (!holds(catalog, state, space, target)) {
    return {ErrorClass::kNotFound, Message::kContentNotFound, digest};
  }
  const BlobId manifest =
      manifest_for(catalog, state, space, target, static_cast<StringId>(step.b));
  if (manifest == kNone<BlobId>) return {ErrorClass::kNotFound, Message::kNoMatchIn, digest};
  machine.then({unpack_stored(machine, manifest, machine.operation().plan.snapshotter,
                              unpack_prefix(machine, step.subject))});
  return {};
}
constexpr StepType kUnpackImage{"unpack image", false, perform_unpack_image};

Failure perform_apply_attestation(Machine& machine, const Step& step) {
  const Blob& part = machine.catalog().blob(static_cast<BlobId>(step.a));
  return {ErrorClass::kUnknown, Message::kPlatformUnknown, part.media_type};
}
constexpr StepType kApplyAttestation{"apply layer", true, perform_apply_attestation};

Failure perform_prepare_attestation(Machine& machine, const Step& step) {
  const Blob& manifest = machine.catalog().blob(static_cast<BlobId>(step.a));
  const auto snapshotter = static_cast<StringId>(step.b);
  // Its config comes first.
  if (manifest.children.size() < 2) return {};
  const BlobId part = manifest.children[1].blob;
  const StringId digest = machine.catalog().blob(part).digest;
  const StringId key = extract_key(machine, snapshotter, digest);
  if (Failure failure = machine.metadata().prepare(snapshotter, key, kNone<StringId>, "active",
                                                   kNone<StringId>)) {
    return failure;
  }
  machine.then({Step{&kDeferRemoval, key}, Step{&kApplyAttestation, digest, index_of(part)}});
  return {};
}
constexpr StepType kPrepareAttestation{"prepare snapshot", true, perform_prepare_attestation};

}  // namespace

Step unpack_attestation(BlobId manifest, StringId snapshotter) {
  return {&kPrepareAttestation, kNone<StringId>, index_of(manifest), index_of(snapshotter)};
}

Step unpack_while_fetching(Machine& machine, BlobId manifest) {
  return {&kUnpackLayer, machine.catalog().blob(manifest).digest, index_of(manifest), 0U};
}

Step remove_snapshot(StringId key) { return active_removal(key); }

Step unpack_stored(Machine& machine, BlobId manifest, StringId snapshotter, StringId prefix) {
  machine.operation().plan.snapshotter = snapshotter;
  return {&kStoredLayer, machine.catalog().blob(manifest).digest, index_of(manifest), 0U,
          index_of(prefix)};
}

Step unpack_image(StringId name, BlobId target, StringId platform) {
  return {&kUnpackImage, name, index_of(target), index_of(platform)};
}

StringId unpack_prefix(Machine& machine, StringId name) {
  if (!machine.profile().unpack_names_image) return kNone<StringId>;
  Catalog& catalog = machine.catalog();
  return catalog.derived(Derived::kUnpackPrefix, index_of(name), 0,
                         [&] { return "apply layer error for \"" + catalog.text(name) + "\": "; });
}

}  // namespace sweepcheck::steps
