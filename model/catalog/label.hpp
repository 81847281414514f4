// What a label's key means to the collector. Keys are parsed once, when a label is interned; the
// mark loop then sees only the meaning (metadata/gc.go | core/metadata/gc.go).
//
//   containerd.io/gc.root                      this object is a root
//   containerd.io/gc.ref.content[./...]        the value is a digest that this object keeps
//   containerd.io/gc.ref.snapshot.SN[/...]     the value is a snapshot key of snapshotter SN
//   containerd.io/gc.ref.image[./...]          the value is an image name (2.0+)
//   containerd.io/gc.bref.KIND[...]            while the value is reachable, so is this object
//   (2.2+) containerd.io/gc.cond.snapshot[./]SN[/...] "CONDITIONS|KEY": a reference while it holds
//   (2.3+) containerd.io/gc.flat, gc.expire           of leases; gc.expire of images, too (2.0+)
#pragma once

#include <cstdint>
#include <string_view>

#include "model/catalog/known_texts.hpp"

namespace sweepcheck {

/// What a fact says of its owner. The first group are labels, the second the records' own fields.
enum class Meaning : std::uint8_t {
  kInert,       ///< a label that the collector never reads
  kRoot,        ///< gc.root, exactly
  kRootPrefix,  ///< a key that only starts with gc.root
  kFlat,        ///< gc.flat with a non-empty value
  kRefContent,
  kRefSnapshot,
  kRefImage,
  kBackReference,
  kCondition,
  kUsedAt,  ///< gc.cond.value-usedat: what conditions on this snapshot compare
  kTarget,  ///< image -> content, tag -> manifest
  kParent,  ///< snapshot -> snapshot
  kContainerSnapshot,
  kLeaseResource,
  kIngestExpected,     ///< ingest -> content it adopts on commit
  kChildEntry,         ///< the parent's own list of its children, which outlives a swept child
  kDirectory,          ///< snapshot -> its directory in the backend
  kSnapshotKind,       ///< active or view; committed snapshots have none
  kContainerImage,     ///< the image's name, which keeps nothing
  kRunning,            ///< the container's task runs
  kRepositoryContent,  ///< registry: manifest -> blob
};
inline constexpr std::uint32_t kMeaningCount = 21;

/// A set of meanings as bits.
constexpr std::uint32_t meaning_bit(Meaning meaning) {
  return 1U << static_cast<std::uint32_t>(meaning);
}

/// What a label key says, before its value is looked at.
struct LabelKey {
  Meaning meaning = Meaning::kInert;
  /// Snapshotter of a snapshot reference; empty otherwise.
  std::string_view snapshotter;
  /// For a back reference: which kind of object the value names.
  Meaning back_kind = Meaning::kInert;
};

/// Parses a label's key. kExpire is no meaning: expiry times change, so states hold them as
/// numbers.
LabelKey parse_label_key(std::string_view key);

/// What the name of a snapshotter, or of a registry's host, follows.
inline constexpr std::string_view kGcRefSnapshot = "containerd.io/gc.ref.snapshot.";
inline constexpr std::string_view kDistributionSource = "containerd.io/distribution.source.";

}  // namespace sweepcheck
