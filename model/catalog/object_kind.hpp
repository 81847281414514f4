// The kinds of objects, and what the collector does with each: one row a kind.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/version.hpp"

namespace sweepcheck {

/// What an object is. Those of the first group are records of a node's metadata store, in a
/// namespace; then a node's backend, which outlives records; then a registry's storage.
enum class ObjectKind : std::uint8_t {
  kNamespace,
  kImage,
  kContent,
  kIngest,
  kSnapshot,
  kLease,
  kContainer,
  kSandbox,
  kBlobFile,
  kIngestFile,
  kSnapshotDirectory,
  kRegistryBlob,        ///< bytes in a registry's storage
  kRepositoryLayer,     ///< link: this repository has this blob
  kRepositoryManifest,  ///< revision: this repository has this manifest
  kTag,
};
inline constexpr std::uint32_t kObjectKindCount = 15;

/// A set of kinds is a number with these bits.
constexpr std::uint32_t kind_bit(ObjectKind kind) { return 1U << static_cast<unsigned>(kind); }

/// What a collector does with objects of one kind.
struct KindRule {
  ObjectKind kind = ObjectKind::kNamespace;
  /// containerd's word: "content", "snapshot".
  std::string_view name{};
  /// Releases in which such an object is a root by itself, while it has not expired.
  Versions root{};
  /// Releases in which a collection removes what no root reaches.
  Versions collected{};
  /// Where containerd's source says so.
  std::string_view source{};
  /// A scenario of the library that shows it, without ".json".
  std::string_view scenario{};
};

/// All kinds, in the order of the enumeration.
std::span<const KindRule> kind_rules();

/// containerd's word for a kind: "content", "snapshot", "blob file".
std::string_view kind_name(ObjectKind kind);
/// True if some release collects objects of this kind.
bool can_be_collected(ObjectKind kind);
/// True if in some release an object of this kind is a root by itself.
bool can_be_root(ObjectKind kind);

/// The kinds that are roots, and those that are collected, in one release.
std::uint32_t root_kinds(Version version);
std::uint32_t collected_kinds(Version version);

}  // namespace sweepcheck
