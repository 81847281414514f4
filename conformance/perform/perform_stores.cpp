// Verbs of content, snapshots, leases, containers and namespaces: by ctr where ctr can, else over
// the API; and what happens behind the daemon's back.
#include <fmt/format.h>

#include <fstream>

#include "conformance/daemon/disk.hpp"
#include "conformance/perform/performer.hpp"
#include "input/digest.hpp"

namespace sweepcheck {
namespace {

using Words = std::vector<std::string>;

PathOrReason blob_file(Daemon& daemon, const std::string& digest) {
  return contained_file(daemon.root() / "io.containerd.content.v1.content/blobs/sha256",
                        digest.substr(digest.find(':') + 1));
}

// "content", "snapshots/overlayfs", ...
std::string resource_type(const std::string& kind, const std::string& snapshotter) {
  if (kind.empty() || kind == "content") return "content";
  return kind == "snapshot" ? "snapshots/" + snapshotter : kind + "s";
}

void add_labels(Words& words, const TextPairs& labels) {
  for (const auto& [key, value] : labels) words.push_back(key + "=" + value);
}

// Elsewhere than on leases and images an expiry means nothing, but is compared.
CallStatus set_labels(Api& api, const StoreRecord& record, const TextPairs& labels) {
  const CallContext context{record.space, ""};
  if (record.kind == "image") return api.label_image(context, record.name, labels);
  if (record.kind == "content") return api.label_content(context, record.name, labels);
  if (record.kind == "container") return api.label_container(context, record.name, labels);
  if (record.kind == "snapshot") {
    const std::size_t slash = record.name.find('/');
    return api.label_snapshot(
        context, {record.name.substr(0, slash), record.name.substr(slash + 1), "", labels});
  }
  if (record.kind != "lease") return {12, "the expiry of a " + record.kind + " can't be moved"};
  // Leases can't be updated, only made anew.
  const std::vector<LeaseResource> resources = api.resources(context, record.name);
  CallStatus status = api.delete_lease(context, record.name, false);
  if (status) status = api.create_lease(context, record.name, labels);
  for (const LeaseResource& resource : resources) {
    if (status) status = api.add_resource(context, record.name, resource);
  }
  return status;
}

// ctr makes snapshots without labels.
std::function<CallStatus(Api&)> labelling(const CallContext& context,
                                          const SnapshotRequest& request) {
  if (request.labels.empty()) return {};
  return [=](Api& api) { return api.label_snapshot(context, request); };
}

}  // namespace

// The bytes of a known blob, or of one that is made up, with its digest.
std::pair<std::string, std::string> Performer::bytes_for(const Arguments& arguments) {
  const std::string name = arguments.subject();
  if (name.starts_with("sha256:")) {
    const auto known = rig_.images().bytes.find(name);
    return {name, known == rig_.images().bytes.end() ? std::string() : known->second};
  }
  const std::string bytes = made_up_bytes(name, arguments.number("size"));
  const std::string digest = sha256_digest(bytes);
  rig_.names().set_alias(rig_.names().intern(digest), "blob:" + name);
  return {digest, bytes};
}

Outcome Performer::ingest(const ScenarioStep& step, const Arguments& arguments) {
  const auto made = bytes_for(arguments);
  const std::string digest = made.first;
  const std::string bytes = made.second;
  const TextPairs labels = rig_.real_labels(arguments.labels());
  const CallContext context = context_of(step, arguments);
  const std::string ref = "ingest-" + arguments.subject();
  if (step.by == Client::kLibrary) {
    const auto call = [=](Api& api) {
      return api.write_content(context, ref, digest, bytes, labels);
    };
    if (!stop_.empty()) return start(step, {.call = call});
    const CallStatus status = call(rig_.api(step.node));
    // To a writer, content that is there is content that was written (content.WriteBlob).
    constexpr int kAlreadyExists = 6;
    return status.code == kAlreadyExists ? Outcome{} : outcome_of(status);
  }
  const auto file = rig_.daemon(step.node).root().parent_path() / "bytes";
  // An ingest that is stopped goes on with the file that it has.
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
  std::function<CallStatus(Api&)> label;
  if (!labels.empty()) label = [=](Api& api) { return api.label_content(context, digest, labels); };
  return run_ctr(step,
                 {"content", "ingest", "--expected-digest=" + digest,
                  "--expected-size=" + std::to_string(bytes.size()), kNamesFollow, ref},
                 file, std::move(label));
}

Outcome Performer::label_content(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"content", "label", kNamesFollow, arguments.subject()};
  add_labels(words, rig_.real_labels(arguments.labels()));
  return run_ctr(step, words);
}

Outcome Performer::remove_content(const ScenarioStep& step, const Arguments& arguments) {
  return run_ctr(step, {"content", "rm", kNamesFollow, arguments.subject()});
}

Outcome Performer::prune_references(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"content", "prune", "references"};
  if (arguments.flag("dry_run")) words.emplace_back("--dry");
  if (arguments.flag("async")) words.emplace_back("--async");
  return run_ctr(step, words);
}

Outcome Performer::remove_file(const ScenarioStep& step, const Arguments& arguments) {
  const PathOrReason file = blob_file(rig_.daemon(step.node), arguments.subject());
  if (!file.path) return {.fault = file.reason};
  std::error_code error;
  const bool removed = std::filesystem::remove(*file.path, error);
  if (error) {
    return {.fault = fmt::format("can't remove {}: {}", file.path->string(), error.message())};
  }
  if (!removed) {
    const std::string none = "blob " + arguments.subject() + " has no file";
    return {.failed = true, .error = rig_.display(none)};
  }
  return {};
}

Outcome Performer::remove_directories(const ScenarioStep& step, const Arguments& arguments) {
  const PathOrReason plugin = contained_file(rig_.daemon(step.node).root(),
                                             "io.containerd.snapshotter.v1." + arguments.subject());
  if (!plugin.path) return {.fault = plugin.reason};
  const PathOrReason inside = contained_file(*plugin.path, "snapshots");
  if (!inside.path) return {.fault = inside.reason};
  const std::filesystem::path& folder = *inside.path;
  std::error_code error;
  std::uintmax_t removed = 0;
  if (std::filesystem::exists(folder)) {
    std::filesystem::directory_iterator directory(folder, error);
    while (!error && directory != std::filesystem::directory_iterator()) {
      removed += std::filesystem::remove_all(directory->path(), error);
      if (!error) directory.increment(error);
    }
  }
  if (error) {
    return {.fault =
                fmt::format("can't remove what is in {}: {}", folder.string(), error.message())};
  }
  if (removed == 0) {
    const std::string none = "snapshotter " + arguments.subject() + " has no directories";
    return {.failed = true, .error = none};
  }
  rig_.pods().directories_are_lost();
  return {};
}

Outcome Performer::add_file(const ScenarioStep& step, const Arguments& arguments) {
  const auto [digest, bytes] = bytes_for(arguments);
  const PathOrReason file = blob_file(rig_.daemon(step.node), digest);
  if (!file.path) return {.fault = file.reason};
  std::filesystem::create_directories(file.path->parent_path());
  std::ofstream(*file.path, std::ios::binary) << bytes;
  return {};
}

SnapshotRequest Performer::snapshot_request(const Arguments& arguments) {
  return {snapshotter_of(arguments), arguments.subject(), arguments.text("parent"),
          rig_.real_labels(arguments.labels())};
}

Outcome Performer::prepare_snapshot(const ScenarioStep& step, const Arguments& arguments) {
  const SnapshotRequest request = snapshot_request(arguments);
  Api& api = rig_.api(step.node);
  const CallContext context = context_of(step, arguments);
  if (step.by == Client::kLibrary) return outcome_of(api.prepare(context, request));
  Words words{"snapshots", "--snapshotter=" + request.snapshotter, "prepare", kNamesFollow,
              request.key};
  if (!request.parent.empty()) words.push_back(request.parent);
  return run_ctr(step, words, "/dev/null", labelling(context, request));
}

Outcome Performer::view_snapshot(const ScenarioStep& step, const Arguments& arguments) {
  const SnapshotRequest request = snapshot_request(arguments);
  Api& api = rig_.api(step.node);
  const CallContext context = context_of(step, arguments);
  if (step.by == Client::kLibrary) return outcome_of(api.view(context, request));
  Words words{"snapshots", "--snapshotter=" + request.snapshotter, "view", kNamesFollow,
              request.key};
  if (!request.parent.empty()) words.push_back(request.parent);
  return run_ctr(step, words, "/dev/null", labelling(context, request));
}

Outcome Performer::commit_snapshot(const ScenarioStep& step, const Arguments& arguments) {
  SnapshotRequest request = snapshot_request(arguments);
  Api& api = rig_.api(step.node);
  const CallContext context = context_of(step, arguments);
  const std::string name = arguments.text("to");
  if (step.by == Client::kLibrary) return outcome_of(api.commit(context, request, name));
  const Words words{"snapshots", "--snapshotter=" + request.snapshotter,
                    "commit",    kNamesFollow,
                    name,        request.key};
  request.key = name;
  return run_ctr(step, words, "/dev/null", labelling(context, request));
}

Outcome Performer::remove_snapshot(const ScenarioStep& step, const Arguments& arguments) {
  return run_ctr(step, {"snapshots", "--snapshotter=" + snapshotter_of(arguments), "rm",
                        kNamesFollow, arguments.subject()});
}

Outcome Performer::label_snapshot(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"snapshots", "--snapshotter=" + snapshotter_of(arguments), "label", kNamesFollow,
              arguments.subject()};
  add_labels(words, rig_.real_labels(arguments.labels()));
  return run_ctr(step, words);
}

Outcome Performer::create_lease(const ScenarioStep& step, const Arguments& arguments) {
  TextPairs labels = rig_.real_labels(arguments.labels());
  if (arguments.flag("flat")) labels.emplace_back(kGcFlat, "true");
  const Duration expires = arguments.number("expires");
  if (step.by == Client::kLibrary) {
    if (expires > 0) {
      labels.emplace_back(kGcExpire, format_rfc3339(rig_.real_now() + expires));
    }
    return outcome_of(
        rig_.api(step.node).create_lease(context_of(step, arguments), arguments.subject(), labels));
  }
  Words words{"leases", "create", "--id=" + arguments.subject()};
  // A lease that names its expiry by a label is not to get ctr's own.
  for (const auto& [key, value] : labels) {
    if (key == kGcExpire) words.emplace_back("--expires=0");
  }
  if (expires > 0) words.push_back("--expires=" + format_duration(expires));
  words.emplace_back(kNamesFollow);
  add_labels(words, labels);
  return run_ctr(step, words);
}

Outcome Performer::delete_lease(const ScenarioStep& step, const Arguments& arguments) {
  const std::string id = rig_.real_lease(step, arguments.subject());
  Words words{"leases", "delete"};
  if (arguments.flag("sync")) words.emplace_back("--sync");
  words.insert(words.end(), {kNamesFollow, id});
  return run_ctr(step, words);
}

Outcome Performer::add_resource(const ScenarioStep& step, const Arguments& arguments) {
  const LeaseResource resource{resource_type(arguments.text("kind"), snapshotter_of(arguments)),
                               arguments.text("resource")};
  const std::string lease = rig_.names().resolve(arguments.subject());
  return outcome_of(rig_.api(step.node).add_resource({namespace_of(step), ""}, lease, resource));
}

Outcome Performer::remove_resource(const ScenarioStep& step, const Arguments& arguments) {
  const LeaseResource resource{resource_type(arguments.text("kind"), snapshotter_of(arguments)),
                               arguments.text("resource")};
  const std::string lease = rig_.names().resolve(arguments.subject());
  return outcome_of(rig_.api(step.node).remove_resource({namespace_of(step), ""}, lease, resource));
}

Outcome Performer::label_container(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"containers", "label", kNamesFollow, rig_.pods().id_of(arguments.subject())};
  add_labels(words, rig_.real_labels(arguments.labels()));
  return run_ctr(step, words);
}

Outcome Performer::label_namespace(const ScenarioStep& step, const Arguments& arguments) {
  Words words{"namespaces", "label", kNamesFollow, arguments.subject()};
  add_labels(words, arguments.labels());
  return run_ctr(step, words);
}

Outcome Performer::delete_namespace(const ScenarioStep& step, const Arguments& arguments) {
  return run_ctr(step, {"namespaces", "rm", kNamesFollow, arguments.subject()});
}

// The daemon's clock can't be moved, so what it compares with its clock is; unless the daemon
// itself waits for something.
Outcome Performer::advance(const ScenarioStep& step) {
  if (rig_.real_time()) {
    if (rig_.lead_clock().advance(step.duration)) return {};
    return {.obstacle = "its collector runs by itself, and it waits for more than 15 s"};
  }
  for (const std::string& node : rig_.node_names()) {
    Api& api = rig_.api(node);
    NodeStore store;
    if (CallStatus status = api.read_records(kScratchNamespace, store); !status) {
      return {.fault = status.message};
    }
    const std::filesystem::path database = metadata_database(rig_.daemon(node));
    if (!shift_ingest_expiry(database, step.duration)) {
      return {.fault = "can't change the expiry of ingests in " + database.string()};
    }
    for (const StoreRecord& record : store.records) {
      if (auto fault = shift_expiry(api, record, step.duration)) return {.fault = *fault};
    }
  }
  rig_.advance_clock(step.duration);
  return {};
}

std::optional<std::string> Performer::shift_expiry(Api& api, const StoreRecord& record,
                                                   Duration by) {
  TextPairs labels = record.labels;
  bool changed = false;
  for (auto& [key, value] : labels) {
    const auto expiry = parse_rfc3339(value);
    if (key != kGcExpire || !expiry) continue;
    value = format_rfc3339(*expiry - by);
    changed = true;
  }
  if (!changed) return std::nullopt;
  const CallStatus status = set_labels(api, record, labels);
  return status ? std::nullopt : std::optional(status.message);
}

}  // namespace sweepcheck
