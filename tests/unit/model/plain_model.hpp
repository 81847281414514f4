// A containerd node as one would first write it down: maps of strings, one rule after another. It
// is written from containerd's documented behaviour alone and shares nothing with the catalog, the
// states' bits or the collector, so that they can be held against it (plain_model_test.cpp).
//
// What it leaves out: registries, platforms, unpacking, the scheduler, and clients that need them.
// A digest is its alias ("blob:a"); there is one snapshotter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/time.hpp"

namespace sweepcheck::plain {

inline constexpr std::int64_t kBlobBytes = 100;

/// What one generation of containerd does otherwise than others.
struct Rules {
  bool images_are_collected = false;  ///< 2.0: they expire, and can be leased and referred to
  bool tag_replaces = false;          ///< 2.0: by the transfer service
  bool has_back_references = false;   ///< 2.2
  bool root_by_prefix = false;        ///< 2.2
  bool has_conditions = false;        ///< 2.3
  bool leases_what_exists = false;    ///< 1.7.17: a prepare or commit that finds its key
};

using Labels = std::map<std::string, std::string>;
/// A kind and a name: {"content", "blob:a"}.
using Thing = std::pair<std::string, std::string>;

struct Image {
  std::string target;
  Labels labels = {};
};
struct Ingest {
  std::optional<Time> expires = {};
  /// The blob that it takes over from another namespace.
  std::string expected = {};
};
struct Snapshot {
  /// "active", "view", or empty: committed.
  std::string kind = {};
  std::string parent = {};
  std::string directory = {};
  std::set<std::string> children = {};
  Labels labels = {};
};
struct Lease {
  std::set<Thing> resources = {};
  Labels labels = {};
};
struct Container {
  std::string snapshot;
  Labels labels = {};
};

struct Namespace {
  std::map<std::string, Image> images;
  std::map<std::string, Labels> content;
  std::map<std::string, Ingest> ingests;
  std::map<std::string, Snapshot> snapshots;
  std::map<std::string, Lease> leases;
  std::map<std::string, Container> containers;
};

/// What a client asks for, or what else happens.
struct Deed {
  std::string verb;
  std::string space = {};
  std::string name = {};
  std::string to = {};
  std::string parent = {};
  std::string lease = {};
  /// Of a resource.
  Thing thing = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  bool by_ctr = false;
  bool flat = false;
  bool sync = false;
  bool force = false;
  bool keep_snapshot = false;
  /// A collection without its clean-up; an ingest whose client dies before the first byte.
  bool half = false;
  Duration duration = 0;
  std::int64_t bytes = 0;
};

class Node {
 public:
  explicit Node(Rules rules) : rules_(rules) {}

  /// Does it. Returns containerd's error class, or "" if it succeeded.
  std::string perform(const Deed& deed);
  /// Everything that is stored, a line for each thing, sorted.
  std::vector<std::string> listing() const;

  std::map<std::string, Namespace> spaces;

 private:
  using Reach = std::set<std::pair<Thing, bool>>;

  std::string ingest(const Deed& deed, Namespace& space);
  std::string prepare(const Deed& deed, Namespace& space);
  std::string commit(const Deed& deed, Namespace& space);
  std::string remove_snapshot(Namespace& space, const std::string& name);
  std::string change_lease(const Deed& deed, Namespace& space);
  std::string change_image(const Deed& deed, Namespace& space);
  std::string change_labels(const Deed& deed, Namespace& space);
  std::string remove_container(const Deed& deed, Namespace& space);
  std::string remove_namespace(const std::string& name);
  std::string make_directory(const std::string& space, const std::string& name, std::int64_t bytes);

  void collect(bool with_clean_up);
  void sweep(Namespace& space);
  void clean_up();
  Reach reached(const Namespace& space) const;
  std::vector<std::pair<Thing, bool>> roots(const Namespace& space) const;
  std::vector<Thing> kept_by(const Namespace& space, const Thing& thing, bool flat) const;
  std::vector<Thing> references(const Labels& labels) const;
  std::vector<Thing> conditional(const Namespace& space, const Labels& labels) const;
  std::vector<Thing> back_references(const Namespace& space, const Thing& to) const;
  bool is_expired(const Labels& labels) const;
  bool is_root(const Labels& labels) const;

  Rules rules_;
  Time now_ = kEpoch;
  std::set<std::string> blob_files_;
  /// By namespace and ref; by namespace and name.
  std::map<std::pair<std::string, std::string>, std::int64_t> ingest_files_, directories_;
  /// In the daemon's memory: removals since the last clean-up.
  bool content_removed_ = false;
  bool snapshots_removed_ = false;
};

}  // namespace sweepcheck::plain
