// The form in which a model's state and a daemon's are compared: one line for each thing that is
// there, without what can't agree (random ids, times to the second).
//
//   default content layer:base size 10247
//   default content layer:base label containerd.io/uncompressed=diff:base
//   default lease (temporary) label containerd.io/gc.expire=2026-01-02T00:00
//   disk blob layer:base
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/daemon/lease_names.hpp"
#include "conformance/daemon/registry_proxy.hpp"
#include "model/registry.hpp"
#include "model/store_state.hpp"
#include "model/time.hpp"

namespace sweepcheck {

/// Lines in order.
using StateLines = std::vector<std::string>;

/// What differs, in the order of the lines: those that only one side has.
struct StateDifference {
  StateLines only_model;
  StateLines only_daemon;

  bool empty() const { return only_model.empty() && only_daemon.empty(); }
};

StateLines node_lines(const NodeStore& store);
StateLines registry_lines(const RegistryStore& store);
/// "GET /v2/lib/app/blobs/layer:base 200", sorted; upload sessions without their ids.
StateLines request_lines(const std::vector<HttpRequest>& log);
StateLines request_lines(const std::vector<SeenRequest>& log,
                         const std::function<std::string(const std::string&)>& display);

StateDifference compare(const StateLines& model, const StateLines& daemon);

/// What a daemon reported, with digests by their aliases and times simulated.
void translate(NodeStore& store, const std::function<std::string(const std::string&)>& display,
               Duration clock_offset);
void translate(RegistryStore& store, const std::function<std::string(const std::string&)>& display);

/// Gives blobs that only the daemon knows (a manifest that an import generated) the names of those
/// that only the model knows, where labels and references say which is which.
void match_unknown(const NodeStore& model, NodeStore& daemon);

/// Takes away what no daemon lists: the record of an ingest whose bytes are gone, since its commit
/// failed after it had moved them.
void hide_unlisted(NodeStore& model);

}  // namespace sweepcheck
