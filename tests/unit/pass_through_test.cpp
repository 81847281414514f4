// Aim: who is held at a registry goes on or not, as it was said of it and of nobody else.
// Method: a registry that answers everything with 200, and clients that ask for one thing.
#include "conformance/pass_through.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <optional>
#include <thread>

namespace sweepcheck {
namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kPort = 29'417;
constexpr std::chrono::seconds kLimit{10};

// Answers until its port is closed, one request a connection.
class Yes {
 public:
  Yes() : acceptor_(context_, {asio::ip::make_address_v4("127.0.0.1"), 0}) {
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
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    asio::write(socket, asio::buffer(response), error);
    return true;
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

std::future<std::optional<int>> ask() {
  return std::async(std::launch::async, [] { return send_request(kPort, "GET", "/held"); });
}

TEST(PassThrough, AnotherOnTheSamePortIsRefused) {
  PassThrough first(kPort, kPort + 1);
  if (!first.open()) GTEST_SKIP() << "somebody else has the port";
  PassThrough second(kPort, kPort + 1);
  EXPECT_FALSE(second.open());
}

// A connection may get the place in memory that one had before the registry was stopped.
TEST(PassThrough, OnlyTheClientThatIsGoneIsDropped) {
  const Yes registry;
  PassThrough pass(kPort, registry.port());
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

}  // namespace
}  // namespace sweepcheck
