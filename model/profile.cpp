#include "model/profile.hpp"

#include <array>

namespace sweepcheck {
namespace {

constexpr Profile kContainerd16{
    .name = "containerd-1.6",
    .release = "1.6.20",
    .help = "Debian 12's containerd; no import discard, push needs every child locally",
    .unpacker_stats_first = true,
    .active_snapshot_kept_on_fetch_failure = true,
    .converts_schema1 = true,
    .unpacks_unknown_platforms = true,
    .unpacks_any_layer_type = true,
    .copies_reserved_config_labels = true,
    .push_requires_local_children = true,
};

constexpr Profile make_17() {
  Profile profile = kContainerd16;
  profile.name = "containerd-1.7";
  profile.release = "1.7.24";
  profile.help = "Debian 13's containerd; import can discard, push mounts what is missing locally";
  profile.has_sandboxes = true;
  profile.lease_on_existing_snapshot = true;
  profile.shareable_namespaces = true;
  profile.unpacker_stats_first = false;
  profile.active_snapshot_kept_on_fetch_failure = false;
  profile.collection_time_floor = 5 * kMillisecond;
  profile.labels_converted_schema1 = true;
  profile.ctr_engine_selectable = true;
  profile.unpacks_unknown_platforms = false;
  profile.unpacks_any_layer_type = false;
  profile.transfer_pull_unpacks = false;
  profile.import_discard_flag = true;
  profile.import_lease_spans_unpack = true;
  profile.export_drops_missing_target = true;
  profile.export_needs_manifest = true;
  profile.push_requires_local_children = false;
  profile.has_images_usage = true;
  profile.has_images_prune = true;
  profile.mount_takes_snapshotter = true;
  profile.cri_pins_sandbox_image = true;
  return profile;
}

constexpr Profile make_21() {
  Profile profile = make_17();
  profile.name = "containerd-2.1";
  profile.release = "2.1.9";
  profile.help = "ctr and CRI use the transfer service; images expire and can be leased";
  profile.images_collectable = true;
  profile.sandbox_labels_followed = true;
  profile.docker_zstd_layer_is_layer = true;
  profile.converts_schema1 = false;
  profile.ctr_engine = Engine::kTransfer;
  profile.cri_transfer_pull = true;
  profile.pull_all_metadata_default = true;
  profile.transfer_pull_unpacks = true;
  profile.import_label_flag = true;
  profile.unpack_names_image = true;
  profile.quiet_check_wants_unpacked = true;
  profile.copies_reserved_config_labels = false;
  profile.sandbox_lease = true;
  profile.cri_pins_configured_images = true;
  profile.cri_looks_for_checkpoint = true;
  profile.highest_config_version = 3;
  return profile;
}

constexpr Profile make_23() {
  Profile profile = make_21();
  profile.name = "containerd-2.3";
  profile.release = "2.3.4";
  profile.help = "adds back references, conditional references and prefix roots";
  profile.back_references = true;
  profile.conditional_references = true;
  profile.root_label_is_prefix = true;
  profile.erofs_layer_is_layer = true;
  profile.referrer_labels = true;
  profile.extra_references_bound = true;
  profile.snapshot_diff_id_labels = true;
  profile.highest_config_version = 4;
  return profile;
}

constexpr std::array<Profile, 4> kProfiles{kContainerd16, make_17(), make_21(), make_23()};

}  // namespace

std::span<const Profile> profiles() { return kProfiles; }

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : kProfiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace sweepcheck
