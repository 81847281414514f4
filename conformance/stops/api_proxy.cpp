#include "conformance/stops/api_proxy.hpp"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace sweepcheck {
namespace {

using grpc::ByteBuffer;

std::string bytes_of(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  for (const grpc::Slice& slice : slices) {
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return out;
}

// Headers that gRPC writes by itself.
bool is_own_header(std::string_view key) {
  return key.starts_with(":") || key.starts_with("grpc-") || key == "user-agent" ||
         key == "content-type" || key == "te";
}

}  // namespace

bool is_at(const CallPoint& point, std::string_view method, std::string_view first_message,
           std::string_view message) {
  return method == point.method && message.starts_with(point.begins) &&
         (point.begins_not.empty() || !message.starts_with(point.begins_not)) &&
         std::all_of(point.texts.begin(), point.texts.end(), [&](const std::string& text) {
           return first_message.find(text) != std::string_view::npos;
         });
}

namespace {

class Relay;

// What all calls share: the point, and who is held there.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<CallPoint> point;
  std::shared_ptr<Relay> held;
  bool was_held = false;

  /// True: the caller is held until its proceed() is called.
  bool stops(const std::shared_ptr<Relay>& relay, std::string_view method, std::string_view first,
             std::string_view message) {
    const std::lock_guard lock(mutex);
    if (!point || held || !is_at(*point, method, first, message)) return false;
    if (point->passes-- > 0) return false;
    point.reset();
    held = relay;
    was_held = true;
    changed.notify_all();
    return true;
  }

  void forget(const Relay* relay) {
    const std::lock_guard lock(mutex);
    if (held.get() == relay) held.reset();
  }
};

// One call, as two streams of messages that are not looked into; to the daemon it begins with its
// first message. It lives until the client's side is done, which comes last.
class Relay final : public grpc::ServerGenericBidiReactor {
 public:
  Relay(Gate& gate, grpc::GenericStub& stub, grpc::GenericCallbackServerContext& context)
      : gate_(gate), stub_(stub), from_client_(context), to_daemon_(*this) {}

  void start(std::shared_ptr<Relay> self) {
    self_ = std::move(self);
    StartRead(&request_);
  }

  /// What was held goes on.
  void proceed() {
    const std::lock_guard lock(mutex_);
    pass_on();
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      const std::string message = bytes_of(request_);
      if (!began_) first_message_ = message;
      began_ = true;
      if (gate_.stops(self_, from_client_.method(), first_message_, message)) return;
    }
    const std::lock_guard lock(mutex_);
    if (ok) {
      pass_on();
    } else if (is_calling_ && !writes_over_) {
      to_daemon_.StartWritesDone();
      end_writes();
    } else if (!is_calling_) {
      finish(grpc::Status::CANCELLED);
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      to_daemon_.StartRead(&answer_);
    } else {
      const std::lock_guard lock(mutex_);
      context_.TryCancel();
      end_writes();
      to_daemon_.RemoveHold();
    }
  }

  void OnCancel() override {
    gate_.forget(this);
    const std::lock_guard lock(mutex_);
    if (!is_calling_) {
      finish(grpc::Status::CANCELLED);
    } else {
      context_.TryCancel();
      end_writes();
    }
  }

  void OnDone() override { const std::shared_ptr<Relay> last = std::move(self_); }

 private:
  // The daemon's side. Two holds keep it: one for each direction, since its operations begin where
  // the client's end.
  struct Daemon final : grpc::ClientBidiReactor<ByteBuffer, ByteBuffer> {
    explicit Daemon(Relay& relay) : relay_(relay) {}

    void OnWriteDone(bool ok) override {
      const std::lock_guard lock(relay_.mutex_);
      if (!ok) {
        relay_.end_writes();
      } else if (!relay_.writes_over_) {
        relay_.StartRead(&relay_.request_);
      }
    }

    void OnReadDone(bool ok) override {
      if (ok) {
        relay_.StartWrite(&relay_.answer_);
        return;
      }
      const std::lock_guard lock(relay_.mutex_);
      relay_.end_writes();
      RemoveHold();
    }

    void OnDone(const grpc::Status& status) override {
      for (const auto& [key, value] : relay_.context_.GetServerTrailingMetadata()) {
        const std::string name(key.data(), key.size());
        if (!is_own_header(name)) {
          relay_.from_client_.AddTrailingMetadata(name, {value.data(), value.size()});
        }
      }
      // Once it is finished, the client's side may be done at any moment.
      const std::shared_ptr<Relay> alive = relay_.self_;
      const std::lock_guard lock(relay_.mutex_);
      relay_.finish(status);
    }

    Relay& relay_;
  };

  void pass_on() {
    if (is_finished_ || writes_over_) return;
    if (!is_calling_) {
      is_calling_ = true;
      for (const auto& [key, value] : from_client_.client_metadata()) {
        const std::string name(key.data(), key.size());
        if (!is_own_header(name)) context_.AddMetadata(name, {value.data(), value.size()});
      }
      context_.set_deadline(from_client_.deadline());
      stub_.PrepareBidiStreamingCall(&context_, from_client_.method(), {}, &to_daemon_);
      to_daemon_.AddMultipleHolds(2);
      to_daemon_.StartRead(&answer_);
      to_daemon_.StartCall();
    }
    to_daemon_.StartWrite(&request_);
  }

  void end_writes() {
    if (!is_calling_ || std::exchange(writes_over_, true)) return;
    to_daemon_.RemoveHold();
  }

  void finish(const grpc::Status& status) {
    if (!std::exchange(is_finished_, true)) Finish(status);
  }

  Gate& gate_;
  grpc::GenericStub& stub_;
  grpc::GenericCallbackServerContext& from_client_;
  grpc::ClientContext context_;
  Daemon to_daemon_;
  ByteBuffer request_;
  ByteBuffer answer_;
  std::string first_message_;
  bool began_ = false;
  std::shared_ptr<Relay> self_;

  std::mutex mutex_;
  bool is_calling_ = false;
  bool writes_over_ = false;
  bool is_finished_ = false;
};

// gRPC 1.51 has one queue for all callbacks, which it ends with its last user; every now and then
// it frees it twice then. A server that nobody calls, and that never ends, is a user for good.
void keep_callback_queue() {
  static grpc::CallbackGenericService* const kService = new grpc::CallbackGenericService;
  [[maybe_unused]] static grpc::Server* const kUser = [] {
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(kService);
    return builder.BuildAndStart().release();
  }();
}

}  // namespace

struct ApiProxy::Traffic final : grpc::CallbackGenericService {
  Traffic(const std::string& own_socket, const std::string& daemon_socket) {
    keep_callback_queue();
    grpc::ChannelArguments arguments;
    // After a restart of the daemon there is no time to back off.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    arguments.SetMaxReceiveMessageSize(-1);
    stub = std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        "unix://" + daemon_socket, grpc::InsecureChannelCredentials(), arguments));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix://" + own_socket, grpc::InsecureServerCredentials());
    builder.SetMaxReceiveMessageSize(-1);
    builder.RegisterCallbackGenericService(this);
    server = builder.BuildAndStart();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    auto relay = std::make_shared<Relay>(gate, *stub, *context);
    relay->start(relay);
    return relay.get();
  }

  Gate gate;
  std::unique_ptr<grpc::GenericStub> stub;
  std::unique_ptr<grpc::Server> server;
};

ApiProxy::ApiProxy(const std::string& own_socket, const std::string& daemon_socket)
    : own_socket_(own_socket), traffic_(std::make_unique<Traffic>(own_socket, daemon_socket)) {}

ApiProxy::~ApiProxy() {
  if (!traffic_->server) return;
  // Calls that are held or under way are cancelled.
  traffic_->server->Shutdown(std::chrono::system_clock::now());
  traffic_->server->Wait();
}

bool ApiProxy::is_open() const { return traffic_->server != nullptr; }

void ApiProxy::hold(CallPoint point) { let_go(std::move(point)); }

void ApiProxy::release() { let_go(std::nullopt); }

void ApiProxy::let_go(std::optional<CallPoint> next) {
  Gate& gate = traffic_->gate;
  std::shared_ptr<Relay> relay;
  {
    const std::lock_guard lock(gate.mutex);
    relay = std::exchange(gate.held, nullptr);
    gate.point = std::move(next);
    gate.was_held = false;
  }
  if (relay) relay->proceed();
}

bool ApiProxy::wait_until_held(Milliseconds limit) {
  Gate& gate = traffic_->gate;
  std::unique_lock lock(gate.mutex);
  return gate.changed.wait_for(lock, limit, [&] { return gate.was_held; });
}

}  // namespace sweepcheck
