// What a daemon really has on disk, whatever its records say.
#pragma once

#include "conformance/daemon.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {

/// Adds the blobs' files, the ingests' folders and the snapshots' directories. The latter have
/// numbers for names, so only their snapshotter is told.
void read_disk(const Daemon& daemon, NodeStore& store);

/// The size of the largest ingest on disk.
std::uintmax_t largest_ingest(const Daemon& daemon);

/// Moves the expiry of all ingests into the past by so much, where the running daemon's metadata
/// database has it: no API changes it. The daemon must be at rest.
void shift_ingest_expiry(Daemon& daemon, Duration by);

}  // namespace sweepcheck
