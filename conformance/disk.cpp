#include "conformance/disk.hpp"

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> entries_of(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    out.push_back(entry->path().filename().string());
  }
  return out;
}

}  // namespace

void read_disk(const Daemon& daemon, NodeStore& store) {
  const fs::path content = daemon.root() / "io.containerd.content.v1.content";
  for (const std::string& hex : entries_of(content / "blobs/sha256")) {
    store.blob_files.push_back("sha256:" + hex);
  }
  for (const std::string& name : entries_of(content / "ingest")) {
    store.ingest_files.push_back({"", name, 0});
  }
  for (const char* snapshotter : {"overlayfs", "native"}) {
    const fs::path folder =
        daemon.root() / ("io.containerd.snapshotter.v1." + std::string(snapshotter)) / "snapshots";
    for (const std::string& number : entries_of(folder)) {
      store.snapshot_directories.push_back({"", std::string(snapshotter) + "/" + number, 0});
    }
  }
  sort_store(store);
}

}  // namespace sweepcheck
