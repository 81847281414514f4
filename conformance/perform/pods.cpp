#include "conformance/perform/pods.hpp"

#include <algorithm>
#include <thread>

#include "conformance/host/process.hpp"
#include "conformance/perform/archive_files.hpp"
#include "conformance/perform/real_images.hpp"
#include "input/scenario/scenario.hpp"

namespace sweepcheck {
namespace {

constexpr Milliseconds kLimit{20'000};

constexpr const char* kPauseImage = R"({
  "about": "What a pod runs.",
  "images": {"sweepcheck-pause": {"layers": ["sweepcheck-pause"]}},
  "steps": [{"collect": true}]
})";

// "overlayfs/<key>" without the snapshotter.
std::string key_of(const StoreRecord& record) {
  return record.kind == "snapshot" ? record.name.substr(record.name.find('/') + 1) : record.name;
}

}  // namespace

void Pods::give_name(const std::string& id, const std::string& name) {
  names_[id] = name;
  ids_[name] = id;
}

std::string Pods::id_of(const std::string& name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? name : found->second;
}

std::string Pods::display(std::string text) const {
  for (const auto& [id, name] : names_) {
    for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at)) {
      text.replace(at, id.size(), name);
      at += name.size();
    }
  }
  return text;
}

std::optional<Pod> Pods::pod(const Daemon& daemon) const {
  const auto found = pods_.find(daemon.socket());
  return found == pods_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Pods::import_image(Daemon& daemon, Api& api) {
  const ScenarioResultOrDiagnostics read = parse_scenario(kPauseImage, "the pause image");
  const RealImages images = make_real(*read.scenario, 1);
  const auto& [name, image] = *images.images.begin();
  const std::string& reference = daemon.policy().cri.sandbox_image;
  const std::filesystem::path file = daemon.root().parent_path() / "pause.tar";
  ScenarioArchive archive;
  archive.images.emplace_back(reference, name);
  hidden_.insert(reference);
  hidden_.insert(write_archive(archive, images, file));
  for (const ImageBlob& blob : image.blobs) {
    hidden_.insert(blob.digest);
    hidden_.insert(blob.chain_ids.begin(), blob.chain_ids.end());
  }
  const ProcessResult result =
      run_process({daemon.containerd().ctr.string(), "--address", daemon.socket(), "--namespace",
                   "k8s.io", "images", "import", file.string()},
                  kLimit);
  if (result.exit_code != 0) return "the pause image can't be imported: " + result.err;
  // CRI hears of it by an event.
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!api.cri_has(reference)) {
    if (std::chrono::steady_clock::now() > end) return "CRI does not see the imported pause image";
    std::this_thread::sleep_for(Milliseconds(5));
  }
  return std::nullopt;
}

std::optional<std::string> Pods::run_beside(Daemon& daemon, Api& api) {
  if (auto fault = import_image(daemon, api)) return fault;
  Pod pod{"", "beside"};
  const CallStatus status = api.run_pod(pod.name, "", pod.id);
  if (!status) return "no pod can be run: " + status.message;
  hidden_.insert(pod.id);
  set_pod(daemon, pod);
  return std::nullopt;
}

void Pods::hide(NodeStore& store) const {
  if (hidden_.empty()) return;
  const auto is_hidden = [&](const StoreRecord& record) {
    if (hidden_.contains(key_of(record))) return true;
    return record.kind == "image" && hidden_.contains(record.fields.front().second);
  };
  for (const StoreRecord& record : store.records) {
    if (directories_lost_ || record.kind != "snapshot" || !is_hidden(record)) continue;
    // Directories have numbers for names, so any of its snapshotter will do.
    const std::string snapshotter = record.name.substr(0, record.name.find('/') + 1);
    const auto directory =
        std::find_if(store.snapshot_directories.begin(), store.snapshot_directories.end(),
                     [&](const StoreFile& file) { return file.name.starts_with(snapshotter); });
    if (directory != store.snapshot_directories.end()) store.snapshot_directories.erase(directory);
  }
  std::erase_if(store.records, is_hidden);
  std::erase_if(store.blob_files, [&](const std::string& file) { return hidden_.contains(file); });
}

}  // namespace sweepcheck
