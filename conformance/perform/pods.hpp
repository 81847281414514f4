// What CRI makes names for, and what a scenario doesn't speak of.
//
// CRI gives pods and containers random ids; a scenario calls them "pod" and "c1". And it runs no
// container outside of a pod: for a scenario that has containers and no pod, there is one beside
// it, with an image of its own, which no comparison shows.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "conformance/daemon/api.hpp"
#include "conformance/daemon/daemon.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {

struct Pod {
  std::string id;
  std::string name;
};

class Pods {
 public:
  /// The id that CRI gave to what the scenario calls `name`.
  void give_name(const std::string& id, const std::string& name);
  /// The id of a name; the name itself if CRI made none for it.
  std::string id_of(const std::string& name) const;
  /// The text with names in the place of ids.
  std::string display(std::string text) const;

  /// The pod that new containers of a daemon belong to: the last one that it ran.
  void set_pod(const Daemon& daemon, Pod pod) { pods_[daemon.socket()] = std::move(pod); }
  std::optional<Pod> pod(const Daemon& daemon) const;
  /// A pod with an image of its own, which is imported first; both are hidden. What is wrong, or
  /// nothing.
  std::optional<std::string> run_beside(Daemon& daemon, Api& api);

  /// The scenario removed all directories of snapshots, those of hidden ones among them.
  void directories_are_lost() { directories_lost_ = true; }
  /// Takes out what stands beside a scenario.
  void hide(NodeStore& store) const;

 private:
  std::optional<std::string> import_image(Daemon& daemon, Api& api);

  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> ids_;
  /// By the daemon's socket.
  std::map<std::string, Pod> pods_;
  /// Ids, digests and names of records.
  std::set<std::string> hidden_;
  bool directories_lost_ = false;
};

}  // namespace sweepcheck
