// Pods and their containers, by CRI; and sandbox records.
#include "conformance/daemon/stubs.hpp"

namespace sweepcheck {
namespace {

constexpr int kLimitSeconds = 60;

// Nobody asks it: CRI would copy the machine's resolv.conf, which may not be there.
constexpr const char* kNameServer = "127.0.0.1";

cri::PodSandboxConfig pod_config(const std::string& name) {
  cri::PodSandboxConfig config;
  config.mutable_metadata()->set_name(name);
  config.mutable_metadata()->set_uid(name);
  config.mutable_metadata()->set_namespace_("default");
  config.mutable_dns_config()->add_servers(kNameServer);
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_network(
      cri::NODE);
  return config;
}

// What CRI does with a container that is there already takes its id and answers nothing.
template <typename Response, typename Request>
CallStatus call_on_container(cri::RuntimeService::Stub& service,
                             grpc::Status (cri::RuntimeService::Stub::*method)(grpc::ClientContext*,
                                                                               const Request&,
                                                                               Response*),
                             const std::string& id) {
  Request request;
  request.set_container_id(id);
  Response response;
  Call call({"", ""}, kLimitSeconds);
  return status_of((service.*method)(&call, request, &response));
}

}  // namespace

CallStatus Api::run_pod(const std::string& name, const std::string& runtime, std::string& id) {
  cri::RunPodSandboxRequest request;
  request.set_runtime_handler(runtime);
  *request.mutable_config() = pod_config(name);
  cri::RunPodSandboxResponse response;
  Call call({"", ""}, kLimitSeconds);
  const CallStatus status =
      status_of(stubs_->cri_runtime->RunPodSandbox(&call, request, &response));
  id = response.pod_sandbox_id();
  return status;
}

CallStatus Api::remove_pod(const std::string& id) {
  cri::StopPodSandboxRequest stop;
  stop.set_pod_sandbox_id(id);
  cri::StopPodSandboxResponse stopped;
  Call stop_call({"", ""}, kLimitSeconds);
  const CallStatus status =
      status_of(stubs_->cri_runtime->StopPodSandbox(&stop_call, stop, &stopped));
  if (!status) return status;
  cri::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  cri::RemovePodSandboxResponse response;
  Call call({"", ""}, kLimitSeconds);
  return status_of(stubs_->cri_runtime->RemovePodSandbox(&call, request, &response));
}

CallStatus Api::create_in_pod(const PodContainer& container, std::string& id) {
  cri::CreateContainerRequest request;
  request.set_pod_sandbox_id(container.pod_id);
  *request.mutable_sandbox_config() = pod_config(container.pod);
  cri::ContainerConfig& config = *request.mutable_config();
  config.mutable_metadata()->set_name(container.name);
  config.mutable_image()->set_image(container.image);
  for (const auto& [key, value] : container.labels) (*config.mutable_labels())[key] = value;
  config.mutable_linux()->mutable_security_context()->mutable_namespace_options()->set_network(
      cri::NODE);
  cri::CreateContainerResponse response;
  Call call({"", ""}, kLimitSeconds);
  const CallStatus status =
      status_of(stubs_->cri_runtime->CreateContainer(&call, request, &response));
  id = response.container_id();
  return status;
}

CallStatus Api::start_in_pod(const std::string& id) {
  return call_on_container<cri::StartContainerResponse>(
      *stubs_->cri_runtime, &cri::RuntimeService::Stub::StartContainer, id);
}

CallStatus Api::stop_in_pod(const std::string& id) {
  // Without any time to end by itself: our program takes no signal.
  return call_on_container<cri::StopContainerResponse>(
      *stubs_->cri_runtime, &cri::RuntimeService::Stub::StopContainer, id);
}

CallStatus Api::remove_in_pod(const std::string& id) {
  return call_on_container<cri::RemoveContainerResponse>(
      *stubs_->cri_runtime, &cri::RuntimeService::Stub::RemoveContainer, id);
}

CallStatus Api::create_sandbox(const CallContext& context, const std::string& id,
                               const TextPairs& labels) {
  sandboxes::StoreCreateRequest request;
  request.mutable_sandbox()->set_sandbox_id(id);
  request.mutable_sandbox()->mutable_runtime()->set_name("io.containerd.runc.v2");
  for (const auto& [key, value] : labels)
    (*request.mutable_sandbox()->mutable_labels())[key] = value;
  sandboxes::StoreCreateResponse response;
  Call call(context);
  return status_of(stubs_->sandbox->Create(&call, request, &response));
}

CallStatus Api::delete_sandbox(const CallContext& context, const std::string& id) {
  sandboxes::StoreDeleteRequest request;
  request.set_sandbox_id(id);
  sandboxes::StoreDeleteResponse response;
  Call call(context);
  return status_of(stubs_->sandbox->Delete(&call, request, &response));
}

}  // namespace sweepcheck
