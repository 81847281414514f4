// What a node or a registry holds, as values: records by namespace, kind and name, with digests by
// their aliases. The one form in which the model's state and a real daemon's are dumped and
// compared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/registry.hpp"

namespace sweepcheck {

/// Keys and values, sorted.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// One record of a node's metadata store.
struct StoreRecord {
  std::string space;
  /// As kind_name has it: "image", "content", "ingest", "snapshot", "lease", "container",
  /// "sandbox", "namespace".
  std::string kind;
  /// A snapshot's has its snapshotter before it: "overlayfs/chain:base". A namespace's is empty.
  std::string name;
  TextPairs labels;
  /// "target" of an image; "parent" and "kind" (active, view) of a snapshot; "image" and "snapshot"
  /// of a container; "expected" and "expireat" of an ingest.
  TextPairs fields;
  /// Of a lease, as "content layer:base"; sorted.
  std::vector<std::string> resources;
  /// Of content.
  std::optional<std::int64_t> size_bytes;
  /// Of a container: its task runs.
  bool running = false;
};

/// Something on disk.
struct StoreFile {
  std::string space;
  std::string name;
  std::int64_t bytes = 0;
};

struct NodeStore {
  /// By namespace, kind and name.
  std::vector<StoreRecord> records;
  /// Digests of the blobs' files, sorted.
  std::vector<std::string> blob_files;
  std::vector<StoreFile> ingest_files;
  /// Named "overlayfs/chain:base".
  std::vector<StoreFile> snapshot_directories;
};

struct RepositoryStore {
  std::vector<std::string> manifests;
  std::vector<std::string> layers;
  TextPairs tags;
};

struct RegistryStore {
  std::vector<std::string> blobs;
  std::map<std::string, RepositoryStore> repositories;
};

/// Brings everything into its one order.
void sort_store(NodeStore& store);
void sort_store(RegistryStore& store);

NodeStore store_of(const Catalog& catalog, const State& state);
RegistryStore store_of(const Catalog& catalog, const Registry& registry);

}  // namespace sweepcheck
