// The collector: marks what is reachable from the roots of one node's metadata, sweeps the rest,
// and cleans the backend of files that no record names any more. One function for one phase, since
// a crash may fall between them.
//
// Mirrors metadata/gc.go and metadata/db.go (1.6, 1.7), core/metadata/gc.go and db.go (2.x), and
// gc/gc.go's tricolor: an object is gray once it is on the stack, black once its references are
// walked. What differs between versions is in the profile.
#pragma once

#include <cstdint>
#include <vector>

#include "model/catalog/bits.hpp"
#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"
#include "model/time.hpp"

namespace sweepcheck {

/// The result of a mark, with the memory that it needs; reuse one object for many marks.
struct Marking {
  /// Reached in full: the object and its references are kept.
  Bits reached;
  /// Reached from a flat lease only: kept without its references (snapshots keep their parents).
  Bits reached_flat;
  std::vector<std::uint32_t> gray;
  /// What a sweep finds unreached.
  Bits unreached;

  bool keeps(ObjectId object) const {
    return reached.test(index_of(object)) || reached_flat.test(index_of(object));
  }
};

/// Memory that collections of one node after the other work in; reuse one object for many.
struct CollectionScratch {
  Marking marking;
  std::vector<ObjectId> swept;
  std::vector<ObjectId> removed;
  /// What records name of the backend's files: digests or directories, by their ids.
  Bits named;
  std::vector<ObjectId> doomed;
};

/// Marks everything that the roots reach at `now`. Missing targets are marked, too: they keep
/// nothing, and nothing is done about them.
void mark(const Catalog& catalog, const Profile& profile, const State& state, Time now,
          Marking& marking);

/// True if this object is a root by itself (an image, a lease, a container, a label gc.root).
bool is_root(const Catalog& catalog, const Profile& profile, const State& state, Time now,
             ObjectId object);

/// True if a collection may remove objects of this kind.
bool is_collectable(ObjectKind kind, const Profile& profile);

/// True if what a label gc.cond.snapshot says of its snapshot is so at `now`; false if it names
/// none.
bool condition_holds(const Catalog& catalog, const State& state, Time now, FactId fact);

/// True if the collector follows this fact from its source to its target.
bool is_followed(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                 FactId fact);

/// Removes what is collectable, present and not kept, with its facts; appends it to `swept`.
void sweep(const Catalog& catalog, const Profile& profile, Marking& marking, State& state,
           std::vector<ObjectId>& swept);

/// Deletes blob files that neither a content record of any namespace nor an ingest's expected
/// digest names, then ingest files without a record (contentStore.garbageCollect). Appends what it
/// deleted to the scratch's `removed`.
void clean_content(const Catalog& catalog, State& state, CollectionScratch& scratch);

/// Deletes directories of this snapshotter that no snapshot names (snapshotter.garbageCollect).
/// Appends them to the scratch's `removed`.
void clean_snapshots(const Catalog& catalog, StringId snapshotter, State& state,
                     CollectionScratch& scratch);

/// Removes an object with all its facts and numbers. Facts that others have about it stay: they
/// dangle, as labels in containerd do.
void drop_object(const Catalog& catalog, State& state, ObjectId object);

}  // namespace sweepcheck
