// A third collector, for judging millions of collections: as simple as can be, and written from
// containerd's sources, not from the model's collector or its tables. It has no stack, no colours
// and no adjacency lists: it goes over all facts that are there, again and again, until nothing new
// is reached. It goes by the profile's release alone: a changed set of followed meanings is caught.
#pragma once

#include <cstdint>
#include <vector>

#include "model/catalog/bits.hpp"
#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// The memory that a search needs; reuse one object for many.
struct NaiveScratch {
  struct Link {
    std::uint32_t from;
    std::uint32_t to;
    /// Also followed from what a flat lease holds: a snapshot's parent, an image's target.
    bool flat;
  };
  std::vector<Link> links;
  Bits flat;
  Bits flat_leases;
};

/// Everything that a root reaches at `now`, in full or from a flat lease.
void naive_reachable(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                     NaiveScratch& scratch, Bits& reached);

/// The kinds that a collection may remove, as bits by ObjectKind.
std::uint32_t collectable_kinds(const Profile& profile);

}  // namespace sweepcheck
