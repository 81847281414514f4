#include "model/registry.hpp"

#include "model/collector.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {
namespace {
bool is_digest(const std::string& text) { return text.starts_with("sha256:"); }
}  // namespace

ObjectId RegistryApi::object(ObjectKind kind, StringId repository, StringId key) {
  return catalog_.object({kind, registry_.host, repository, key});
}

template <typename Visit>
void RegistryApi::for_each_present(ObjectKind kind, Visit&& visit) const {
  for_each_in(catalog_.of_kind(kind), registry_.state.objects,
              [&](std::uint32_t index) { visit(static_cast<ObjectId>(index)); });
}

void RegistryApi::add(ObjectKind kind, StringId repository, StringId key) {
  registry_.state.objects.set(index_of(object(kind, repository, key)));
}

void RegistryApi::record(std::string_view method, StringId repository, std::string_view what,
                         StringId name, int status) {
  if (!registry_.records) return;
  std::string path = "/v2/" + catalog_.text(repository) + "/";
  path += what;
  if (name != kNone<StringId>) path += catalog_.display(name);
  registry_.log.push_back({method, std::move(path), status});
}

BlobId RegistryReader::find_manifest(StringId repository, StringId reference) const {
  if (reference == kNone<StringId>) return kNone<BlobId>;
  StringId digest = reference;
  if (!is_digest(asked_.text(reference))) {
    const ObjectId tag = find(ObjectKind::kTag, repository, reference);
    if (!read_.state.has(tag)) return kNone<BlobId>;
    asked_.for_each_reference(tag, [&](FactId fact, ObjectId target) {
      if (read_.state.has(fact)) digest = asked_.key(target).key;
    });
  }
  if (!has(ObjectKind::kRepositoryManifest, repository, digest) || !stored(digest)) {
    return kNone<BlobId>;
  }
  return asked_.find_blob(digest);
}

BlobId RegistryApi::manifest(std::string_view method, StringId repository, StringId reference) {
  const BlobId found = find_manifest(repository, reference);
  record(method, repository, "manifests/", reference, found == kNone<BlobId> ? 404 : 200);
  if (found != kNone<BlobId> && registry_.descriptor_cache) {
    registry_.cached.set(
        index_of(object(ObjectKind::kRegistryBlob, kNone<StringId>, catalog_.blob(found).digest)));
  }
  return found;
}

bool RegistryReader::has_blob(StringId repository, StringId digest) const {
  if (!has(ObjectKind::kRepositoryLayer, repository, digest)) return false;
  if (stored(digest)) return true;
  const ObjectId blob = find(ObjectKind::kRegistryBlob, kNone<StringId>, digest);
  return read_.descriptor_cache && read_.cached.test(index_of(blob));
}

bool RegistryApi::blob(std::string_view method, StringId repository, StringId digest,
                       bool partial) {
  // The cache answers descriptors only; the bytes themselves must be there.
  const bool found = has_blob(repository, digest) && (method == "HEAD" || stored(digest));
  if (found && registry_.descriptor_cache) {
    registry_.cached.set(index_of(object(ObjectKind::kRegistryBlob, kNone<StringId>, digest)));
  }
  record(method, repository, "blobs/", digest, found ? (partial ? 206 : 200) : 404);
  return found;
}

bool RegistryApi::mount(StringId repository, StringId digest, StringId from) {
  const bool mounted =
      from != kNone<StringId> && has_blob(from, digest) && !is_on(Mutant::kMountRefused);
  if (mounted && !is_on(Mutant::kMountLost)) add(ObjectKind::kRepositoryLayer, repository, digest);
  std::string what = "blobs/uploads/";
  if (from != kNone<StringId> && registry_.records) {
    what += "?mount=" + catalog_.display(digest) + "&from=" + catalog_.text(from);
  }
  record("POST", repository, what, kNone<StringId>, mounted ? 201 : 202);
  return mounted;
}

void RegistryApi::put_blob(StringId repository, StringId digest) {
  add(ObjectKind::kRegistryBlob, kNone<StringId>, digest);
  add(ObjectKind::kRepositoryLayer, repository, digest);
  if (registry_.descriptor_cache) {
    registry_.cached.set(index_of(object(ObjectKind::kRegistryBlob, kNone<StringId>, digest)));
  }
  record("PUT", repository, "blobs/uploads/", digest, 201);
}

bool RegistryApi::put_manifest(StringId repository, StringId reference, BlobId manifest) {
  const Blob& blob = catalog_.blob(manifest);
  bool complete = true;
  for (const BlobChild& child : blob.children) {
    const Blob& needed = catalog_.blob(child.blob);
    if (needed.media == MediaClass::kForeignLayer) continue;
    complete = complete && (sweepcheck::has_children(needed.media)
                                ? find_manifest(repository, needed.digest) != kNone<BlobId>
                                : has_blob(repository, needed.digest));
  }
  record("PUT", repository, "manifests/", reference, complete ? 201 : 400);
  if (!complete && !is_on(Mutant::kManifestUnchecked)) return false;
  // The cache says of a manifest that was collected, too, that its bytes are there.
  const ObjectId bytes = object(ObjectKind::kRegistryBlob, kNone<StringId>, blob.digest);
  const bool believed = registry_.descriptor_cache && registry_.cached.test(index_of(bytes));
  if (!believed) add(ObjectKind::kRegistryBlob, kNone<StringId>, blob.digest);
  add(ObjectKind::kRepositoryManifest, repository, blob.digest);
  if (!is_digest(catalog_.text(reference))) set_tag(repository, reference, blob.digest);
  return true;
}

void RegistryApi::set_tag(StringId repository, StringId tag, StringId digest) {
  const ObjectId record = object(ObjectKind::kTag, repository, tag);
  drop_object(catalog_, registry_.state, record);
  registry_.state.objects.set(index_of(record));
  const ObjectId target = object(ObjectKind::kRepositoryManifest, repository, digest);
  registry_.state.facts.set(index_of(catalog_.field(Meaning::kTarget, record, target)));
}

void RegistryApi::seed(StringId repository, StringId tag, BlobId target) {
  const Blob& blob = catalog_.blob(target);
  for (const BlobChild& child : blob.children) {
    if (sweepcheck::has_children(catalog_.blob(child.blob).media)) {
      seed(repository, kNone<StringId>, child.blob);
    } else {
      add(ObjectKind::kRegistryBlob, kNone<StringId>, catalog_.blob(child.blob).digest);
      add(ObjectKind::kRepositoryLayer, repository, catalog_.blob(child.blob).digest);
    }
  }
  add(ObjectKind::kRegistryBlob, kNone<StringId>, blob.digest);
  add(ObjectKind::kRepositoryManifest, repository, blob.digest);
  if (tag != kNone<StringId>) set_tag(repository, tag, blob.digest);
}

bool RegistryApi::delete_tag(StringId repository, StringId tag) {
  if (!has(ObjectKind::kTag, repository, tag)) return false;
  drop_object(catalog_, registry_.state, object(ObjectKind::kTag, repository, tag));
  return true;
}

bool RegistryApi::delete_manifest(StringId repository, StringId digest) {
  if (find_manifest(repository, digest) == kNone<BlobId>) {
    record("DELETE", repository, "manifests/", digest, 404);
    return false;
  }
  const ObjectId revision = object(ObjectKind::kRepositoryManifest, repository, digest);
  for_each_present(ObjectKind::kTag, [&](ObjectId tag) {
    catalog_.for_each_reference(tag, [&](FactId fact, ObjectId target) {
      if (target == revision && registry_.state.has(fact)) {
        drop_object(catalog_, registry_.state, tag);
      }
    });
  });
  drop_object(catalog_, registry_.state, revision);
  record("DELETE", repository, "manifests/", digest, 202);
  return true;
}

bool RegistryApi::delete_repository(StringId repository) {
  bool found = false;
  for (const ObjectKind kind :
       {ObjectKind::kTag, ObjectKind::kRepositoryManifest, ObjectKind::kRepositoryLayer}) {
    for_each_present(kind, [&](ObjectId id) {
      if (catalog_.key(id).scope != repository) return;
      drop_object(catalog_, registry_.state, id);
      found = true;
    });
  }
  return found;
}

std::vector<ObjectId> RegistryApi::garbage_collect(bool delete_untagged) {
  // By object and by digest: an operator's command, too rare to keep memory for.
  Bits tagged, marked;
  for_each_present(ObjectKind::kTag, [&](ObjectId tag) {
    catalog_.for_each_reference(tag, [&](FactId fact, ObjectId target) {
      if (registry_.state.has(fact)) tagged.set(index_of(target));
    });
  });
  for_each_present(ObjectKind::kRepositoryManifest, [&](ObjectId revision) {
    if (delete_untagged && !tagged.test(index_of(revision))) {
      drop_object(catalog_, registry_.state, revision);
      return;
    }
    marked.set(index_of(catalog_.key(revision).key));
    const BlobId blob = catalog_.blob_of(revision);
    if (blob == kNone<BlobId>) return;
    for (const BlobChild& child : catalog_.blob(blob).children) {
      if (is_on(Mutant::kRegistrySweepsLayers)) continue;
      marked.set(index_of(catalog_.blob(child.blob).digest));
    }
  });
  std::vector<ObjectId> removed;
  for_each_present(ObjectKind::kRegistryBlob, [&](ObjectId blob) {
    if (!marked.test(index_of(catalog_.key(blob).key))) removed.push_back(blob);
  });
  for (const ObjectId blob : removed) drop_object(catalog_, registry_.state, blob);
  return removed;
}

void RegistryApi::restart() { registry_.cached.clear(0); }

bool RegistryReader::serves(StringId repository, StringId reference, StringId platform) const {
  if (!read_.available) return false;
  const BlobId target = find_manifest(repository, reference);
  if (target == kNone<BlobId>) return false;
  const Blob& blob = asked_.blob(target);
  bool any = blob.media != MediaClass::kIndex;
  for (const BlobChild& child : blob.children) {
    const Blob& part = asked_.blob(child.blob);
    if (sweepcheck::has_children(part.media)) {
      if (platform != kNone<StringId> && child.platform != kNone<StringId> &&
          child.platform != platform) {
        continue;
      }
      if (!serves(repository, part.digest, platform)) return false;
      any = true;
    } else if (part.media != MediaClass::kForeignLayer &&
               (!has(ObjectKind::kRepositoryLayer, repository, part.digest) ||
                !stored(part.digest))) {
      return false;
    }
  }
  return any;
}

}  // namespace sweepcheck
