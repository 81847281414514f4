// Reading a whole daemon over its API into the form that the model's state has, too.
#include <set>

#include "conformance/daemon/stubs.hpp"

namespace sweepcheck {
namespace {

template <typename Map>
TextPairs pairs_of(const Map& labels) {
  TextPairs out;
  for (const auto& [key, value] : labels) out.emplace_back(key, value);
  return out;
}

// "content sha256:...", "snapshot <key>" as the model's dump names a lease's resources.
std::string resource_text(const LeaseResource& resource) {
  if (resource.type.starts_with("snapshots/")) return "snapshot " + resource.id;
  if (resource.type == "ingests") return "ingest " + resource.id;
  if (resource.type == "images") return "image " + resource.id;
  return resource.type + " " + resource.id;
}

constexpr const char* kSnapshotters[] = {"overlayfs", "native"};

}  // namespace

// Reads one namespace, kind by kind.
class Api::Reader {
 public:
  Reader(Api& api, std::string space, NodeStore& store)
      : api_(api), stubs_(*api.stubs_), context_{std::move(space), ""}, store_(store) {}

  grpc::Status read(const TextPairs& labels) {
    add("namespace", "", labels);
    for (const auto part : {&Reader::read_images, &Reader::read_content, &Reader::read_ingests,
                            &Reader::read_snapshots, &Reader::read_leases, &Reader::read_containers,
                            &Reader::read_sandboxes}) {
      if (const grpc::Status status = (this->*part)(); !status.ok()) return status;
    }
    return grpc::Status::OK;
  }

 private:
  StoreRecord& add(std::string kind, std::string name, TextPairs labels) {
    StoreRecord record;
    record.space = context_.space;
    record.kind = std::move(kind);
    record.name = std::move(name);
    record.labels = std::move(labels);
    store_.records.push_back(std::move(record));
    return store_.records.back();
  }

  grpc::Status read_images() {
    images::ListImagesResponse list;
    Call call(context_);
    const grpc::Status status = stubs_.image->List(&call, images::ListImagesRequest(), &list);
    for (const images::Image& image : list.images()) {
      add("image", image.name(), pairs_of(image.labels()))
          .fields.emplace_back("target", image.target().digest());
    }
    return status;
  }

  grpc::Status read_content() {
    Call call(context_);
    const auto parts = stubs_.content->List(&call, content::ListContentRequest());
    for (content::ListContentResponse part; parts->Read(&part);) {
      for (const content::Info& info : part.info()) {
        add("content", info.digest(), pairs_of(info.labels())).size_bytes = info.size();
      }
    }
    return parts->Finish();
  }

  grpc::Status read_ingests() {
    content::ListStatusesResponse list;
    Call call(context_);
    const grpc::Status status =
        stubs_.content->ListStatuses(&call, content::ListStatusesRequest(), &list);
    for (const content::Status& ingest : list.statuses()) {
      StoreRecord& record = add("ingest", ingest.ref(), {});
      if (!ingest.expected().empty()) record.fields.emplace_back("expected", ingest.expected());
    }
    return status;
  }

  grpc::Status read_snapshots() {
    for (const char* snapshotter : kSnapshotters) {
      snapshots::ListSnapshotsRequest request;
      request.set_snapshotter(snapshotter);
      Call call(context_);
      const auto parts = stubs_.snapshot->List(&call, request);
      for (snapshots::ListSnapshotsResponse part; parts->Read(&part);) {
        for (const snapshots::Info& info : part.info()) add_snapshot(snapshotter, info);
      }
      if (const grpc::Status status = parts->Finish(); !status.ok()) return status;
    }
    return grpc::Status::OK;
  }

  void add_snapshot(const std::string& snapshotter, const snapshots::Info& info) {
    StoreRecord& record = add("snapshot", snapshotter + "/" + info.name(), pairs_of(info.labels()));
    if (!info.parent().empty()) record.fields.emplace_back("parent", info.parent());
    if (info.kind() == snapshots::ACTIVE) record.fields.emplace_back("kind", "active");
    if (info.kind() == snapshots::VIEW) record.fields.emplace_back("kind", "view");
  }

  grpc::Status read_leases() {
    leases::ListResponse list;
    Call call(context_);
    const grpc::Status status = stubs_.lease->List(&call, leases::ListRequest(), &list);
    for (const leases::Lease& lease : list.leases()) {
      StoreRecord& record = add("lease", lease.id(), pairs_of(lease.labels()));
      for (const LeaseResource& resource : api_.resources(context_, lease.id())) {
        record.resources.push_back(resource_text(resource));
      }
    }
    return status;
  }

  grpc::Status read_running(std::set<std::string>& running) {
    tasks::ListTasksResponse list;
    Call call(context_);
    const grpc::Status status = stubs_.task->List(&call, tasks::ListTasksRequest(), &list);
    for (const tasks::Process& task : list.tasks()) {
      if (task.status() == tasks::RUNNING) running.insert(task.id());
    }
    return status;
  }

  grpc::Status read_containers() {
    containers::ListContainersResponse list;
    Call call(context_);
    const grpc::Status status =
        stubs_.container->List(&call, containers::ListContainersRequest(), &list);
    if (!status.ok()) return status;
    std::set<std::string> running;
    if (const grpc::Status read = read_running(running); !read.ok()) return read;
    for (const containers::Container& container : list.containers()) {
      StoreRecord& record = add("container", container.id(), pairs_of(container.labels()));
      record.running = running.contains(container.id());
      if (!container.image().empty()) record.fields.emplace_back("image", container.image());
      if (!container.snapshot_key().empty()) {
        record.fields.emplace_back("snapshot",
                                   container.snapshotter() + "/" + container.snapshot_key());
      }
    }
    return status;
  }

  grpc::Status read_sandboxes() {
    sandboxes::StoreListResponse list;
    Call call(context_);
    const grpc::Status status = stubs_.sandbox->List(&call, sandboxes::StoreListRequest(), &list);
    // 1.6 has no such service.
    if (status.error_code() == grpc::UNIMPLEMENTED) return grpc::Status::OK;
    for (const containerd::types::Sandbox& sandbox : list.list()) {
      add("sandbox", sandbox.sandbox_id(), pairs_of(sandbox.labels()));
    }
    return status;
  }

  Api& api_;
  Stubs& stubs_;
  CallContext context_;
  NodeStore& store_;
};

CallStatus Api::read_records(const std::string& hidden, NodeStore& store) {
  spaces::ListNamespacesResponse known;
  Call call({"default", ""});
  grpc::Status status = stubs_->space->List(&call, spaces::ListNamespacesRequest(), &known);
  for (const spaces::Namespace& space : known.namespaces()) {
    if (!status.ok() || space.name() == hidden) continue;
    status = Reader(*this, space.name(), store).read(pairs_of(space.labels()));
  }
  sort_store(store);
  return status_of(status);
}

}  // namespace sweepcheck
