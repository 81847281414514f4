// What a scenario needs for real: a daemon for each node, a registry for each host, and a folder of
// archives. One rig serves many scenarios, one after the other, each in fresh stores.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/daemon/api.hpp"
#include "conformance/daemon/daemon.hpp"
#include "conformance/daemon/real_time.hpp"
#include "conformance/daemon/registry_server.hpp"
#include "conformance/host/contained_path.hpp"
#include "conformance/perform/pods.hpp"
#include "conformance/perform/real_images.hpp"
#include "model/catalog/catalog.hpp"
#include "model/time.hpp"

namespace sweepcheck {

/// The namespace of leases that exist only to collect; never shown.
inline constexpr const char* kScratchNamespace = "sweepcheck-scratch";

struct RigSettings {
  const Containerd* containerd = nullptr;
  std::filesystem::path registry_program;
  /// An empty folder of its own.
  std::filesystem::path folder;
  /// Its registries use ports from here on, two each.
  std::uint16_t first_port = 0;
  /// Why no containers can be run; empty: they can.
  std::string no_containers = {};
  /// Leave the daemons' folders.
  bool keep = false;
};

class Rig {
 public:
  explicit Rig(RigSettings settings);
  ~Rig();

  /// Fresh stores for a scenario, with what its registries and archives hold at first. What is
  /// wrong, or nothing.
  std::optional<std::string> set_up(const Scenario& scenario, const RealImages& images);
  /// Ends the daemons, and checks that they still ran.
  void tear_down();

  const Profile& profile() const { return *settings_.containerd->profile; }
  const Containerd& containerd() const { return *settings_.containerd; }
  /// What ended without being asked to, a daemon or a registry, with its last words; empty if all
  /// still run. Waits so long for a daemon to end.
  std::string death(Milliseconds patience);
  /// "what", with the last words of a step's daemon.
  std::string with_last_words(const ScenarioStep& step, const std::string& what);
  /// By name; the first of the scenario for an empty one.
  Daemon& daemon(const std::string& node);
  Api& api(const std::string& node);
  /// The API after a restart of the daemon.
  void reconnect(const std::string& node);
  /// nullptr if the scenario declares no such host.
  RegistryServer* registry(const std::string& host);
  /// Where a scenario's archive is, or is to be written.
  PathOrReason archive(const std::string& name) const;
  /// Where a scenario's mount on an absolute path is: below the rig's own folder. From then on the
  /// scenario's word for it is an alias, since leases and snapshots are called after it.
  PathOrReason mount_target(const std::string& target);
  const RealImages& images() const { return *images_; }
  /// Aliases of real digests, and what they stand for.
  Catalog& names() { return *names_; }
  std::string display(const std::string& text);
  Pods& pods() { return *pods_; }
  /// Whether the scenario's collectors run by themselves, and real time passes for it.
  bool real_time() const { return real_time_; }
  LeadClock& lead_clock() { return lead_clock_; }
  /// Of this run and all its rigs.
  std::filesystem::path shared_folder() const { return settings_.folder.parent_path(); }
  /// Why this machine can't run containers; empty: it can.
  const std::string& no_containers() const { return settings_.no_containers; }
  std::vector<std::string> node_names() const;

  /// The wall clock, and what it is in simulated time.
  Time real_now() const;
  /// Real time minus simulated time.
  Duration clock_offset() const { return clock_offset_; }
  /// Simulated time goes on while the real one does not.
  void advance_clock(Duration duration) { clock_offset_ -= duration; }
  /// Labels of a scenario with simulated expiry times as real ones.
  TextPairs real_labels(TextPairs labels) const;
  /// Learns which ids a daemon gave to the leases that the model calls "lease-N", from stores that
  /// agree.
  void learn_leases(const std::string& node, const NodeStore& model, const NodeStore& daemon);
  /// The id that a daemon gave to the lease which the model calls "lease-N".
  std::string real_lease(const ScenarioStep& step, const std::string& id);

 private:
  struct NodeParts {
    std::unique_ptr<Daemon> daemon;
    std::unique_ptr<Api> api;
  };

  std::optional<std::string> set_up_registry(const ScenarioRegistry& declared);
  std::optional<std::string> set_up_node(const ScenarioNode& declared);
  std::optional<std::string> set_up_archives(const Scenario& scenario);
  std::optional<std::string> write_hosts_file(const std::string& host, std::uint16_t port) const;
  std::filesystem::path hosts_folder() const { return settings_.folder / "certs.d"; }
  std::filesystem::path archives_folder() const { return settings_.folder / "archives"; }
  std::filesystem::path mounts_folder() const { return settings_.folder / "mounts"; }

  RigSettings settings_;
  const RealImages* images_ = nullptr;
  std::unique_ptr<Catalog> names_;
  std::unique_ptr<Pods> pods_;
  bool real_time_ = false;
  LeadClock lead_clock_;
  std::string first_node_;
  std::map<std::string, NodeParts> nodes_;
  std::map<std::string, std::unique_ptr<RegistryServer>> registries_;
  /// From node, namespace and the model's name to the daemon's.
  std::map<std::array<std::string, 3>, std::string> leases_;
  /// Of this scenario; others are kept running for the next.
  std::map<std::string, bool> registry_used_;
  std::uint16_t next_port_;
  int daemon_count_ = 0;
  Duration clock_offset_ = 0;
};

}  // namespace sweepcheck
