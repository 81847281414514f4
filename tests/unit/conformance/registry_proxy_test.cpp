// Aim: who is held at a registry goes on or not, as it was said of it and of nobody else.
// Method: a registry that answers everything with 200, and clients that ask for one thing; those
// that read late are all in the middle of their answers at once.
#include "conformance/daemon/registry_proxy.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sweepcheck {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kPort = 29'417;
constexpr std::chrono::seconds kLimit{10};
// Half of it is more than the kernel keeps for a client that doesn't read.
constexpr std::size_t kLargeBody = std::size_t{16} << 20;

// Answers until its port is closed, one request a connection.
class Yes {
 public:
  explicit Yes(std::size_t body_bytes = 0)
      : body_bytes_(body_bytes), acceptor_(context_, {asio::ip::make_address_v4("127.0.0.1"), 0}) {
    thread_ = std::thread([this] {
      while (answer()) {
      }
    });
  }
  ~Yes() {
    ::shutdown(acceptor_.native_handle(), SHUT_RD);
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  bool answer() {
    boost::system::error_code error;
    asio::ip::tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    if (error) return false;
    std::string request;
    asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", error);
    const std::string response =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes_) + "\r\n\r\n" +
        std::string(body_bytes_, 'x');
    asio::write(socket, asio::buffer(response), error);
    return true;
  }

  const std::size_t body_bytes_;
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

// Asks at once, and reads nothing of the answer before it is told to.
class LateReader {
 public:
  LateReader() : socket_(context_) {
    socket_.open(asio::ip::tcp::v4());
    socket_.set_option(asio::socket_base::receive_buffer_size(4096));
    socket_.connect({asio::ip::make_address_v4("127.0.0.1"), kPort});
    const std::string request = "GET /held HTTP/1.1\r\nHost: registry\r\n\r\n";
    asio::write(socket_, asio::buffer(request));
  }

  /// How much there is of the body when it has come, or when the connection has ended.
  std::size_t read() {
    boost::system::error_code error;
    socket_.set_option(asio::socket_base::receive_buffer_size(1 << 20), error);
    std::string text;
    const std::size_t head =
        asio::read_until(socket_, asio::dynamic_buffer(text), "\r\n\r\n", error);
    asio::read(socket_, asio::dynamic_buffer(text),
               asio::transfer_exactly(head + kLargeBody - text.size()), error);
    return text.size() - head;
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_;
};

std::future<std::optional<int>> ask() {
  return std::async(std::launch::async, [] { return send_request(kPort, "GET", "/held"); });
}

TEST(RegistryProxy, AnotherOnTheSamePortIsRefused) {
  RegistryProxy first(kPort, kPort + 1);
  if (!first.open()) GTEST_SKIP() << "somebody else has the port";
  RegistryProxy second(kPort, kPort + 1);
  EXPECT_FALSE(second.open());
}

// A connection may get the place in memory that one had before the registry was stopped.
TEST(RegistryProxy, OnlyTheClientThatIsGoneIsDropped) {
  const Yes registry;
  RegistryProxy pass(kPort, registry.port());
  for (int round = 0; round < 8; ++round) {
    if (!pass.open()) GTEST_SKIP() << "somebody else has the port";
    const bool drops = round % 2 == 0;
    pass.hold({.method = "GET", .path_part = "/held", .in_body = false});
    auto status = ask();
    ASSERT_TRUE(pass.wait_until_held(kLimit));
    if (drops) {
      pass.drop();
    } else {
      pass.release();
    }
    EXPECT_EQ(status.get(), drops ? std::nullopt : std::optional(200)) << round;
    EXPECT_EQ(pass.take_log().size(), drops ? 0U : 1U) << round;
    pass.close();
  }
}

TEST(RegistryProxy, OfThoseThatComeTogetherOneIsHeldAndLetGo) {
  const Yes registry(kLargeBody);
  RegistryProxy pass(kPort, registry.port());
  if (!pass.open()) GTEST_SKIP() << "somebody else has the port";
  pass.hold({.method = "GET", .path_part = "/held", .in_body = true});
  std::array<LateReader, 3> clients;
  const auto end = std::chrono::steady_clock::now() + kLimit;
  std::size_t answered_count = 0;
  while (answered_count < clients.size() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    answered_count += pass.take_log().size();
  }
  ASSERT_EQ(answered_count, clients.size());

  std::vector<std::future<std::size_t>> bodies;
  for (LateReader& client : clients) {
    bodies.push_back(std::async(std::launch::async, [&client] { return client.read(); }));
  }
  EXPECT_TRUE(pass.wait_until_held(kLimit));
  EXPECT_EQ(pass.held_bytes(), kLargeBody / 2);
  const auto ready_count = [&](std::size_t wanted) {
    const auto limit = std::chrono::steady_clock::now() + kLimit;
    for (;;) {
      const auto count = static_cast<std::size_t>(
          std::count_if(bodies.begin(), bodies.end(), [](const std::future<std::size_t>& body) {
            return body.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
          }));
      if (count >= wanted || std::chrono::steady_clock::now() > limit) return count;
    }
  };
  EXPECT_EQ(ready_count(2), 2U);
  pass.release();
  EXPECT_EQ(ready_count(3), 3U);
  for (auto& body : bodies) EXPECT_EQ(body.get(), kLargeBody);
  pass.close();
}

}  // namespace
}  // namespace sweepcheck
