// What a scenario step asks for, decoded: one flat value that every operation reads its parameters
// from. The tables of parameters say which of the fields an operation uses; the scenario
// reader, the JSON Schema and the reference are made from the same tables.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "model/catalog/ids.hpp"
#include "model/time.hpp"

namespace sweepcheck {

struct OperationType;

/// Whose rules an operation follows.
enum class Client : std::uint8_t {
  kDefault,
  kCtr,      ///< the ctr command line
  kCri,      ///< the CRI image and runtime service, namespace k8s.io
  kLibrary,  ///< containerd's Go client (client.Pull), as nerdctl and others use it
};

using LabelList = std::vector<std::pair<StringId, StringId>>;

struct Request {
  const OperationType* type = nullptr;
  NodeId node = kNone<NodeId>;
  /// The namespace; CRI's is k8s.io, others' default.
  StringId space = kNone<StringId>;
  Client by = Client::kDefault;
  /// The verb's own value: a reference, a digest, a key, an id.
  StringId name = kNone<StringId>;
  StringId to = kNone<StringId>;
  StringId snapshotter = kNone<StringId>;
  StringId parent = kNone<StringId>;
  StringId key = kNone<StringId>;
  StringId image = kNone<StringId>;
  StringId lease = kNone<StringId>;
  StringId base_name = kNone<StringId>;
  StringId index_name = kNone<StringId>;
  StringId resource_kind = kNone<StringId>;
  std::vector<StringId> names;
  std::vector<StringId> platforms;
  LabelList labels;
  std::int64_t size_bytes = 0;
  Duration duration = 0;
  std::optional<bool> local;
  bool all_platforms = false;
  bool all_metadata = false;
  bool skip_metadata = false;
  bool metadata_only = false;
  bool discard_unpacked_layers = false;
  bool no_unpack = false;
  bool digests = false;
  bool skip_digest_for_named = false;
  bool skip_non_distributable = false;
  bool skip_manifest_json = false;
  bool allow_non_distributable = false;
  bool force = false;
  bool sync = false;
  bool keep_snapshot = false;
  bool delete_untagged = false;
  bool dry_run = false;
  bool quiet = false;
  bool async = false;
  bool flat = false;
  bool read_write = false;
  bool remove_snapshot = false;

  bool operator==(const Request&) const = default;
};

}  // namespace sweepcheck
