// A second collector, written differently on purpose: Boost.Graph's breadth-first search over the
// live graph (model/graph/live_graph.hpp). What the model's own mark keeps is held against it.
#pragma once

#include "model/catalog/bits.hpp"
#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// Everything that a root reaches at `now`, in full or from a flat lease.
Bits reference_reachable(const Catalog& catalog, const Profile& profile, const State& state,
                         Time now);

}  // namespace sweepcheck
