// What each root alone keeps: the records and the bytes that a collection would free if it were no
// root any more. It is a question of dominators: what only this root keeps is what every path from
// the roots goes through it. Files count with the records that name them, so a layer that two
// namespaces hold is freed by neither alone.
#pragma once

#include <cstdint>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// What would go if this object were no root.
struct RootHold {
  ObjectId root = kNone<ObjectId>;
  /// Records that no other root reaches, the root's own among them.
  std::uint32_t record_count = 0;
  /// Bytes of blob files, ingest files and snapshot directories that no other record would name.
  std::int64_t file_bytes = 0;

  bool operator==(const RootHold&) const = default;
};

struct Retention {
  /// Each root, in the order of the live graph: by ids, flat leases last.
  std::vector<RootHold> roots;
  /// By object: the nearest one that all its paths from the roots go through; kNone if there is
  /// none, or if nothing reaches it. An object that is reached in full and flat at once is no
  /// keeper by halves: only its ways in full count.
  std::vector<ObjectId> keeper;
};

/// Dominators of the live graph at `now`, by Lengauer and Tarjan's algorithm. Takes 700 bytes and
/// one to two microseconds for each object that is reached (docs/benchmarks.md): a question for
/// people, not for a loop.
Retention retention(const Catalog& catalog, const Profile& profile, const State& state, Time now);

}  // namespace sweepcheck
