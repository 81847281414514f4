#include "conformance/daemon/registry_proxy.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace sweepcheck {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using Error = boost::system::error_code;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::chrono::seconds kPortLimit{2};

Tcp::endpoint loopback(std::uint16_t port) {
  return {asio::ip::make_address_v4("127.0.0.1"), port};
}

// One request over a connection of its own.
std::optional<Response> ask(asio::io_context& context, std::uint16_t port, const Request& request) {
  Error error;
  Tcp::socket socket(context);
  socket.connect(loopback(port), error);
  if (error) return std::nullopt;
  http::write(socket, request, error);
  if (error) return std::nullopt;
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.skip(request.method() == http::verb::head);
  http::read(socket, buffer, parser, error);
  if (error) return std::nullopt;
  return parser.release();
}

}  // namespace

struct RegistryProxy::Server {
  Server(std::uint16_t own, std::uint16_t other)
      : port(own), upstream_port(other), acceptor(context) {}

  struct Connection {
    std::shared_ptr<Tcp::socket> socket;
    std::thread thread;
  };
  /// A client that is held, or will be as soon as it has its half: as long as its thread is there.
  struct Held {
    const Tcp::socket* socket;
    bool is_let_go = false;
    bool is_dropped = false;
  };

  void accept_all();
  void serve(const std::shared_ptr<Tcp::socket>& socket);
  bool answer(Tcp::socket& socket, const Request& request);
  bool write_held(Tcp::socket& socket, const Response& response, const Held& own);
  bool claim_hold(const Request& request, bool in_body, Held& own);
  bool wait_while_held(const Held& own, std::size_t sent_bytes);
  void end_hold(bool drops);
  void end_lingering();

  const std::uint16_t port;
  const std::uint16_t upstream_port;
  asio::io_context context;
  Tcp::acceptor acceptor;
  std::thread listener;

  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::list<Connection> connections;
  /// Held when the port was closed: its client notices when it is let go.
  std::list<Connection> lingering;
  std::vector<SeenRequest> log;
  std::optional<HoldPoint> hold_point;
  /// Only the first that comes there is held.
  Held* held = nullptr;
  bool was_held = false;
  std::size_t held_bytes = 0;
};

void RegistryProxy::Server::accept_all() {
  for (;;) {
    auto socket = std::make_shared<Tcp::socket>(context);
    Error error;
    acceptor.accept(*socket, error);
    const std::lock_guard lock(mutex);
    if (error || !open) return;
    connections.push_back({socket, std::thread([this, socket] { serve(socket); })});
  }
}

void RegistryProxy::Server::serve(const std::shared_ptr<Tcp::socket>& socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    Error error;
    // Uploads may ask first whether they may send.
    http::read_header(*socket, buffer, parser, error);
    if (!error && parser.get()[http::field::expect] == "100-continue") {
      asio::write(*socket, asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), error);
    }
    if (!error) http::read(*socket, buffer, parser, error);
    if (error || !answer(*socket, parser.get())) break;
  }
  Error ignored;
  socket->shutdown(Tcp::socket::shutdown_both, ignored);
}

// Asked and claimed at once: two that come there together must not both be held, since only one
// would be let go.
bool RegistryProxy::Server::claim_hold(const Request& request, bool in_body, Held& own) {
  const std::string path(request.target());
  const std::lock_guard lock(mutex);
  const bool claims =
      hold_point && !held && hold_point->in_body == in_body &&
      request.method_string() == hold_point->method &&
      path.substr(0, path.find('?')).find(hold_point->path_part) != std::string::npos;
  if (claims) held = &own;
  return claims;
}

// False: nobody waits for the answer any more.
bool RegistryProxy::Server::wait_while_held(const Held& own, std::size_t sent_bytes) {
  std::unique_lock lock(mutex);
  if (!own.is_let_go) {
    held_bytes = sent_bytes;
    was_held = true;
    changed.notify_all();
  }
  changed.wait(lock, [&] { return own.is_let_go; });
  return open && !own.is_dropped;
}

// Under the mutex: who is held goes on, or is dropped.
void RegistryProxy::Server::end_hold(bool drops) {
  if (held) {
    held->is_let_go = true;
    held->is_dropped = drops;
  }
  held = nullptr;
  changed.notify_all();
}

// Whoever is held when all is over is let go.
void RegistryProxy::Server::end_lingering() {
  std::list<Connection> ending;
  {
    const std::lock_guard lock(mutex);
    end_hold(false);
    ending = std::move(lingering);
    lingering.clear();
  }
  for (Connection& connection : ending) connection.thread.join();
}

bool RegistryProxy::Server::answer(Tcp::socket& socket, const Request& request) {
  Held own{&socket};
  if (claim_hold(request, false, own) && !wait_while_held(own, 0)) return false;
  std::optional<Response> response = ask(context, upstream_port, request);
  if (!response) return false;
  const std::string path(request.target());
  {
    const std::lock_guard lock(mutex);
    log.push_back(
        {std::string(request.method_string()), path, static_cast<int>(response->result_int())});
  }
  Error error;
  Held in_body{&socket};
  if (claim_hold(request, true, in_body)) return write_held(socket, *response, in_body);
  if (request.method() == http::verb::head) {
    http::response_serializer<http::string_body> serializer(*response);
    http::write_header(socket, serializer, error);
  } else {
    http::write(socket, *response, error);
  }
  return !error && request.keep_alive();
}

bool RegistryProxy::Server::write_held(Tcp::socket& socket, const Response& response,
                                       const Held& own) {
  http::response_serializer<http::string_body> serializer(response);
  Error error;
  http::write_header(socket, serializer, error);
  const std::string& body = response.body();
  const std::size_t half = body.size() / 2;
  asio::write(socket, asio::buffer(body.data(), half), error);
  if (!wait_while_held(own, half)) return false;
  if (!error) asio::write(socket, asio::buffer(body.data() + half, body.size() - half), error);
  return !error;
}

RegistryProxy::RegistryProxy(std::uint16_t port, std::uint16_t upstream_port)
    : server_(std::make_unique<Server>(port, upstream_port)) {}

RegistryProxy::~RegistryProxy() {
  close();
  server_->end_lingering();
}

bool RegistryProxy::open() {
  const auto try_once = [&] {
    Error error;
    server_->acceptor = Tcp::acceptor(server_->context);
    server_->acceptor.open(Tcp::v4(), error);
    if (!error) server_->acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) server_->acceptor.bind(loopback(server_->port), error);
    if (!error) server_->acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
  };
  // A program that another thread is just starting has our sockets until it closes them.
  const auto end = std::chrono::steady_clock::now() + kPortLimit;
  Error error = try_once();
  while (error == asio::error::address_in_use && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(Milliseconds(5));
    error = try_once();
  }
  if (error) return false;
  server_->open = true;
  server_->listener = std::thread([this] { server_->accept_all(); });
  return true;
}

void RegistryProxy::close() {
  {
    const std::lock_guard lock(server_->mutex);
    if (!server_->open) return;
    server_->open = false;
    Error ignored;
    for (auto it = server_->connections.begin(); it != server_->connections.end();) {
      const auto next = std::next(it);
      if (server_->held && it->socket.get() == server_->held->socket) {
        server_->lingering.splice(server_->lingering.end(), server_->connections, it);
      } else {
        it->socket->shutdown(Tcp::socket::shutdown_both, ignored);
      }
      it = next;
    }
  }
  // A blocked accept is only woken by a connection.
  Error ignored;
  {
    Tcp::socket waker(server_->context);
    waker.connect(loopback(server_->port), ignored);
  }
  server_->listener.join();
  server_->acceptor.close(ignored);
  for (Server::Connection& connection : server_->connections) connection.thread.join();
  server_->connections.clear();
}

std::vector<SeenRequest> RegistryProxy::take_log() {
  const std::lock_guard lock(server_->mutex);
  return std::exchange(server_->log, {});
}

void RegistryProxy::hold(HoldPoint point) {
  const std::lock_guard lock(server_->mutex);
  server_->hold_point = std::move(point);
  server_->was_held = false;
  server_->held_bytes = 0;
  server_->end_hold(false);
}

bool RegistryProxy::wait_until_held(Milliseconds limit) {
  std::unique_lock lock(server_->mutex);
  return server_->changed.wait_for(lock, limit, [&] { return server_->was_held; });
}

std::size_t RegistryProxy::held_bytes() const {
  const std::lock_guard lock(server_->mutex);
  return server_->held_bytes;
}

void RegistryProxy::release() {
  const std::lock_guard lock(server_->mutex);
  server_->hold_point.reset();
  server_->end_hold(false);
}

void RegistryProxy::drop() {
  const std::lock_guard lock(server_->mutex);
  server_->hold_point.reset();
  server_->end_hold(true);
}

std::optional<int> send_request(std::uint16_t port, const std::string& method,
                                const std::string& path) {
  asio::io_context context;
  Request request;
  request.method(http::string_to_verb(method));
  request.target(path);
  request.version(11);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port));
  request.prepare_payload();
  const std::optional<Response> response = ask(context, port, request);
  if (!response) return std::nullopt;
  return static_cast<int>(response->result_int());
}

}  // namespace sweepcheck
