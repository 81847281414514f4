// A daemon's gRPC API, as far as conformance reads and changes a store with it: what ctr cannot do
// (a lease in context, AddResource, labels on any object), and whole dumps. CRI is here, too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/store_state.hpp"

namespace sweepcheck {

/// How a call ended: gRPC's code (0 is success) and message.
struct CallStatus {
  int code = 0;
  std::string message;

  explicit operator bool() const { return code == 0; }
};

/// Where a call works: containerd's metadata headers.
struct CallContext {
  std::string space;
  /// The lease in context; empty: none.
  std::string lease;
};

struct LeaseResource {
  /// "content", "snapshots/overlayfs", "ingests", "images".
  std::string type;
  std::string id;
};

struct SnapshotRequest {
  std::string snapshotter;
  std::string key;
  std::string parent;
  TextPairs labels;
};

struct ContainerRequest {
  std::string id;
  std::string image;
  std::string snapshotter;
  std::string snapshot_key;
  TextPairs labels;
};

struct PodContainer {
  std::string pod_id;
  /// The pod's name, as run_pod() had it.
  std::string pod;
  std::string name;
  std::string image;
  TextPairs labels;
};

/// One connection. Calls may come from several threads, and end after 30 s at the latest.
class Api {
 public:
  explicit Api(const std::string& socket);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// True once containerd's services and CRI answer.
  bool answers();

  /// All records of all namespaces but `hidden`, with names as the daemon has them. Leases' times
  /// stand in their labels.
  CallStatus read_records(const std::string& hidden, NodeStore& store);

  CallStatus create_lease(const CallContext& context, const std::string& id,
                          const TextPairs& labels);
  CallStatus delete_lease(const CallContext& context, const std::string& id, bool sync);
  CallStatus add_resource(const CallContext& context, const std::string& lease,
                          const LeaseResource& resource);
  CallStatus remove_resource(const CallContext& context, const std::string& lease,
                             const LeaseResource& resource);
  std::vector<LeaseResource> resources(const CallContext& context, const std::string& lease);

  CallStatus write_content(const CallContext& context, const std::string& ref,
                           const std::string& digest, const std::string& bytes,
                           const TextPairs& labels);
  CallStatus label_content(const CallContext& context, const std::string& digest,
                           const TextPairs& labels);
  CallStatus prepare(const CallContext& context, const SnapshotRequest& request);
  CallStatus view(const CallContext& context, const SnapshotRequest& request);
  /// `name` is the committed snapshot's key.
  CallStatus commit(const CallContext& context, const SnapshotRequest& request,
                    const std::string& name);
  CallStatus label_snapshot(const CallContext& context, const SnapshotRequest& request);
  CallStatus create_container(const CallContext& context, const ContainerRequest& request);
  CallStatus label_container(const CallContext& context, const std::string& id,
                             const TextPairs& labels);
  CallStatus create_image(const CallContext& context, const std::string& name,
                          const std::string& digest, const std::string& media_type,
                          std::int64_t size_bytes, const TextPairs& labels);
  CallStatus label_image(const CallContext& context, const std::string& name,
                         const TextPairs& labels);

  CallStatus cri_pull(const std::string& reference);
  CallStatus cri_remove(const std::string& reference);
  /// Whether CRI knows an image by this name.
  bool cri_has(const std::string& reference);

  // api_pods.cpp
  /// A pod on the node's own network, which needs no plugin, by a runtime of CRI's configuration
  /// (empty: its default); `id` is what CRI calls it.
  CallStatus run_pod(const std::string& name, const std::string& runtime, std::string& id);
  /// Stops and removes it.
  CallStatus remove_pod(const std::string& id);
  CallStatus create_in_pod(const PodContainer& container, std::string& id);
  CallStatus start_in_pod(const std::string& id);
  CallStatus stop_in_pod(const std::string& id);
  CallStatus remove_in_pod(const std::string& id);
  /// A record in the sandbox store, as a sandbox controller other than CRI's own makes one.
  CallStatus create_sandbox(const CallContext& context, const std::string& id,
                            const TextPairs& labels);
  CallStatus delete_sandbox(const CallContext& context, const std::string& id);

  /// A collection, with all clean-up done when it returns: a lease of the namespace `scratch` is
  /// created and deleted synchronously. It collects all namespaces.
  CallStatus collect(const std::string& scratch);

 private:
  struct Stubs;
  class Reader;
  std::unique_ptr<Stubs> stubs_;
};

}  // namespace sweepcheck
