// Aim: what passes the gate is unchanged, what is held is never heard of, and a client that is gone
// takes its call along. Method: containerd's API of our own cut, served by a fake on a socket, with
// the client that conformance uses.
#include "conformance/stops/api_proxy.hpp"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "conformance/daemon/api.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/layer_bytes.hpp"
#include "conformance/stops/fed_fifo.hpp"
#include "conformance/stops/stop_points.hpp"
#include "content.grpc.pb.h"
#include "leases.grpc.pb.h"
#include "model/catalog/catalog.hpp"

namespace sweepcheck {
namespace {

namespace content = containerd::services::content::v1;
namespace leases = containerd::services::leases::v1;

constexpr const char* kCreateLease = "/containerd.services.leases.v1.Leases/Create";
constexpr const char* kWrite = "/containerd.services.content.v1.Content/Write";
constexpr Milliseconds kLimit{5'000};

class FakeLeases final : public leases::Leases::Service {
 public:
  grpc::Status Create(grpc::ServerContext* context, const leases::CreateRequest* request,
                      leases::CreateResponse*) override {
    const auto header = context->client_metadata().find("containerd-namespace");
    if (header != context->client_metadata().end()) {
      space = std::string(header->second.data(), header->second.size());
    }
    ++count;
    if (request->id() != "taken") return grpc::Status::OK;
    return {grpc::StatusCode::ALREADY_EXISTS, "lease \"taken\": already exists"};
  }

  std::atomic<int> count = 0;
  std::string space;
};

class FakeContent final : public content::Content::Service {
 public:
  grpc::Status Write(grpc::ServerContext*,
                     grpc::ServerReaderWriter<content::WriteContentResponse,
                                              content::WriteContentRequest>* stream) override {
    for (content::WriteContentRequest request; stream->Read(&request);) {
      bytes += request.data();
      if (request.action() == content::COMMIT) ++commit_count;
      content::WriteContentResponse response;
      response.set_offset(static_cast<std::int64_t>(bytes.size()));
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  std::string bytes;
  std::atomic<int> commit_count = 0;
};

class ApiGateTest : public ::testing::Test {
 protected:
  ApiGateTest() : folder_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directories(folder_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix://" + daemon_socket(), grpc::InsecureServerCredentials());
    builder.RegisterService(&leases_);
    builder.RegisterService(&content_);
    server_ = builder.BuildAndStart();
    gate_ = std::make_unique<ApiProxy>((folder_ / "gate").string(), daemon_socket());
    api_ = std::make_unique<Api>(gate_->socket());
  }
  ~ApiGateTest() override {
    gate_.reset();
    server_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  static std::string unique_name() { return "gate-test-" + std::to_string(::getpid()); }
  std::string daemon_socket() const { return (folder_ / "daemon").string(); }
  CallStatus create(const std::string& id) { return api_->create_lease({"space", ""}, id, {}); }
  CallStatus write(const std::string& bytes) {
    return api_->write_content({"space", ""}, "ref", "sha256:12", bytes, {});
  }

  std::filesystem::path folder_;
  FakeLeases leases_;
  FakeContent content_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<ApiProxy> gate_;
  std::unique_ptr<Api> api_;
};

TEST_F(ApiGateTest, CallsPassWithTheirHeadersAndTheirFailures) {
  ASSERT_TRUE(gate_->is_open());
  EXPECT_EQ(create("one").code, 0);
  EXPECT_EQ(leases_.space, "space");
  const CallStatus failed = create("taken");
  EXPECT_EQ(failed.code, static_cast<int>(grpc::StatusCode::ALREADY_EXISTS));
  EXPECT_EQ(failed.message, "lease \"taken\": already exists");
  // A service that the daemon does not have.
  EXPECT_EQ(api_->delete_sandbox({"space", ""}, "x").code,
            static_cast<int>(grpc::StatusCode::UNIMPLEMENTED));
}

TEST_F(ApiGateTest, StreamsPassInBothDirections) {
  const std::string bytes(3 << 20, 'x');
  EXPECT_EQ(write(bytes).code, 0);
  EXPECT_EQ(content_.bytes, bytes);
  EXPECT_EQ(content_.commit_count, 1);
}

TEST_F(ApiGateTest, WhatIsHeldIsNotHeardOfUntilItGoesOn) {
  gate_->hold({.method = kCreateLease, .texts = {"second"}});
  EXPECT_EQ(create("first").code, 0);
  auto second = std::async(std::launch::async, [&] { return create("second"); });
  ASSERT_TRUE(gate_->wait_until_held(kLimit));
  EXPECT_EQ(leases_.count, 1);
  // Only the first that fits is held.
  EXPECT_EQ(create("second").code, 0);
  EXPECT_EQ(leases_.count, 2);
  gate_->release();
  EXPECT_EQ(second.get().code, 0);
  EXPECT_EQ(leases_.count, 3);
}

TEST_F(ApiGateTest, AClientThatIsGoneIsNeverHeardOf) {
  gate_->hold({.method = kCreateLease});
  auto call = std::async(std::launch::async, [&] { return create("lost"); });
  ASSERT_TRUE(gate_->wait_until_held(kLimit));
  gate_.reset();
  EXPECT_NE(call.get().code, 0);
  EXPECT_EQ(leases_.count, 0);
}

TEST_F(ApiGateTest, AStreamIsHeldInItsMiddle) {
  gate_->hold(second_part());
  auto call = std::async(std::launch::async, [&] { return write("abcdef"); });
  ASSERT_TRUE(gate_->wait_until_held(kLimit));
  EXPECT_EQ(content_.bytes, "abc");
  // From one point to the next.
  gate_->hold({.method = kWrite, .texts = {"ref"}, .begins = "\x08\x02"});
  ASSERT_TRUE(gate_->wait_until_held(kLimit));
  EXPECT_EQ(content_.bytes, "abcdef");
  EXPECT_EQ(content_.commit_count, 0);
  gate_->release();
  EXPECT_EQ(call.get().code, 0);
  EXPECT_EQ(content_.commit_count, 1);
}

TEST_F(ApiGateTest, ADaemonThatDiesFailsWhatIsHeld) {
  gate_->hold({.method = kCreateLease});
  auto call = std::async(std::launch::async, [&] { return create("late"); });
  ASSERT_TRUE(gate_->wait_until_held(kLimit));
  server_->Shutdown();
  gate_->release();
  EXPECT_EQ(call.get().code, static_cast<int>(grpc::StatusCode::UNAVAILABLE));
}

TEST(StopPoints, StepsOfTheModelAreCallsOrRequests) {
  Catalog names;
  const std::string digest = "sha256:" + std::string(64, 'a');
  names.set_alias(names.intern(digest), "layer:a1");
  const auto call = [&](const std::string& step) {
    return std::get<CallPoint>(stop_point(step, false, names));
  };
  EXPECT_EQ(call("prepare snapshot layer:a1").texts, std::vector{" " + digest});
  EXPECT_EQ(call("prepare snapshot work").texts, std::vector{std::string("work")});
  EXPECT_EQ(call("commit snapshot extract-1 layer:a1").texts, std::vector{" " + digest});
  EXPECT_EQ(call("open member layer:a1").begins_not, "\x08");
  EXPECT_EQ(call("commit member layer:a1").texts, std::vector{std::string(64, 'a')});
  EXPECT_EQ(call("delete lease lease-1").method, "/containerd.services.leases.v1.Leases/Delete");
  EXPECT_EQ(call("label uncompressed layer:a1").texts,
            (std::vector{digest, std::string("containerd.io/uncompressed")}));
  const auto request = [&](const std::string& step) {
    return std::get<HoldPoint>(stop_point(step, false, names));
  };
  EXPECT_TRUE(request("write content layer:a1").in_body);
  EXPECT_FALSE(request("get content layer:a1").in_body);
  EXPECT_EQ(request("put manifest layer:a1").path_part, "/manifests/");
  EXPECT_EQ(request("resolve host/app:1").path_part, "/manifests/1");
  EXPECT_EQ(request("resolve host:5000/app@layer:a1").path_part, "/manifests/" + digest);
  EXPECT_TRUE(
      std::holds_alternative<InputPoint>(stop_point("write content layer:a1", true, names)));
  EXPECT_EQ(std::get<InputPoint>(stop_point("write member layer:a1", false, names)).digest, digest);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(stop_point("walk image x", false, names)));
}

TEST(FedFifo, TheReaderGetsHalfThenAll) {
  const auto folder = std::filesystem::temp_directory_path();
  FedFifo fed(folder / ("fed-test-" + std::to_string(::getpid())), "abcdef", 3);
  std::promise<void> opened;
  auto reader = std::async(std::launch::async, [&] {
    std::ifstream in(fed.path(), std::ios::binary);
    opened.set_value();
    return std::string(std::istreambuf_iterator<char>(in), {});
  });
  opened.get_future().wait();
  fed.begin();
  EXPECT_TRUE(fed.wait_until_read(kLimit));
  fed.finish();
  EXPECT_EQ(reader.get(), "abcdef");
  std::filesystem::remove(fed.path());
}

TEST(Archives, TheMiddleOfAMemberIsFound) {
  const std::string hex(64, 'b');
  const std::string tar = tar_of({{"oci-layout", "{}"}, {"blobs/sha256/" + hex, "0123456789"}});
  const Part half = first_half_of_member(tar, "sha256:" + hex);
  EXPECT_EQ(tar.substr(half.begin, half.end - half.begin), "01234");
  EXPECT_EQ(first_half_of_member(tar, "sha256:" + std::string(64, 'c')).end, 0U);
}

}  // namespace
}  // namespace sweepcheck
