// The storage of distribution 2.8's filesystem driver: blobs/sha256/<2>/<hex>/data, and below
// repositories/<name> links that hold a digest (registry/storage/paths.go).
#include "conformance/daemon/registry_server.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace sweepcheck {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kStartLimit{20'000};

void write_file(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

// Digests that are linked in a folder.
std::vector<std::string> links_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator entry(folder / "sha256", error), end; !error && entry != end;
       entry.increment(error)) {
    if (fs::exists(entry->path() / "link")) {
      out.push_back("sha256:" + entry->path().filename().string());
    }
  }
  return out;
}

}  // namespace

RegistryServer::RegistryServer(RegistrySettings settings)
    : settings_(std::move(settings)),
      registry_proxy_(settings_.port, static_cast<std::uint16_t>(settings_.port + 1)) {}

fs::path RegistryServer::storage() const { return settings_.folder / "storage/docker/registry/v2"; }

PathOrReason RegistryServer::repository_folder(const std::string& repository) const {
  return contained_path(storage() / "repositories", repository);
}

PathOrReason RegistryServer::tag_folder(const std::string& repository,
                                        const std::string& tag) const {
  const PathOrReason folder = repository_folder(repository);
  return folder.path ? contained_file(*folder.path / "_manifests/tags", tag) : folder;
}

std::optional<std::string> RegistryServer::start() {
  fs::create_directories(settings_.folder / "storage");
  std::ofstream(configuration()) << fmt::format(
      R"(version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {}}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
{}http: {{addr: "127.0.0.1:{}"}}
)",
      (settings_.folder / "storage").string(),
      settings_.descriptor_cache ? "  cache: {blobdescriptor: inmemory}\n" : "",
      settings_.port + 1);
  process_ = ChildProcess::start({settings_.program.string(), "serve", configuration().string()},
                                 settings_.folder / "log");
  if (!process_) return "can't run " + settings_.program.string();
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  const auto own_port = static_cast<std::uint16_t>(settings_.port + 1);
  while (!send_request(own_port, "GET", "/v2/")) {
    if (!process_->running() || std::chrono::steady_clock::now() > end) {
      return settings_.program.string() + " does not answer; its last words:\n" + last_words();
    }
    std::this_thread::sleep_for(Milliseconds(5));
  }
  if (!registry_proxy_.open()) {
    process_->kill();
    return fmt::format("port {} is in use", settings_.port);
  }
  meant_to_run_ = true;
  return std::nullopt;
}

void RegistryServer::stop() {
  meant_to_run_ = false;
  registry_proxy_.close();
  if (process_) process_->kill();
}

std::optional<std::string> RegistryServer::death() {
  const auto code = meant_to_run_ ? process_->wait(Milliseconds(0)) : std::nullopt;
  return code ? std::optional(ending_text(*code)) : std::nullopt;
}

std::string RegistryServer::last_words() const { return last_lines(settings_.folder / "log", 8); }

void RegistryServer::clear() {
  std::error_code ignored;
  fs::remove_all(settings_.folder / "storage/docker", ignored);
  registry_proxy_.take_log();
}

std::optional<std::string> RegistryServer::seed(const std::string& repository,
                                                const std::vector<std::string>& manifests,
                                                const std::vector<std::string>& layers,
                                                const BlobBytes& bytes) {
  const PathOrReason folder = repository_folder(repository);
  if (!folder.path) return folder.reason;
  const auto link = [&](const char* below, const std::string& digest) {
    const std::string hex = hex_of(digest);
    write_file(*folder.path / below / "sha256" / hex / "link", digest);
    const fs::path data = storage() / "blobs/sha256" / hex.substr(0, 2) / hex / "data";
    if (!fs::exists(data)) write_file(data, bytes.at(digest));
  };
  for (const std::string& digest : manifests) link("_manifests/revisions", digest);
  for (const std::string& digest : layers) link("_layers", digest);
  return std::nullopt;
}

std::optional<std::string> RegistryServer::seed_tag(const std::string& repository,
                                                    const std::string& tag,
                                                    const std::string& digest) {
  const PathOrReason folder = tag_folder(repository, tag);
  if (!folder.path) return folder.reason;
  write_file(*folder.path / "current/link", digest);
  write_file(*folder.path / "index/sha256" / hex_of(digest) / "link", digest);
  return std::nullopt;
}

bool RegistryServer::delete_tag(const std::string& repository, const std::string& tag) {
  const PathOrReason folder = tag_folder(repository, tag);
  std::error_code ignored;
  return folder.path && fs::remove_all(*folder.path, ignored) > 0;
}

bool RegistryServer::delete_repository(const std::string& repository) {
  const PathOrReason folder = repository_folder(repository);
  std::error_code ignored;
  return folder.path && fs::remove_all(*folder.path, ignored) > 0;
}

std::optional<int> RegistryServer::delete_manifest(const std::string& repository,
                                                   const std::string& digest) {
  return send_request(settings_.port, "DELETE", "/v2/" + repository + "/manifests/" + digest);
}

std::optional<std::string> RegistryServer::collect(bool delete_untagged) {
  std::vector<std::string> arguments{settings_.program.string(), "garbage-collect"};
  if (delete_untagged) arguments.emplace_back("--delete-untagged");
  arguments.push_back(configuration().string());
  const ProcessResult result = run_process(arguments, std::chrono::seconds(30));
  if (result.exit_code == 0) return std::nullopt;
  return "garbage-collect fails: " + result.err;
}

std::string RegistryServer::find_tag(const std::string& repository, const std::string& tag) const {
  const PathOrReason folder = tag_folder(repository, tag);
  return folder.path ? read_file(*folder.path / "current/link") : std::string();
}

RegistryStore RegistryServer::read() const {
  RegistryStore store;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(storage() / "blobs", error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().filename() != "data") continue;
    store.blobs.push_back("sha256:" + entry->path().parent_path().filename().string());
  }
  const fs::path root = storage() / "repositories";
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!entry->is_directory() || !name.starts_with("_")) continue;
    entry.disable_recursion_pending();
    const fs::path folder = entry->path().parent_path();
    RepositoryStore& repository = store.repositories[fs::relative(folder, root).string()];
    if (name == "_layers") repository.layers = links_in(entry->path());
    if (name != "_manifests") continue;
    repository.manifests = links_in(entry->path() / "revisions");
    for (fs::directory_iterator tag(entry->path() / "tags", error), last; !error && tag != last;
         tag.increment(error)) {
      const std::string link = read_file(tag->path() / "current/link");
      if (!link.empty()) repository.tags.emplace_back(tag->path().filename().string(), link);
    }
    error.clear();
  }
  sort_store(store);
  return store;
}

}  // namespace sweepcheck
