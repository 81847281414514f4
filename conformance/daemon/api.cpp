#include "conformance/daemon/api.hpp"

#include <chrono>

#include "conformance/daemon/stubs.hpp"

namespace sweepcheck {
namespace {

using google::protobuf::Empty;

template <typename Map>
void copy_labels(const TextPairs& labels, Map* out) {
  for (const auto& [key, value] : labels) (*out)[key] = value;
}

// One path for each label, so that others stay.
template <typename Request>
void set_paths(const TextPairs& labels, Request& request) {
  for (const auto& [key, value] : labels) request.mutable_update_mask()->add_paths("labels." + key);
}

}  // namespace

Api::Stubs::Stubs(const std::shared_ptr<grpc::Channel>& channel)
    : image(images::Images::NewStub(channel)),
      content(content::Content::NewStub(channel)),
      snapshot(snapshots::Snapshots::NewStub(channel)),
      lease(leases::Leases::NewStub(channel)),
      container(containers::Containers::NewStub(channel)),
      space(spaces::Namespaces::NewStub(channel)),
      sandbox(sandboxes::Store::NewStub(channel)),
      task(tasks::Tasks::NewStub(channel)),
      version(version::Version::NewStub(channel)),
      cri_image(cri::ImageService::NewStub(channel)),
      cri_runtime(cri::RuntimeService::NewStub(channel)) {}

Call::Call(const CallContext& context, int seconds) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(seconds));
  if (!context.space.empty()) context_.AddMetadata("containerd-namespace", context.space);
  if (!context.lease.empty()) context_.AddMetadata("containerd-lease", context.lease);
}

CallStatus status_of(const grpc::Status& status) {
  return {static_cast<int>(status.error_code()), status.error_message()};
}

Api::Api(const std::string& socket) {
  grpc::ChannelArguments arguments;
  // Each connection of its own: one that saw its daemon die would back off before the next.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  stubs_ = std::make_unique<Stubs>(
      grpc::CreateCustomChannel("unix://" + socket, grpc::InsecureChannelCredentials(), arguments));
}

Api::~Api() = default;

bool Api::answers() {
  version::VersionResponse version;
  Call version_call({"default", ""}, 2);
  if (!stubs_->version->Version(&version_call, Empty(), &version).ok()) return false;
  cri::StatusResponse status;
  Call status_call({"", ""}, 2);
  return stubs_->cri_runtime->Status(&status_call, cri::StatusRequest(), &status).ok();
}

CallStatus Api::create_lease(const CallContext& context, const std::string& id,
                             const TextPairs& labels) {
  leases::CreateRequest request;
  request.set_id(id);
  copy_labels(labels, request.mutable_labels());
  leases::CreateResponse response;
  Call call(context);
  return status_of(stubs_->lease->Create(&call, request, &response));
}

CallStatus Api::delete_lease(const CallContext& context, const std::string& id, bool sync) {
  leases::DeleteRequest request;
  request.set_id(id);
  request.set_sync(sync);
  Empty response;
  Call call(context);
  return status_of(stubs_->lease->Delete(&call, request, &response));
}

CallStatus Api::add_resource(const CallContext& context, const std::string& lease,
                             const LeaseResource& resource) {
  leases::AddResourceRequest request;
  request.set_id(lease);
  request.mutable_resource()->set_id(resource.id);
  request.mutable_resource()->set_type(resource.type);
  Empty response;
  Call call(context);
  return status_of(stubs_->lease->AddResource(&call, request, &response));
}

CallStatus Api::remove_resource(const CallContext& context, const std::string& lease,
                                const LeaseResource& resource) {
  leases::DeleteResourceRequest request;
  request.set_id(lease);
  request.mutable_resource()->set_id(resource.id);
  request.mutable_resource()->set_type(resource.type);
  Empty response;
  Call call(context);
  return status_of(stubs_->lease->DeleteResource(&call, request, &response));
}

std::vector<LeaseResource> Api::resources(const CallContext& context, const std::string& lease) {
  leases::ListResourcesRequest request;
  request.set_id(lease);
  leases::ListResourcesResponse response;
  Call call(context);
  std::vector<LeaseResource> out;
  if (!stubs_->lease->ListResources(&call, request, &response).ok()) return out;
  for (const leases::Resource& resource : response.resources()) {
    out.push_back({resource.type(), resource.id()});
  }
  return out;
}

CallStatus Api::write_content(const CallContext& context, const std::string& ref,
                              const std::string& digest, const std::string& bytes,
                              const TextPairs& labels) {
  Call call(context);
  const auto stream = stubs_->content->Write(&call);
  content::WriteContentRequest request;
  request.set_action(content::STAT);
  request.set_ref(ref);
  request.set_total(static_cast<std::int64_t>(bytes.size()));
  request.set_expected(digest);
  content::WriteContentResponse response;
  bool goes_on = stream->Write(request) && stream->Read(&response);
  // In two parts, so that a writer can be stopped between them.
  for (const std::size_t end : {bytes.size() / 2, bytes.size()}) {
    const auto begin = static_cast<std::size_t>(response.offset());
    if (!goes_on || begin >= end) continue;
    request.set_action(content::WRITE);
    request.set_offset(response.offset());
    request.set_data(bytes.substr(begin, end - begin));
    goes_on = stream->Write(request) && stream->Read(&response);
  }
  if (goes_on) {
    request.set_action(content::COMMIT);
    request.set_offset(response.offset());
    request.clear_data();
    copy_labels(labels, request.mutable_labels());
    if (stream->Write(request)) stream->Read(&response);
  }
  stream->WritesDone();
  // The status comes after all that was sent.
  while (stream->Read(&response)) {
  }
  return status_of(stream->Finish());
}

CallStatus Api::label_content(const CallContext& context, const std::string& digest,
                              const TextPairs& labels) {
  content::UpdateRequest request;
  request.mutable_info()->set_digest(digest);
  copy_labels(labels, request.mutable_info()->mutable_labels());
  set_paths(labels, request);
  content::UpdateResponse response;
  Call call(context);
  return status_of(stubs_->content->Update(&call, request, &response));
}

CallStatus Api::prepare(const CallContext& context, const SnapshotRequest& wanted) {
  snapshots::PrepareSnapshotRequest request;
  request.set_snapshotter(wanted.snapshotter);
  request.set_key(wanted.key);
  request.set_parent(wanted.parent);
  copy_labels(wanted.labels, request.mutable_labels());
  snapshots::PrepareSnapshotResponse response;
  Call call(context);
  return status_of(stubs_->snapshot->Prepare(&call, request, &response));
}

CallStatus Api::view(const CallContext& context, const SnapshotRequest& wanted) {
  snapshots::ViewSnapshotRequest request;
  request.set_snapshotter(wanted.snapshotter);
  request.set_key(wanted.key);
  request.set_parent(wanted.parent);
  copy_labels(wanted.labels, request.mutable_labels());
  snapshots::ViewSnapshotResponse response;
  Call call(context);
  return status_of(stubs_->snapshot->View(&call, request, &response));
}

CallStatus Api::commit(const CallContext& context, const SnapshotRequest& wanted,
                       const std::string& name) {
  snapshots::CommitSnapshotRequest request;
  request.set_snapshotter(wanted.snapshotter);
  request.set_key(wanted.key);
  request.set_name(name);
  copy_labels(wanted.labels, request.mutable_labels());
  Empty response;
  Call call(context);
  return status_of(stubs_->snapshot->Commit(&call, request, &response));
}

CallStatus Api::label_snapshot(const CallContext& context, const SnapshotRequest& wanted) {
  snapshots::UpdateSnapshotRequest request;
  request.set_snapshotter(wanted.snapshotter);
  request.mutable_info()->set_name(wanted.key);
  copy_labels(wanted.labels, request.mutable_info()->mutable_labels());
  set_paths(wanted.labels, request);
  snapshots::UpdateSnapshotResponse response;
  Call call(context);
  return status_of(stubs_->snapshot->Update(&call, request, &response));
}

CallStatus Api::create_container(const CallContext& context, const ContainerRequest& wanted) {
  containers::CreateContainerRequest request;
  containers::Container& container = *request.mutable_container();
  container.set_id(wanted.id);
  container.set_image(wanted.image);
  container.set_snapshotter(wanted.snapshotter);
  container.set_snapshot_key(wanted.snapshot_key);
  container.mutable_runtime()->set_name("io.containerd.runc.v2");
  container.mutable_spec()->set_type_url("types.containerd.io/opencontainers/runtime-spec/1/Spec");
  container.mutable_spec()->set_value("{}");
  copy_labels(wanted.labels, container.mutable_labels());
  containers::CreateContainerResponse response;
  Call call(context);
  return status_of(stubs_->container->Create(&call, request, &response));
}

CallStatus Api::label_container(const CallContext& context, const std::string& id,
                                const TextPairs& labels) {
  containers::UpdateContainerRequest request;
  request.mutable_container()->set_id(id);
  copy_labels(labels, request.mutable_container()->mutable_labels());
  set_paths(labels, request);
  containers::UpdateContainerResponse response;
  Call call(context);
  return status_of(stubs_->container->Update(&call, request, &response));
}

CallStatus Api::create_image(const CallContext& context, const std::string& name,
                             const std::string& digest, const std::string& media_type,
                             std::int64_t size_bytes, const TextPairs& labels) {
  images::CreateImageRequest request;
  request.mutable_image()->set_name(name);
  request.mutable_image()->mutable_target()->set_digest(digest);
  request.mutable_image()->mutable_target()->set_media_type(media_type);
  request.mutable_image()->mutable_target()->set_size(size_bytes);
  copy_labels(labels, request.mutable_image()->mutable_labels());
  images::CreateImageResponse response;
  Call call(context);
  return status_of(stubs_->image->Create(&call, request, &response));
}

CallStatus Api::label_image(const CallContext& context, const std::string& name,
                            const TextPairs& labels) {
  images::UpdateImageRequest request;
  // Without a target, 1.7 and 2.1 panic.
  request.mutable_image()->mutable_target();
  request.mutable_image()->set_name(name);
  copy_labels(labels, request.mutable_image()->mutable_labels());
  set_paths(labels, request);
  images::UpdateImageResponse response;
  Call call(context);
  return status_of(stubs_->image->Update(&call, request, &response));
}

CallStatus Api::cri_pull(const std::string& reference) {
  cri::PullImageRequest request;
  request.mutable_image()->set_image(reference);
  cri::PullImageResponse response;
  Call call({"", ""}, 60);
  return status_of(stubs_->cri_image->PullImage(&call, request, &response));
}

CallStatus Api::cri_remove(const std::string& reference) {
  cri::RemoveImageRequest request;
  request.mutable_image()->set_image(reference);
  cri::RemoveImageResponse response;
  Call call({"", ""}, 60);
  return status_of(stubs_->cri_image->RemoveImage(&call, request, &response));
}

bool Api::cri_has(const std::string& reference) {
  cri::ImageStatusRequest request;
  request.mutable_image()->set_image(reference);
  cri::ImageStatusResponse response;
  Call call({"", ""});
  return stubs_->cri_image->ImageStatus(&call, request, &response).ok() && response.has_image();
}

CallStatus Api::collect(const std::string& scratch) {
  if (CallStatus created = create_lease({scratch, ""}, "collect", {}); !created) return created;
  return delete_lease({scratch, ""}, "collect", true);
}

}  // namespace sweepcheck
