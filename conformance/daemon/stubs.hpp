// Private to the API's files: the generated stubs, which are slow to compile.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "conformance/daemon/api.hpp"
#include "containers.grpc.pb.h"
#include "content.grpc.pb.h"
#include "cri.grpc.pb.h"
#include "images.grpc.pb.h"
#include "leases.grpc.pb.h"
#include "namespaces.grpc.pb.h"
#include "sandboxes.grpc.pb.h"
#include "snapshots.grpc.pb.h"
#include "tasks.grpc.pb.h"
#include "version.grpc.pb.h"

namespace sweepcheck {

namespace images = containerd::services::images::v1;
namespace content = containerd::services::content::v1;
namespace snapshots = containerd::services::snapshots::v1;
namespace leases = containerd::services::leases::v1;
namespace containers = containerd::services::containers::v1;
namespace spaces = containerd::services::namespaces::v1;
namespace sandboxes = containerd::services::sandbox::v1;
namespace tasks = containerd::services::tasks::v1;
namespace version = containerd::services::version::v1;
namespace cri = runtime::v1;

struct Api::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel);

  std::unique_ptr<images::Images::Stub> image;
  std::unique_ptr<content::Content::Stub> content;
  std::unique_ptr<snapshots::Snapshots::Stub> snapshot;
  std::unique_ptr<leases::Leases::Stub> lease;
  std::unique_ptr<containers::Containers::Stub> container;
  std::unique_ptr<spaces::Namespaces::Stub> space;
  std::unique_ptr<sandboxes::Store::Stub> sandbox;
  std::unique_ptr<tasks::Tasks::Stub> task;
  std::unique_ptr<version::Version::Stub> version;
  std::unique_ptr<cri::ImageService::Stub> cri_image;
  std::unique_ptr<cri::RuntimeService::Stub> cri_runtime;
};

/// One call's context, with the headers that containerd reads and a deadline.
class Call {
 public:
  explicit Call(const CallContext& context, int seconds = 30);
  grpc::ClientContext* operator&() { return &context_; }

 private:
  grpc::ClientContext context_;
};

CallStatus status_of(const grpc::Status& status);

}  // namespace sweepcheck
