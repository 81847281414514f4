// The backend clean-ups: the content store's and a snapshotter's files that no record names.
#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

// Present objects of one kind.
template <typename Visit>
void for_each_present(const Catalog& catalog, const State& state, ObjectKind kind, Visit&& visit) {
  for_each_in(catalog.of_kind(kind), state.objects,
              [&](std::uint32_t index) { visit(static_cast<ObjectId>(index)); });
}

void remove_files(const Catalog& catalog, State& state, CollectionScratch& scratch) {
  for (const ObjectId file : scratch.doomed) drop_object(catalog, state, file);
  scratch.removed.insert(scratch.removed.end(), scratch.doomed.begin(), scratch.doomed.end());
}

bool is_active(const Catalog& catalog, const State& state, ObjectId snapshot) {
  bool active = false;
  for_each_true(catalog, state, snapshot, [&](FactId fact) {
    active = active || catalog.meaning(fact) == Meaning::kSnapshotKind;
  });
  return active;
}

}  // namespace

void clean_content(const Catalog& catalog, State& state, CollectionScratch& scratch) {
  Bits& named = scratch.named;
  named.clear(0);
  const StringId first = catalog.find("default");
  for_each_present(catalog, state, ObjectKind::kContent, [&](ObjectId content) {
    if (is_on(Mutant::kCleanUpForgetsNamespaces) && catalog.key(content).space != first) return;
    named.set(index_of(catalog.key(content).key));
  });
  for_each_present(catalog, state, ObjectKind::kIngest, [&](ObjectId ingest) {
    catalog.for_each_reference(ingest, [&](FactId fact, ObjectId target) {
      if (is_on(Mutant::kCleanUpForgetsIngests)) return;
      if (state.has(fact)) named.set(index_of(catalog.key(target).key));
    });
  });
  std::vector<ObjectId>& doomed = scratch.doomed;
  doomed.clear();
  for_each_present(catalog, state, ObjectKind::kBlobFile, [&](ObjectId file) {
    if (!named.test(index_of(catalog.key(file).key))) doomed.push_back(file);
  });
  for_each_present(catalog, state, ObjectKind::kIngestFile, [&](ObjectId file) {
    const ObjectKey& key = catalog.key(file);
    const ObjectId record =
        catalog.find_object({ObjectKind::kIngest, key.space, kNone<StringId>, key.key});
    if (is_on(Mutant::kCleanUpLeavesIngests)) return;
    if (record == kNone<ObjectId> || !state.has(record)) doomed.push_back(file);
  });
  remove_files(catalog, state, scratch);
}

void clean_snapshots(const Catalog& catalog, StringId snapshotter, State& state,
                     CollectionScratch& scratch) {
  Bits& named = scratch.named;
  named.clear(0);
  for_each_present(catalog, state, ObjectKind::kSnapshot, [&](ObjectId snapshot) {
    if (is_on(Mutant::kCleanUpTakesActive) && is_active(catalog, state, snapshot)) return;
    for_each_true(catalog, state, snapshot, [&](FactId fact) {
      if (catalog.meaning(fact) == Meaning::kDirectory) named.set(index_of(catalog.target(fact)));
    });
  });
  std::vector<ObjectId>& doomed = scratch.doomed;
  doomed.clear();
  for_each_present(catalog, state, ObjectKind::kSnapshotDirectory, [&](ObjectId directory) {
    if (catalog.key(directory).scope == snapshotter && !named.test(index_of(directory))) {
      doomed.push_back(directory);
    }
  });
  if (is_on(Mutant::kCleanUpStopsAtFirst) && doomed.size() > 1)
    doomed.erase(doomed.begin() + 1, doomed.end());
  remove_files(catalog, state, scratch);
}

}  // namespace sweepcheck
