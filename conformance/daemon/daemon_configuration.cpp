#include <fmt/format.h>

#include "conformance/daemon/daemon.hpp"

namespace sweepcheck {
namespace {

// A basic string of TOML, from which no text gets out.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string scheduler_part(const SchedulerPolicy& scheduler) {
  // Silent: collections at start-up are put off for ever, and so is what follows one.
  if (!scheduler.runs) return "pause_threshold = 0.000000001\nstartup_delay = \"100000h\"\n";
  return fmt::format(
      "pause_threshold = {:.9f}\ndeletion_threshold = {}\nmutation_threshold = {}\n"
      "schedule_delay = \"{}ns\"\nstartup_delay = \"{}ns\"\n",
      scheduler.pause_threshold, scheduler.deletion_threshold, scheduler.mutation_threshold,
      scheduler.schedule_delay, scheduler.startup_delay);
}

std::string common_part(const DaemonSettings& settings, int version) {
  const bool isolated = settings.policy.content_sharing == ContentSharing::kIsolated;
  // Debug messages tell what a collection removed, and how long it took. The monitor that restarts
  // containers would run the program, or write the log, that labels of a scenario name.
  return fmt::format(
      R"(version = {}
root = {}
state = {}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart", "io.containerd.monitor.container.v1.restart",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
address = {}

[ttrpc]
address = {}

[debug]
level = "debug"

[plugins."io.containerd.gc.v1.scheduler"]
{}
[plugins."io.containerd.metadata.v1.bolt"]
content_sharing_policy = "{}"
)",
      version, toml_text((settings.folder / "root").string()),
      toml_text((settings.folder / "state").string()),
      toml_text((settings.folder / "c.sock").string()),
      toml_text((settings.folder / "t.sock").string()), scheduler_part(settings.policy.scheduler),
      isolated ? "isolated" : "shared");
}

// Where runtimes can have a snapshotter of their own, there is one that has. 1.7 then wants the
// default one named, too.
std::string native_runtime(const DaemonSettings& settings, const std::string& plugin) {
  if (!settings.containerd->profile->runtime_snapshotters) return {};
  return fmt::format(
      R"(
[plugins."{0}".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."{0}".containerd.runtimes.{1}]
runtime_type = "io.containerd.runc.v2"
snapshotter = "{1}"
)",
      plugin, kNativeRuntime);
}

// CRI makes this folder and watches it; the machine's own, which it has else, can't be written.
std::string network_folder(const DaemonSettings& settings) {
  return (settings.folder / "cni").string();
}

// A root without CAP_SYS_RESOURCE can't run pods that are killed later than others.
std::string cri_of_version_2(const DaemonSettings& settings) {
  const CriPolicy& cri = settings.policy.cri;
  return fmt::format(R"(
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = {}
max_concurrent_downloads = {}
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
discard_unpacked_layers = {}
snapshotter = {}
disable_snapshot_annotations = {}

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = {}

[plugins."io.containerd.grpc.v1.cri".cni]
conf_dir = {}
)",
                     toml_text(cri.sandbox_image), cri.max_concurrent_downloads,
                     cri.discard_unpacked_layers, toml_text(cri.snapshotter),
                     cri.disable_snapshot_annotations, toml_text(settings.hosts_folder.string()),
                     toml_text(network_folder(settings)));
}

std::string cri_of_version_3(const DaemonSettings& settings) {
  const CriPolicy& cri = settings.policy.cri;
  std::string pinned = fmt::format("sandbox = {}\n", toml_text(cri.sandbox_image));
  for (std::size_t i = 0; i < cri.pinned_images.size(); ++i) {
    pinned += fmt::format("image{} = {}\n", i + 1, toml_text(cri.pinned_images[i]));
  }
  return fmt::format(
      R"(
[plugins."io.containerd.cri.v1.images"]
discard_unpacked_layers = {}
snapshotter = {}
disable_snapshot_annotations = {}
use_local_image_pull = {}
max_concurrent_downloads = {}
image_pull_with_sync_fs = {}

[plugins."io.containerd.cri.v1.images".registry]
config_path = {}

[plugins."io.containerd.cri.v1.images".pinned_images]
{}
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
conf_dir = {}
)",
      cri.discard_unpacked_layers, toml_text(cri.snapshotter), cri.disable_snapshot_annotations,
      cri.use_local_image_pull, cri.max_concurrent_downloads, cri.image_pull_with_sync_fs,
      toml_text(settings.hosts_folder.string()), pinned, toml_text(network_folder(settings)));
}

}  // namespace

std::string daemon_configuration(const DaemonSettings& settings) {
  const bool first_generation = settings.containerd->profile->highest_config_version < 3;
  return first_generation ? common_part(settings, 2) + cri_of_version_2(settings) +
                                native_runtime(settings, "io.containerd.grpc.v1.cri")
                          : common_part(settings, 3) + cri_of_version_3(settings) +
                                native_runtime(settings, "io.containerd.cri.v1.runtime");
}

}  // namespace sweepcheck
