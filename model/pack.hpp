// Operations and whole simulations as bytes, and operations as numbers to look them up by. Packed,
// an operation under way is some dozens of bytes instead of a kilobyte, and a simulation some
// hundreds, so that an explorer can keep many.
//
// Names are in it as the catalog's ids: bytes mean something in the process that packed them, to
// who has the same catalog. They are no file format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/operation.hpp"

namespace sweepcheck {

class Simulation;

/// Why bytes are no operation, or no simulation.
enum class UnpackError : std::uint8_t {
  kNone,
  kTorn,            ///< they end too early
  kOutOfRange,      ///< a number is larger than anything of its kind
  kUnknownType,     ///< of an operation or a step
  kUnknownProfile,  ///< neither the tables nor the simulation has it
};
std::string_view unpack_error_text(UnpackError error);

/// Appends the operation to `bytes`: everything that operator== compares, the request too.
void pack(const Operation& operation, std::vector<std::byte>& bytes);

/// Reads the operation that `bytes` begins with, equal to the one that was packed, and takes its
/// bytes off the front. On an error neither `bytes` nor `operation` is changed.
UnpackError unpack(std::span<const std::byte>& bytes, Operation& operation);

/// Appends the simulation to `bytes`: everything that operator== compares, and what tells how it
/// goes on. Equal simulations that were set up alike have equal bytes. Not in them are what
/// observes the world, what registries have logged, and counts of collections.
void pack(const Simulation& simulation, std::vector<std::byte>& bytes);

/// Reads the simulation that `bytes` begins with into one over the catalog of the one that was
/// packed, so that both are equal, and takes its bytes off the front. A profile is found by its
/// name, among those of the nodes that `simulation` has and of find_profile(); a policy among the
/// catalog's. Observers and counts stay as they are; registries' logs are empty then. On an error
/// neither `bytes` nor `simulation` is changed. Names and objects that the catalog doesn't have are
/// refused in what nodes, registries and archives hold; the fields of a step are taken as they are.
UnpackError unpack(std::span<const std::byte>& bytes, Simulation& simulation);

/// Of everything that operator== compares: equal operations have equal hashes.
std::uint64_t hash_of(const Operation& operation);

}  // namespace sweepcheck
