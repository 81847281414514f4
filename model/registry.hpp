// A registry's storage, as Docker's distribution 2.8 keeps it: blobs by digest, and per repository
// links to layers, manifest revisions and tags. What a registry answers follows from a State over
// the same catalog as a node's; every request can be recorded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"

namespace sweepcheck {

/// One request that a registry saw: "HEAD", "/v2/lib/app/manifests/1", 200.
struct HttpRequest {
  std::string_view method;
  std::string path;
  int status = 0;

  bool operator==(const HttpRequest&) const = default;
};

struct Registry {
  StringId host = kNone<StringId>;
  State state;
  bool available = true;
  /// `storage.cache.blobdescriptor: inmemory`: a HEAD may be answered from memory
  /// (distribution#4569).
  bool descriptor_cache = false;
  /// Blobs that the cache would answer for, as indices of kRegistryBlob objects.
  Bits cached;
  /// What it was asked, oldest first, with digests by their aliases. Not part of its state.
  std::vector<HttpRequest> log;
  bool records = true;

  bool operator==(const Registry& other) const {
    return host == other.host && state == other.state && available == other.available &&
           cached == other.cached;
  }
};

/// What can be told of a registry's storage without asking the registry. Changes nothing. Names
/// that no catalog text says are kNone, and nothing is found by them.
class RegistryReader {
 public:
  /// Both must outlive the reader.
  RegistryReader(const Catalog& catalog, const Registry& registry)
      : asked_(catalog), read_(registry) {}

  /// The manifest behind a tag or a digest; kNone if unknown.
  BlobId find_manifest(StringId repository, StringId reference) const;
  /// True if a HEAD finds the blob.
  bool has_blob(StringId repository, StringId digest) const;
  /// True if the whole image (of the given platform, or all) can be pulled.
  bool serves(StringId repository, StringId reference, StringId platform) const;

 protected:
  /// The object of that name, or kNone if there never was one in any state.
  ObjectId find(ObjectKind kind, StringId repository, StringId key) const {
    return asked_.find_object({kind, read_.host, repository, key});
  }
  bool has(ObjectKind kind, StringId repository, StringId key) const {
    return read_.state.has(find(kind, repository, key));
  }
  bool stored(StringId digest) const {
    return has(ObjectKind::kRegistryBlob, kNone<StringId>, digest);
  }

 private:
  const Catalog& asked_;
  const Registry& read_;
};

/// The operations of the distribution API that clients use, and those of the registry's operator
/// (distribution 2.8; observed on Debian's docker-registry). A registry that is not available is
/// the caller's to notice: nothing here asks. Requests go into the registry's log, if it keeps one.
class RegistryApi : public RegistryReader {
 public:
  /// Both must outlive it.
  RegistryApi(Catalog& catalog, Registry& registry)
      : RegistryReader(catalog, registry), catalog_(catalog), registry_(registry) {}

  /// HEAD or GET of a manifest, recorded; kNone if it answers 404.
  BlobId manifest(std::string_view method, StringId repository, StringId reference);
  /// HEAD or GET of a blob, recorded; false if it answers 404. A partial GET (Range) is answered
  /// with 206. A HEAD may be answered from the descriptor cache, whatever is stored.
  bool blob(std::string_view method, StringId repository, StringId digest, bool partial = false);
  /// POST ?mount=digest&from=repository: true if the blob was mounted (201), else a session (202).
  bool mount(StringId repository, StringId digest, StringId from);
  /// Ends an upload, recorded: the repository has the blob, and so has the storage.
  void put_blob(StringId repository, StringId digest);
  /// PUT of a manifest by tag or digest, recorded: false (400) if the repository lacks one of its
  /// children; then nothing changes.
  bool put_manifest(StringId repository, StringId reference, BlobId manifest);

  /// Puts an image there without a request, as it was before the scenario began.
  void seed(StringId repository, StringId tag, BlobId target);
  /// Takes a tag away in the storage; its manifest stays. False: there is no such tag.
  bool delete_tag(StringId repository, StringId tag);
  /// DELETE of a manifest by digest: its revision and the tags that point to it. False: the
  /// repository doesn't have it. Blobs stay until the registry is collected.
  bool delete_manifest(StringId repository, StringId digest);
  /// Takes a repository's links and tags away in the storage. False: it has none.
  bool delete_repository(StringId repository);
  /// `registry garbage-collect [--delete-untagged]`. The untagged children of a tagged index count
  /// as untagged (distribution#3178): their revisions go, and their layers with them. Returns the
  /// blobs removed.
  std::vector<ObjectId> garbage_collect(bool delete_untagged);
  /// A restarted registry has an empty cache.
  void restart();

 private:
  ObjectId object(ObjectKind kind, StringId repository, StringId key);
  void add(ObjectKind kind, StringId repository, StringId key);
  void set_tag(StringId repository, StringId tag, StringId digest);
  /// Logs a request for "/v2/<repository>/<what><name>", if the registry keeps a log.
  void record(std::string_view method, StringId repository, std::string_view what, StringId name,
              int status);
  /// Calls `visit` with each object of a kind that the registry has; it may drop that one.
  template <typename Visit>
  void for_each_present(ObjectKind kind, Visit&& visit) const;

  Catalog& catalog_;
  Registry& registry_;
};

}  // namespace sweepcheck
