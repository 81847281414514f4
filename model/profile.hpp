// What one release of containerd does, as data. Everything that differs between releases is a field
// here; the code that reads it has no version of its own. The fields' values come from tables: of
// kinds and meanings (model/catalog), and of behaviours (model/behaviours.cpp), which also tell
// since when, and where containerd's source says so. To add a release, or to try one changed rule,
// see docs/add-a-profile.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/catalog/meanings.hpp"
#include "model/catalog/object_kind.hpp"
#include "model/time.hpp"
#include "model/version.hpp"

namespace sweepcheck {

/// How a client may pull or import: by its own library, or by the daemon's transfer service.
enum class Engine : std::uint8_t { kLocal, kTransfer };

struct Profile {
  /// "containerd-2.1", or the release itself.
  std::string_view name;
  /// The release whose rules these are. Nothing in model/ reads it: a rule that differs is a field.
  /// What properties claim may go by it, so that a profile that changes a rule is caught.
  Version version;
  /// The same as text: "2.1.9".
  std::string_view release;
  std::string_view help;

  // Collector (metadata/gc.go), as sets of bits.
  /// The meanings that it heeds: references that it follows, labels and times that it reads.
  std::uint32_t followed = 0;
  /// The references that it follows from what a flat lease holds.
  std::uint32_t followed_flat = 0;
  /// The kinds of objects that are roots by themselves.
  std::uint32_t roots = 0;
  /// The kinds of objects that it removes.
  std::uint32_t collectable = 0;

  // Metadata store.
  /// A prepare that finds its key or target leases what exists.
  bool lease_on_existing_snapshot = false;
  /// Image records can be resources of leases; one with gc.expire joins the caller's lease.
  bool leases_take_images = false;
  /// Namespaces labelled containerd.io/namespace.shareable share under an isolated policy.
  bool shareable_namespaces = false;
  /// There are sandbox records.
  bool has_sandboxes = false;

  // Unpacker (unpacker.go | pkg/unpack | core/unpack).
  /// Stat the chain ID first, without a lease, and prepare only if it is absent.
  bool unpacker_stats_first = false;
  /// A failed fetch or a cancelled context leaves the active snapshot to the collector.
  bool active_snapshot_kept_on_fetch_failure = false;

  // Scheduler.
  /// Floor of the average collection time from which the interval is computed.
  Duration collection_time_floor = 0;

  // Media types.
  bool docker_zstd_layer_is_layer = false;
  bool erofs_layer_is_layer = false;
  bool referrer_labels = false;

  /// Schema 1 manifests are converted as they are pulled, or else refused; and the image's record
  /// tells so by a label.
  bool converts_schema1 = false;
  bool labels_converted_schema1 = false;

  // Clients.
  Engine ctr_engine = Engine::kLocal;
  /// ctr knows the other engine: --local=false (1.7), --local (2.x).
  bool ctr_engine_selectable = false;
  /// The daemon has a transfer service.
  bool has_transfer_service = false;
  bool cri_transfer_pull = false;
  /// `ctr images pull` fetches manifests and configs of all platforms unless told not to.
  bool pull_all_metadata_default = false;
  /// A local pull of all platforms unpacks unknown/unknown manifests as well, and fails.
  bool unpacks_unknown_platforms = false;
  /// image.Unpack counts every layer of a manifest, whatever its media type (image.go getLayers).
  bool unpacks_any_layer_type = false;
  /// A transfer pull without a platform unpacks for the node's own.
  bool transfer_pull_unpacks = false;
  /// Further names of an image that the transfer service stores are bound to its first: they expire
  /// at once and refer back to it; and names by digest are stored at all.
  bool extra_references_bound = false;
  bool import_discard_flag = false;
  /// `ctr images import --label`.
  bool import_label_flag = false;
  /// The import's lease spans its unpack, too.
  bool import_lease_spans_unpack = false;
  /// Image config labels under containerd.io/ are copied to containers.
  bool copies_reserved_config_labels = false;
  /// An export of an image whose target is missing drops it silently, with exit code 0.
  bool export_drops_missing_target = false;
  /// An export in which no manifest matches the platform fails, even if no manifest.json is asked
  /// for.
  bool export_needs_manifest = false;
  /// image.Unpack says for which image a layer could not be applied.
  bool unpack_names_image = false;
  /// A push looks up every child first and fails at the first that is missing.
  bool push_requires_local_children = false;
  /// `ctr images check -q` names what is complete and unpacked; before, what is complete.
  bool quiet_check_wants_unpacked = false;
  bool has_images_usage = false;
  bool has_images_prune = false;
  /// `ctr images mount --snapshotter` is heard; `unmount`'s always is.
  bool mount_takes_snapshotter = false;

  // CRI.
  /// RunPodSandbox creates a lease with the sandbox's id, and keeps a sandbox record. In 1.7
  /// only sandbox controllers other than CRI's default one make records.
  bool sandbox_lease = false;
  /// CRI labels pinned images: 1.7 the sandbox image, 2.x those in pinned_images.
  bool cri_pins_sandbox_image = false;
  bool cri_pins_configured_images = false;
  /// CRI writes a record of its own only if it differs.
  bool cri_keeps_unchanged_records = false;
  /// CRI hears of the images that the transfer service stores.
  bool cri_hears_of_transfers = false;
  /// A runtime can have a snapshotter of its own.
  bool runtime_snapshotters = false;
  /// CreateContainer looks first whether the image is a checkpoint, and its failures say so.
  bool cri_looks_for_checkpoint = false;
  /// Parent chain and diff ID labels on the unpacker's snapshots.
  bool snapshot_diff_id_labels = false;
  std::int64_t highest_config_version = 2;

  bool follows(Meaning meaning) const { return (followed & meaning_bit(meaning)) != 0; }
};

/// The profiles with names of their own, oldest first: each is one release of its line.
std::span<const Profile> profiles();

/// The profile of that name, "containerd-2.1", or of a release, "2.1.9"; nullptr if there is none,
/// or the tables don't know the release. It lives as long as the program, and can be asked for on
/// any thread.
const Profile* find_profile(std::string_view name);

/// The profile of a release; nullptr if the tables don't know it.
const Profile* profile_at(Version version);

/// The known release that is nearest below this one, or the first if none is.
const Profile& nearest_profile(Version version);

/// The releases that the tables know: "1.6.20 to 1.6.39, 1.7.0 to 1.7.36".
std::string known_releases();

/// True if a list of names of profiles, such as a scenario's, has this profile: by name, or by the
/// name of the same release. "containerd-2.1" is 2.1.9, and no other.
template <typename Names>
bool names_profile(const Names& names, const Profile& profile) {
  for (const auto& name : names) {
    if (name == profile.name) return true;
    const Profile* other = find_profile(name);
    if (other != nullptr && other->version == profile.version) return true;
  }
  return false;
}

}  // namespace sweepcheck
