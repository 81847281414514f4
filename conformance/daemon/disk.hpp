// What a daemon really has on disk, whatever its records say.
#pragma once

#include <filesystem>

#include "conformance/daemon/daemon.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {

/// Adds the blobs' files, the ingests' folders and the snapshots' directories. The latter have
/// numbers for names, so only their snapshotter is told.
void read_disk(const Daemon& daemon, NodeStore& store);

/// The size of the largest ingest on disk.
std::uintmax_t largest_ingest(const Daemon& daemon);

/// The daemon's metadata: a file of bolt's.
std::filesystem::path metadata_database(const Daemon& daemon);

/// Moves the expiry of all ingests into the past by so much, where a running daemon's metadata
/// database has it: no API changes it. Those under a lease have none. The daemon must be at rest.
/// False if the file can't be read or written.
bool shift_ingest_expiry(const std::filesystem::path& database, Duration by);

}  // namespace sweepcheck
