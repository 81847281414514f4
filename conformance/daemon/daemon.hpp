// One containerd daemon of our own: its folder, its configuration, its process. Its scheduler is
// silent, so that it collects only when it is asked to.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/daemon/tools.hpp"
#include "conformance/host/process.hpp"
#include "model/policy.hpp"

namespace sweepcheck {

struct DaemonSettings {
  const Containerd* containerd = nullptr;
  /// Root, state, socket, configuration and log are below it. Short: a socket's name has a limit.
  std::filesystem::path folder;
  /// `certs.d`: a folder for each registry's host, with hosts.toml.
  std::filesystem::path hosts_folder;
  Policy policy;
};

/// CRI's runtime with a snapshotter of its own, which has its name, too.
inline constexpr const char* kNativeRuntime = "native";

/// The configuration file of a daemon: version 2 for containerd 1.x, 3 from 2.0 on.
std::string daemon_configuration(const DaemonSettings& settings);

/// Undoes every mount below a folder, the last one first.
void unmount_below(const std::filesystem::path& folder);

class Daemon {
 public:
  explicit Daemon(DaemonSettings settings) : settings_(std::move(settings)) {}

  /// Starts the process and waits until both its own API and CRI answer. What is wrong, with the
  /// last lines of the log; or nothing.
  std::optional<std::string> start();
  /// Stops it, and starts it with another policy over the same stores.
  std::optional<std::string> restart(const Policy& policy);
  /// kill -9.
  void kill();
  /// Ends it, and undoes what is mounted below its folder.
  void stop();
  /// kill -9 to its shims and to what runs in containers, which all outlive it.
  void end_containers();
  bool running();
  /// Whether it ended without being asked to, within `patience`: how, or nothing.
  std::optional<std::string> death(Milliseconds patience);
  /// The last lines of its log, for messages.
  std::string last_words() const;

  const Containerd& containerd() const { return *settings_.containerd; }
  const Policy& policy() const { return settings_.policy; }
  std::string socket() const { return (settings_.folder / "c.sock").string(); }
  std::filesystem::path root() const { return settings_.folder / "root"; }
  std::filesystem::path log() const { return settings_.folder / "log"; }
  const std::filesystem::path& hosts_folder() const { return settings_.hosts_folder; }

 private:
  DaemonSettings settings_;
  std::optional<ChildProcess> process_;
  bool meant_to_run_ = false;
};

}  // namespace sweepcheck
