// A real registry on loopback: Debian's docker-registry with deletion on, behind a pass-through.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformance/daemon/blob_bytes.hpp"
#include "conformance/daemon/registry_proxy.hpp"
#include "conformance/host/contained_path.hpp"
#include "conformance/host/process.hpp"
#include "model/store_state.hpp"

namespace sweepcheck {

struct RegistrySettings {
  std::filesystem::path program;
  std::filesystem::path folder;
  /// Where clients connect; the registry itself listens on the next port.
  std::uint16_t port = 0;
  bool descriptor_cache = false;
};

class RegistryServer {
 public:
  explicit RegistryServer(RegistrySettings settings);

  /// Starts over its storage. What is wrong, or nothing.
  std::optional<std::string> start();
  /// Refuses connections and ends.
  void stop();
  bool running() { return process_ && process_->running(); }
  /// Whether it ended without being asked to: how, or nothing.
  std::optional<std::string> death();
  /// The last lines of its log, for messages.
  std::string last_words() const;
  /// Forgets everything it stores. Without descriptor cache it may go on running.
  void clear();
  bool descriptor_cache() const { return settings_.descriptor_cache; }
  std::uint16_t port() const { return settings_.port; }
  RegistryProxy& registry_proxy() { return registry_proxy_; }

  /// Puts blobs into a repository's storage as if somebody had pushed them: `manifests` and
  /// `layers` are digests, and all have bytes. Why the repository's or the tag's name is none, or
  /// nothing.
  std::optional<std::string> seed(const std::string& repository,
                                  const std::vector<std::string>& manifests,
                                  const std::vector<std::string>& layers, const BlobBytes& bytes);
  std::optional<std::string> seed_tag(const std::string& repository, const std::string& tag,
                                      const std::string& digest);

  /// What an operator does to the storage by hand; false if there is no such thing.
  bool delete_tag(const std::string& repository, const std::string& tag);
  bool delete_repository(const std::string& repository);
  /// DELETE over the API: the answer's status, or nothing.
  std::optional<int> delete_manifest(const std::string& repository, const std::string& digest);
  /// `docker-registry garbage-collect [--delete-untagged]`: what is wrong, or nothing.
  std::optional<std::string> collect(bool delete_untagged);

  /// The digest behind a tag; empty if there is none.
  std::string find_tag(const std::string& repository, const std::string& tag) const;
  /// All that it stores, read from its storage.
  RegistryStore read() const;

 private:
  std::filesystem::path storage() const;
  PathOrReason repository_folder(const std::string& repository) const;
  PathOrReason tag_folder(const std::string& repository, const std::string& tag) const;
  std::filesystem::path configuration() const { return settings_.folder / "config.yml"; }

  RegistrySettings settings_;
  std::optional<ChildProcess> process_;
  bool meant_to_run_ = false;
  RegistryProxy registry_proxy_;
};

}  // namespace sweepcheck
