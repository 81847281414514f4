// Between a client and containerd's socket: passes gRPC calls on without knowing their messages,
// and can hold one message back. So a client is stopped, and killed, exactly before a call of its
// own: what is held is never heard of by the daemon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/host/process.hpp"

namespace sweepcheck {

/// Which message is held: the first one that fits.
struct CallPoint {
  /// "/containerd.services.images.v1.Images/Create"
  std::string method;
  /// Texts that occur in the call's first message: what the call is about.
  std::vector<std::string> texts = {};
  /// What the message begins with, in a call of several messages; and what it must not begin with.
  std::string begins = {};
  std::string begins_not = {};
  /// So many messages that fit go by first.
  int passes = 0;
};

/// True if a message of a call is what the point means.
bool is_at(const CallPoint& point, std::string_view method, std::string_view first_message,
           std::string_view message);

class ApiProxy {
 public:
  /// Listens on a socket of its own and passes everything on to the daemon's.
  ApiProxy(const std::string& own_socket, const std::string& daemon_socket);
  ~ApiProxy();
  ApiProxy(const ApiProxy&) = delete;
  ApiProxy& operator=(const ApiProxy&) = delete;

  /// False if nothing could listen there.
  bool is_open() const;
  const std::string& socket() const { return own_socket_; }

  /// From now on the first message that fits is held, and others go by; so does what was held.
  void hold(CallPoint point);
  /// True as soon as one is held; false after `limit`.
  bool wait_until_held(Milliseconds limit);
  /// Lets what is held go on, and holds no more.
  void release();

 private:
  struct Traffic;
  void let_go(std::optional<CallPoint> next);

  std::string own_socket_;
  std::unique_ptr<Traffic> traffic_;
};

}  // namespace sweepcheck
