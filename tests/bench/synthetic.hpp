// Stores of a given size for the benchmarks: images of three layers with their snapshots, of which
// every second has lost its record and so is garbage.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"

namespace sweepcheck::bench {

enum class Order : std::uint8_t {
  kCreation,  ///< ids in the order in which a client creates the objects
  kShuffled,  ///< ids and facts in random order: the worst case for the memory
};

struct Store {
  std::unique_ptr<Catalog> catalog;
  State state;
  std::uint64_t garbage_count = 0;
};

/// What one node's state takes beyond the shared catalog.
std::size_t bytes_of(const State& state);

/// A store of about `object_count` objects, nine for each image.
Store make_store(std::uint32_t object_count, Order order);

}  // namespace sweepcheck::bench
