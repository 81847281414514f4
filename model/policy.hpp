// What an operator sets on one node: the keys of containerd's config.toml that change what is kept.
// A scenario writes them directly, or input/config_toml reads them from a real file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/time.hpp"

namespace sweepcheck {

/// `[plugins."io.containerd.gc.v1.scheduler"]`, with containerd's defaults
/// (plugins/gc/scheduler.go; the same keys and defaults from 1.6 to 2.3).
struct SchedulerPolicy {
  /// False: collections happen only when the scenario says so.
  bool runs = false;
  /// Share of time that collections may take; containerd clamps it to 0..0.5.
  double pause_threshold = 0.02;
  /// Deletions that bring a collection forward; 0 never does, but deletions are still collected.
  std::int64_t deletion_threshold = 0;
  /// Mutations after which a collection is due; 0 turns that off.
  std::int64_t mutation_threshold = 100;
  Duration schedule_delay = 0;
  Duration startup_delay = 100 * kMillisecond;

  bool operator==(const SchedulerPolicy&) const = default;
};

/// `content_sharing_policy` of `[plugins."io.containerd.metadata.v1.bolt"]`.
enum class ContentSharing : std::uint8_t {
  kShared,    ///< a blob that any namespace holds is adopted without its bytes
  kIsolated,  ///< each namespace must write the bytes itself
};

/// The CRI image service's keys: `[plugins."io.containerd.grpc.v1.cri".containerd]` in config
/// version 2, `[plugins."io.containerd.cri.v1.images"]` from version 3.
struct CriPolicy {
  bool discard_unpacked_layers = false;
  /// From 2.0: pull by client.Pull instead of the transfer service. Other keys force it, too.
  bool use_local_image_pull = false;
  bool disable_snapshot_annotations = true;
  std::string snapshotter = "overlayfs";
  std::string sandbox_image = "registry.k8s.io/pause:3.10";
  /// From 2.0 (`[...pinned_images]`, values): records of these get the pinned label.
  std::vector<std::string> pinned_images;
  std::int64_t max_concurrent_downloads = 3;
  /// Mirrors, credentials or per-registry settings are configured in the CRI section.
  bool registry_configured = false;
  bool image_pull_with_sync_fs = false;

  bool operator==(const CriPolicy&) const = default;
};

struct Policy {
  SchedulerPolicy scheduler;
  ContentSharing content_sharing = ContentSharing::kShared;
  CriPolicy cri;
  /// Platform that this node runs, as os/arch[/variant].
  std::string platform = "linux/amd64";

  bool operator==(const Policy&) const = default;
};

/// True if CRI pulls by client.Pull although `use_local_image_pull` is off, since a key is set that
/// the transfer service can't honour (containerd 2.x, internal/cri/config,
/// CheckLocalImagePullConfigs; observed on 2.1.9 for discard_unpacked_layers).
inline bool forces_local_pull(const CriPolicy& cri) {
  return cri.use_local_image_pull || cri.discard_unpacked_layers ||
         !cri.disable_snapshot_annotations || cri.registry_configured ||
         cri.max_concurrent_downloads != 3 || cri.image_pull_with_sync_fs;
}

}  // namespace sweepcheck
