// Raw metadata at random: blobs, snapshots, leases and images with labels that refer to each other
// or to nothing, in two namespaces; then rounds of changes, each with a collection.
#pragma once

#include "conformance/random/random_scenarios.hpp"

namespace sweepcheck {

/// See draw_scenario(). Objects are made over containerd's API, which is as fast as its store.
RandomScenario graph_scenario(std::uint64_t seed, std::uint64_t number, std::uint32_t object_count,
                              const Profile& profile);

}  // namespace sweepcheck
