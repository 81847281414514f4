// What one generation of containerd does, as data. Everything that differs between versions is a
// field here; the code that reads it has no version of its own. To add a profile, or to try one
// changed rule, copy a table and change the field (docs/add-a-profile.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/time.hpp"

namespace sweepcheck {

/// How a client may pull or import: by its own library, or by the daemon's transfer service.
enum class Engine : std::uint8_t { kLocal, kTransfer };

struct Profile {
  std::string_view name;
  /// The containerd release whose sources and daemons the profile restates.
  std::string_view release;
  std::string_view help;

  // Collector (metadata/gc.go | core/metadata/gc.go).
  /// Image records are nodes: they expire by gc.expire, can be leased, and be referred to by
  /// gc.ref.image (2.0+). Before, an image record is only a root.
  bool images_collectable = false;
  /// Sandbox records' labels are followed (2.0+; in 1.7 they sit where the collector doesn't look).
  bool sandbox_labels_followed = false;
  bool has_sandboxes = false;
  /// gc.bref.* labels: "while the value is reachable, so am I" (2.2+).
  bool back_references = false;
  /// gc.cond.snapshot labels with usedat conditions (2.3+).
  bool conditional_references = false;
  /// gc.root matches as a prefix, not exactly (2.2+).
  bool root_label_is_prefix = false;
  /// Kinds of references that this collector does not follow, as meaning_bit()s: none of
  /// containerd's generations leaves one out. For trying a changed label rule.
  std::uint32_t unfollowed_meanings = 0;

  // Metadata store.
  /// A prepare that finds its key or target leases what exists (1.7.17+, 1.6.32+).
  bool lease_on_existing_snapshot = false;
  /// Namespaces labelled containerd.io/namespace.shareable share under an isolated policy (1.7+).
  bool shareable_namespaces = false;

  // Unpacker (unpacker.go | pkg/unpack | core/unpack).
  /// Stat the chain ID first, without a lease, and prepare only if it is absent (before 1.7.23).
  bool unpacker_stats_first = false;
  /// A failed fetch or a cancelled context leaves the active snapshot to the collector (1.6).
  bool active_snapshot_kept_on_fetch_failure = false;

  // Scheduler.
  /// Floor of the average collection time from which the interval is computed.
  Duration collection_time_floor = 0;

  // Media types.
  bool docker_zstd_layer_is_layer = false;
  bool erofs_layer_is_layer = false;
  bool referrer_labels = false;

  /// Schema 1 manifests are converted as they are pulled (until 2.1, which refuses them), and the
  /// image's record tells so by a label (1.7.8+).
  bool converts_schema1 = false;
  bool labels_converted_schema1 = false;

  // Clients.
  Engine ctr_engine = Engine::kLocal;
  /// ctr knows the other engine: --local=false (1.7), --local (2.x).
  bool ctr_engine_selectable = false;
  bool cri_transfer_pull = false;
  /// `ctr images pull` fetches manifests and configs of all platforms unless told not to (2.0+).
  bool pull_all_metadata_default = false;
  /// A local pull of all platforms unpacks unknown/unknown manifests as well, and fails
  /// (1.6, 1.7.15).
  bool unpacks_unknown_platforms = false;
  /// image.Unpack counts every layer of a manifest, whatever its media type (image.go getLayers).
  bool unpacks_any_layer_type = false;
  /// A transfer pull without a platform sets no unpack configuration (1.7.24).
  bool transfer_pull_unpacks = true;
  /// Further names of an image that the transfer service stores are bound to its first: they expire
  /// at once and refer back to it; and names by digest are stored at all (2.2+).
  bool extra_references_bound = false;
  bool import_discard_flag = false;
  /// `ctr images import --label` (2.0+).
  bool import_label_flag = false;
  /// The import's lease spans its unpack, too (1.7+).
  bool import_lease_spans_unpack = false;
  /// Image config labels under containerd.io/ are copied to containers (until 2.0).
  bool copies_reserved_config_labels = false;
  /// An export of an image whose target is missing drops it silently, with exit code 0 (1.7+).
  bool export_drops_missing_target = false;
  /// An export in which no manifest matches the platform fails, even if no manifest.json is asked
  /// for (1.7+).
  bool export_needs_manifest = false;
  /// image.Unpack says for which image a layer could not be applied (2.0+).
  bool unpack_names_image = false;
  /// A push looks up every child first and fails at the first that is missing (1.6.0-1.6.25).
  bool push_requires_local_children = false;
  /// `ctr images check -q` names what is complete and unpacked; before, what is complete (2.0+).
  bool quiet_check_wants_unpacked = false;
  bool has_images_usage = false;
  bool has_images_prune = false;
  /// `ctr images mount --snapshotter` is heard (1.7+); `unmount`'s always is.
  bool mount_takes_snapshotter = false;
  /// RunPodSandbox creates a lease with the sandbox's id, and keeps a sandbox record (2.0+; in 1.7
  /// only sandbox controllers other than CRI's default one make records).
  bool sandbox_lease = false;
  /// CRI labels pinned images: 1.7 the sandbox image, 2.x those in pinned_images; not in 1.6.
  bool cri_pins_sandbox_image = false;
  bool cri_pins_configured_images = false;
  /// CreateContainer looks first whether the image is a checkpoint, and its failures say so (2.1+).
  bool cri_looks_for_checkpoint = false;
  /// Parent chain and diff ID labels on the unpacker's snapshots (2.3).
  bool snapshot_diff_id_labels = false;
  std::int64_t highest_config_version = 2;
};

/// All profiles, oldest first.
std::span<const Profile> profiles();

/// The profile of that name, or nullptr.
const Profile* find_profile(std::string_view name);

}  // namespace sweepcheck
