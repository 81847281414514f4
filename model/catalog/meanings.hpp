// What facts mean to the collector: one row a meaning. How a label's key is read, which references
// the catalog links, what a release follows (Profile::followed) and docs/containerd.md all come
// from this table.
//
// A row tells who may say such a thing: a label on any other object means nothing. It tells what
// the value names, and which of the two keeps the other: a back reference keeps the label's owner
// while what the value names is kept.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/catalog/object_kind.hpp"
#include "model/version.hpp"

namespace sweepcheck {

/// What a fact says of its owner: first the labels, then the records' own fields.
enum class Meaning : std::uint8_t {
  kInert,       ///< a label that the collector never reads
  kRoot,        ///< gc.root, exactly
  kRootPrefix,  ///< a key that only starts with gc.root
  kFlat,        ///< gc.flat with a non-empty value
  kRefContent,
  kRefSnapshot,
  kRefImage,
  kBackContent,
  kBackSnapshot,
  kBackImage,
  kBackContainer,
  kCondition,
  kUsedAt,       ///< gc.cond.value-usedat: what conditions on this snapshot compare
  kLeaseExpiry,  ///< expiry times change, so states hold these three as numbers, not as facts
  kImageExpiry,
  kIngestExpiry,
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
inline constexpr std::uint32_t kMeaningCount = 27;

/// A set of meanings is a number with these bits.
constexpr std::uint32_t meaning_bit(Meaning meaning) {
  return 1U << static_cast<std::uint32_t>(meaning);
}

/// How the key of such a label is made of the row's `label`, or that it is not a label.
enum class KeyForm : std::uint8_t {
  kNoLabel,      ///< a record's own field, or a number of the state
  kWhole,        ///< nothing follows
  kPrefix,       ///< anything may follow
  kNamed,        ///< nothing follows, or '.' or '/' and a name that means nothing
  kSnapshotter,  ///< a snapshotter follows, up to a '/'
  kCondition,    ///< '.' or '/' and a snapshotter follow; the value is "CONDITIONS|KEY"
};

/// What a fact keeps alive: it is an edge of the graph that the collector walks, or not.
enum class Keeps : std::uint8_t {
  kNothing,
  kNamed,  ///< while the owner is kept, so is what the value names
  kOwner,  ///< the other way round: a back reference
};

struct MeaningRule {
  Meaning meaning = Meaning::kInert;
  /// containerd's word: "gc.ref.content", "lease resource".
  std::string_view name{};
  /// The rule in one sentence.
  std::string_view says{};
  KeyForm form = KeyForm::kNoLabel;
  std::string_view label{};
  /// Kinds of objects that may say this, as bits.
  std::uint32_t owners = 0;
  Keeps keeps = Keeps::kNothing;
  /// Kinds that the value names, as bits; one for a label.
  std::uint32_t names = 0;
  /// Followed from what a flat lease holds, too.
  bool from_flat_lease = false;
  /// Releases whose collector heeds it.
  Versions heeded{};
  /// Where containerd's source says so, as of 2.3.4 if no release is named.
  std::string_view source{};
  /// A scenario of the library that shows it, without ".json".
  std::string_view scenario{};
};

/// All meanings, in the order of the enumeration.
std::span<const MeaningRule> meaning_rules();
const MeaningRule& rule_of(Meaning meaning);

/// The meanings that link two objects. A collector may follow only these.
std::uint32_t edge_meanings();
/// What a release's collector heeds: references that it follows, labels and times that it reads.
std::uint32_t heeded_meanings(Version version);
/// Those of them that it follows from what a flat lease holds.
std::uint32_t flat_meanings(Version version);

}  // namespace sweepcheck
