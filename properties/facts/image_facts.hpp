// What is true of an image in a state, worked out from its blobs and the state's bits alone, by
// rules that are written down here once more: what clients' operations find is held against it.
#pragma once

#include <vector>

#include "model/collector.hpp"
#include "model/world.hpp"

namespace sweepcheck {

/// The blobs of an image: its target, and what that needs for a platform (kNone: for all), each
/// once, parents first.
void needed_blobs(const Catalog& catalog, BlobId target, StringId platform,
                  std::vector<BlobId>& needed);

/// True if some content record of a node names the digest, or an ingest will.
bool needs_file(const Catalog& catalog, const State& state, StringId digest);

/// True if the namespace has the blob's record, and the store its file.
bool is_stored(const Catalog& catalog, const State& state, StringId space, BlobId blob);

/// True if each needed blob is stored, and at least one manifest is among them.
bool is_whole(const Catalog& catalog, const State& state, StringId space, BlobId target,
              StringId platform);

/// The chain of the manifest that a platform selects; empty if there is none.
const std::vector<StringId>& chain_of(const Catalog& catalog, BlobId target, StringId platform);

/// True if the namespace has the whole chain as committed snapshots.
bool is_unpacked(const Catalog& catalog, const State& state, StringId space, StringId snapshotter,
                 BlobId target, StringId platform);

/// True if this repository has the manifest, and all that a pull for this platform asks for below
/// it (kNone: all that it lists), bytes included.
bool repository_serves(const Catalog& catalog, StringId host, StringId repository,
                       const State& registry, BlobId manifest, StringId platform);

/// True if some repository has all that a pull for this platform asks for.
bool is_served(const Catalog& catalog, StringId host, const State& registry, BlobId target,
               StringId platform);

/// True if a record of the image, in any namespace of a node, has all of it: it could be exported.
bool is_on_node(const Catalog& catalog, const State& node, BlobId target, StringId platform);

/// The host platform of a node, as the catalog knows it.
StringId platform_of(const Catalog& catalog, const Node& node);

/// The record that the state has for this name; kNone: none.
ObjectId record_of(const Catalog& catalog, const State& state, StringId space, StringId name);
/// What a record points to; kNone if it is unknown.
BlobId target_of(const Catalog& catalog, const State& state, ObjectId record);

/// A collection on a state alone, without a clean-up of the backend. The scratch has what was
/// swept.
void sweep_state(const Catalog& catalog, const Profile& profile, Time now, State& state,
                 CollectionScratch& scratch);

/// A collection on a state alone, and a clean-up of the whole backend, flagged or not.
void collect_state(const Catalog& catalog, const Profile& profile, Time now, State& state,
                   CollectionScratch& scratch);

}  // namespace sweepcheck
