// Where a real client stands when the model's operation is about to take a step: before a call to
// the daemon, before a request to a registry, or with half of what it reads. One table says it.
#pragma once

#include <string>
#include <variant>

#include "conformance/daemon/registry_proxy.hpp"
#include "conformance/stops/api_proxy.hpp"
#include "model/catalog/catalog.hpp"

namespace sweepcheck {

/// The client has half of a blob that it reads from its input: of an archive's member with this
/// digest, or (empty) of all that it reads.
struct InputPoint {
  std::string digest;
};

/// A collection that the client waits for has swept, and cleans up next.
struct CleanUpPoint {};

/// Nothing: no real client can be stopped there.
using StopPoint = std::variant<std::monostate, CallPoint, HoldPoint, InputPoint, CleanUpPoint>;

/// Of a step as `--trace` prints it: "prepare snapshot chain:base". `writes`: the client itself has
/// the bytes that it writes, in its input or as a call's.
StopPoint stop_point(const std::string& step, bool writes, Catalog& names);

/// Where a call of Api::write_content() has written half.
CallPoint second_part();

}  // namespace sweepcheck
