// Reading an image's graph as clients do: which manifests of an index a platform selects, what a
// manifest's config and layers are, and what of them a namespace holds.
#pragma once

#include <boost/container/small_vector.hpp>
#include <span>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// How well a manifest's platform serves a wanted one: 0 is exact, larger is worse, -1 is not at
/// all. A manifest without platform always serves. Not strict: older variants serve newer hosts
/// (platforms.Only).
int platform_rank(const Catalog& catalog, StringId platform, StringId wanted, bool strict);

using SelectedChildren = boost::container::small_vector<BlobChild, 8>;
/// The children of an index that any of the platforms selects (all, if there are none), best first
/// within a platform if only one is asked for.
SelectedChildren select_children(const Catalog& catalog, const Blob& index,
                                 std::span<const StringId> platforms, bool one, bool strict);

/// The manifest that `images.Manifest` finds for a platform: the target itself, or the best child
/// that is selected. kNone if there is none, or if the index isn't in the namespace.
BlobId manifest_for(const Catalog& catalog, const State& state, StringId space, BlobId target,
                    StringId platform);

/// The same by the image's bytes alone, whatever any store holds.
BlobId declared_manifest_for(const Catalog& catalog, BlobId target, StringId platform);

/// The config of a manifest, or kNone.
BlobId config_of(const Catalog& catalog, BlobId manifest);

/// How many layers a manifest has, as the profile knows layers.
std::uint32_t layer_count(const Catalog& catalog, const Profile& profile, BlobId manifest);
/// One of them, by its number; kNone if there are fewer.
BlobId layer_of(const Catalog& catalog, const Profile& profile, BlobId manifest,
                std::uint32_t number);
/// All of them, in order.
std::vector<BlobId> layers_of(const Catalog& catalog, const Profile& profile, BlobId manifest);

/// True if the namespace has a content record of the blob.
bool holds(const Catalog& catalog, const State& state, StringId space, BlobId blob);

/// True if the namespace has this snapshot.
bool holds_snapshot(const Catalog& catalog, const State& state, StringId space,
                    StringId snapshotter, StringId key);

}  // namespace sweepcheck
