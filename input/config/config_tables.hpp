// The keys of containerd's configuration tables that we read or at least know, so that a misspelt
// one can be told from one that is none of our business. From the sources of 1.6.20, 1.7.24, 2.1.9
// and 2.3.4: plugins/gc/scheduler.go, plugins/metadata/plugin.go, pkg/cri/config/config.go and
// internal/cri/config/config.go.
#pragma once

#include <array>
#include <string_view>

namespace sweepcheck::config_tables {

inline constexpr std::string_view kSchedulerPlugin = "io.containerd.gc.v1.scheduler";
inline constexpr std::string_view kBoltPlugin = "io.containerd.metadata.v1.bolt";
/// Config version 2. From version 3 on, a plugin of this name serves CRI's streaming only.
inline constexpr std::string_view kCriPlugin = "io.containerd.grpc.v1.cri";
/// From config version 3.
inline constexpr std::string_view kCriImagesPlugin = "io.containerd.cri.v1.images";

/// The plugins that we read.
inline constexpr auto kPlugins =
    std::to_array<std::string_view>({kSchedulerPlugin, kBoltPlugin, kCriPlugin, kCriImagesPlugin});

/// Outside of all tables (cmd/containerd/server/config/config.go).
inline constexpr auto kKeys = std::to_array<std::string_view>(
    {"cgroup", "debug", "disabled_plugins", "grpc", "imports", "metrics", "oom_score", "plugin_dir",
     "plugins", "proxy_plugins", "required_plugins", "root", "state", "stream_processors", "temp",
     "timeouts", "ttrpc", "version"});

inline constexpr auto kSchedulerKeys =
    std::to_array<std::string_view>({"pause_threshold", "deletion_threshold", "mutation_threshold",
                                     "schedule_delay", "startup_delay"});

inline constexpr auto kBoltKeys =
    std::to_array<std::string_view>({"content_sharing_policy", "no_sync"});

/// [plugins."io.containerd.grpc.v1.cri"] of version 2.
inline constexpr auto kCriKeys =
    std::to_array<std::string_view>({"cdi_spec_dirs",
                                     "cni",
                                     "containerd",
                                     "device_ownership_from_security_context",
                                     "disable_apparmor",
                                     "disable_cgroup",
                                     "disable_hugetlb_controller",
                                     "disable_proc_mount",
                                     "disable_tcp_service",
                                     "drain_exec_sync_io_timeout",
                                     "enable_cdi",
                                     "enable_selinux",
                                     "enable_tls_streaming",
                                     "enable_unprivileged_icmp",
                                     "enable_unprivileged_ports",
                                     "ignore_deprecation_warnings",
                                     "ignore_image_defined_volumes",
                                     "image_decryption",
                                     "image_pull_progress_timeout",
                                     "image_pull_with_sync_fs",
                                     "max_concurrent_downloads",
                                     "max_container_log_line_size",
                                     "netns_mounts_under_state_dir",
                                     "registry",
                                     "restrict_oom_score_adj",
                                     "sandbox_image",
                                     "selinux_category_range",
                                     "stats_collect_period",
                                     "stream_idle_timeout",
                                     "stream_server_address",
                                     "stream_server_port",
                                     "systemd_cgroup",
                                     "tolerate_missing_hugetlb_controller",
                                     "unset_seccomp_profile",
                                     "x509_key_pair_streaming"});

/// Its sub-table `containerd`.
inline constexpr auto kCriContainerdKeys = std::to_array<std::string_view>(
    {"default_runtime", "default_runtime_name", "disable_snapshot_annotations",
     "discard_unpacked_layers", "ignore_blockio_not_enabled_errors",
     "ignore_rdt_not_enabled_errors", "no_pivot", "runtimes", "snapshotter",
     "untrusted_workload_runtime"});

/// [plugins."io.containerd.cri.v1.images"].
inline constexpr auto kCriImagesKeys = std::to_array<std::string_view>(
    {"concurrent_layer_fetch_buffer", "disable_snapshot_annotations", "discard_unpacked_layers",
     "image_decryption", "image_pull_progress_timeout", "image_pull_with_sync_fs",
     "max_concurrent_downloads", "pinned_images", "registry", "runtime_platforms", "snapshotter",
     "stats_collect_period", "use_local_image_pull"});

}  // namespace sweepcheck::config_tables
