// Between containerd and a registry: passes requests on, records them, and can hold one back, or a
// blob's bytes in the middle, which makes "killed in the middle of layer 2" exact and repeatable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/host/process.hpp"

namespace sweepcheck {

/// One request that was answered: "GET", "/v2/lib/app/blobs/sha256:...", 200.
struct SeenRequest {
  std::string method;
  std::string path;
  int status = 0;
};

/// Where a client is stopped: at the first request of this method whose path has `path_part` in it
/// (its query does not count).
struct HoldPoint {
  std::string method = "GET";
  std::string path_part;
  /// Half way through the answer's body; false: before the registry hears of the request.
  bool in_body = true;
};

class RegistryProxy {
 public:
  /// Listens on a loopback port and passes everything on to another.
  RegistryProxy(std::uint16_t port, std::uint16_t upstream_port);
  ~RegistryProxy();
  RegistryProxy(const RegistryProxy&) = delete;
  RegistryProxy& operator=(const RegistryProxy&) = delete;

  /// Starts to listen; false if the port is taken.
  bool open();
  /// Refuses connections, and drops those that are there; one that is held when it is let go.
  void close();

  /// Requests in the order of their answers, since the last call.
  std::vector<SeenRequest> take_log();

  /// From now on a request stops there; what was held before goes on.
  void hold(HoldPoint point);
  /// True as soon as one is held; false after `limit`.
  bool wait_until_held(Milliseconds limit);
  /// How much of its body the client that is held has been sent.
  std::size_t held_bytes() const;
  /// Lets what is held go on, and holds no more.
  void release();
  /// The client that was held is gone: its request goes no further.
  void drop();

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

/// One request to a loopback port, for what an operator does by hand; the status, or nothing.
std::optional<int> send_request(std::uint16_t port, const std::string& method,
                                const std::string& path);

}  // namespace sweepcheck
