// What a daemon really has on disk, whatever its records say.
#pragma once

#include "conformance/daemon.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {

/// Adds the blobs' files, the ingests' folders and the snapshots' directories. The latter have
/// numbers for names, so only their snapshotter is told.
void read_disk(const Daemon& daemon, NodeStore& store);

}  // namespace sweepcheck
