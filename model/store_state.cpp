#include "model/store_state.hpp"

#include <algorithm>
#include <tuple>

#include "model/catalog/facts.hpp"
#include "model/inspect.hpp"
#include "model/time.hpp"

namespace sweepcheck {
namespace {

void add_labels(const Catalog& catalog, const State& state, ObjectId object, StoreRecord& record) {
  for_each_true(catalog, state, object, [&](FactId fact) {
    if (!catalog.is_label(fact)) return;
    record.labels.emplace_back(catalog.text(catalog.label_key(fact)),
                               catalog.display(catalog.value(fact)));
  });
  const auto expiry = state.scalar(object, ScalarKind::kExpiry);
  if (!expiry) return;
  if (catalog.kind(object) == ObjectKind::kIngest) {
    record.fields.emplace_back("expireat", format_rfc3339(*expiry));
  } else {
    record.labels.emplace_back(kGcExpire, format_rfc3339(*expiry));
  }
}

void add_fields(const Catalog& catalog, const State& state, ObjectId object, StoreRecord& record) {
  for_each_true(catalog, state, object, [&](FactId fact) {
    if (catalog.is_label(fact)) return;
    const ObjectId target = catalog.target(fact);
    const std::string name =
        target == kNone<ObjectId> ? std::string() : catalog.display(catalog.key(target).key);
    switch (catalog.meaning(fact)) {
      case Meaning::kTarget:
        record.fields.emplace_back("target", name);
        break;
      case Meaning::kParent:
        record.fields.emplace_back("parent", name);
        break;
      case Meaning::kSnapshotKind:
        record.fields.emplace_back("kind", catalog.text(catalog.value(fact)));
        break;
      case Meaning::kContainerSnapshot:
        record.fields.emplace_back("snapshot",
                                   catalog.text(catalog.key(target).scope) + "/" + name);
        break;
      case Meaning::kContainerImage:
        record.fields.emplace_back("image", catalog.display(catalog.value(fact)));
        break;
      case Meaning::kRunning:
        record.running = true;
        break;
      case Meaning::kIngestExpected:
        record.fields.emplace_back("expected", name);
        break;
      case Meaning::kLeaseResource:
        record.resources.push_back(std::string(kind_name(catalog.kind(target))) + " " + name);
        break;
      default:
        break;
    }
  });
  if (catalog.kind(object) == ObjectKind::kContent && catalog.blob_of(object) != kNone<BlobId>) {
    record.size_bytes = catalog.blob(catalog.blob_of(object)).size_bytes;
  }
}

}  // namespace

void sort_store(NodeStore& store) {
  for (StoreRecord& record : store.records) {
    std::sort(record.labels.begin(), record.labels.end());
    std::sort(record.fields.begin(), record.fields.end());
    std::sort(record.resources.begin(), record.resources.end());
  }
  std::sort(store.records.begin(), store.records.end(),
            [](const StoreRecord& a, const StoreRecord& b) {
              return std::tie(a.space, a.kind, a.name) < std::tie(b.space, b.kind, b.name);
            });
  std::sort(store.blob_files.begin(), store.blob_files.end());
  for (auto* files : {&store.ingest_files, &store.snapshot_directories}) {
    std::sort(files->begin(), files->end(), [](const StoreFile& a, const StoreFile& b) {
      return std::tie(a.space, a.name, a.bytes) < std::tie(b.space, b.name, b.bytes);
    });
  }
}

void sort_store(RegistryStore& store) {
  std::sort(store.blobs.begin(), store.blobs.end());
  for (auto& [name, repository] : store.repositories) {
    std::sort(repository.manifests.begin(), repository.manifests.end());
    std::sort(repository.layers.begin(), repository.layers.end());
    std::sort(repository.tags.begin(), repository.tags.end());
  }
}

NodeStore store_of(const Catalog& catalog, const State& state) {
  NodeStore store;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog.key(object);
    const std::string space = key.space == kNone<StringId> ? "" : catalog.text(key.space);
    std::string name = key.key == kNone<StringId> ? std::string() : catalog.display(key.key);
    if (key.scope != kNone<StringId>) name = catalog.text(key.scope) + "/" + name;
    switch (key.kind) {
      case ObjectKind::kBlobFile:
        store.blob_files.push_back(std::move(name));
        return;
      case ObjectKind::kIngestFile:
        store.ingest_files.push_back(
            {space, std::move(name), state.scalar(object, ScalarKind::kWritten).value_or(0)});
        return;
      case ObjectKind::kSnapshotDirectory:
        store.snapshot_directories.push_back(
            {space, std::move(name), directory_bytes(catalog, state, object)});
        return;
      default:
        break;
    }
    StoreRecord record;
    record.space = space;
    record.kind = std::string(kind_name(key.kind));
    record.name = std::move(name);
    add_labels(catalog, state, object, record);
    add_fields(catalog, state, object, record);
    store.records.push_back(std::move(record));
  });
  sort_store(store);
  return store;
}

RegistryStore store_of(const Catalog& catalog, const Registry& registry) {
  RegistryStore store;
  registry.state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog.key(object);
    const std::string name = catalog.display(key.key);
    if (key.kind == ObjectKind::kRegistryBlob) {
      store.blobs.push_back(name);
      return;
    }
    RepositoryStore& repository = store.repositories[catalog.text(key.scope)];
    if (key.kind == ObjectKind::kTag) {
      catalog.for_each_reference(object, [&](FactId fact, ObjectId target) {
        if (!registry.state.has(fact)) return;
        repository.tags.emplace_back(name, catalog.display(catalog.key(target).key));
      });
    } else {
      const bool layer = key.kind == ObjectKind::kRepositoryLayer;
      (layer ? repository.layers : repository.manifests).push_back(name);
    }
  });
  sort_store(store);
  return store;
}

}  // namespace sweepcheck
