// Dense 32-bit ids of what the catalog knows. Each is its own type, so that a blob can't be passed
// where a snapshot is meant. kNone of each type means "no such thing".
#pragma once

#include <cstdint>

namespace sweepcheck {

/// An interned string: a digest, a name, a label key. Ids follow the order of first use.
enum class StringId : std::uint32_t {};
/// A blob by digest, wherever it may be stored.
enum class BlobId : std::uint32_t {};
/// Something that can exist on a node or in a registry: an image record, a content record, a lease.
enum class ObjectId : std::uint32_t {};
/// Something that can be true of an object: a label, a parent, a target.
enum class FactId : std::uint32_t {};
/// A node, a registry or an archive, by its place in the world.
enum class NodeId : std::uint32_t {};
enum class RegistryId : std::uint32_t {};
enum class ArchiveId : std::uint32_t {};

template <typename Id>
inline constexpr Id kNone = static_cast<Id>(0xffffffffU);

/// The id as an array index.
template <typename Id>
constexpr std::uint32_t index_of(Id id) {
  return static_cast<std::uint32_t>(id);
}

}  // namespace sweepcheck
