#include "conformance/daemon/disk.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

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

std::uintmax_t largest_ingest(const Daemon& daemon) {
  const fs::path ingests = daemon.root() / "io.containerd.content.v1.content/ingest";
  std::uintmax_t largest = 0;
  for (const std::string& name : entries_of(ingests)) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(ingests / name / "data", error);
    if (!error) largest = std::max(largest, size);
  }
  return largest;
}

fs::path metadata_database(const Daemon& daemon) {
  return daemon.root() / "io.containerd.metadata.v1.bolt/meta.db";
}

bool shift_ingest_expiry(const fs::path& database, Duration by) {
  // The value follows its key in a page: a version of 1, then the seconds since the year 1 and
  // nanoseconds, most significant byte first (time.MarshalBinary). The daemon has the file mapped.
  constexpr std::string_view kKey("expireat\x01", 9);
  constexpr std::size_t kSecondsSize = 8;
  std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) return false;
  file.clear();
  const auto seconds_by = static_cast<std::uint64_t>(by / kSecond);
  for (std::size_t at = bytes.find(kKey); at != std::string::npos; at = bytes.find(kKey, at + 1)) {
    const std::size_t begin = at + kKey.size();
    if (begin + kSecondsSize > bytes.size()) break;
    std::uint64_t seconds = 0;
    for (std::size_t i = 0; i < kSecondsSize; ++i) {
      seconds = seconds << 8 | static_cast<unsigned char>(bytes[begin + i]);
    }
    seconds -= seconds_by;
    std::string moved(kSecondsSize, '\0');
    for (std::size_t i = kSecondsSize; i-- > 0; seconds >>= 8) {
      moved[i] = static_cast<char>(seconds & 0xff);
    }
    file.seekp(static_cast<std::streamoff>(begin));
    file.write(moved.data(), kSecondsSize);
  }
  return static_cast<bool>(file.flush());
}

}  // namespace sweepcheck
