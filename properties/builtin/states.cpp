// What no state may violate, whatever led to it. Judged after each step that changed something of
// the kinds concerned.
#include "model/catalog/facts.hpp"
#include "properties/builtin/families.hpp"

namespace sweepcheck {
namespace {

template <typename Visit>
void for_each_fact(const Moment& moment, std::size_t node, Meaning meaning, Visit&& visit) {
  const State& state = moment.world.nodes[node].state;
  for_each_true(moment.catalog(), state, meaning, [&](FactId fact) { visit(state, fact); });
}

// Snapshots of a chain only go together with what hangs on them.
void judge_parents(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    if ((moment.changes[i].removed & kind_bit(ObjectKind::kSnapshot)) == 0) continue;
    for_each_fact(moment, i, Meaning::kParent, [&](const State& state, FactId fact) {
      if (state.has(catalog.target(fact))) return;
      violations.push_back(catalog.describe(catalog.owner(fact)) + " has lost its parent " +
                           catalog.display(catalog.key(catalog.target(fact)).key));
    });
  }
}

void judge_running(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    const bool lost = (moment.changes[i].removed & kind_bit(ObjectKind::kSnapshot)) != 0;
    const bool started = (moment.changes[i].meanings_added & meaning_bit(Meaning::kRunning)) != 0;
    if (!lost && !started) continue;
    for_each_fact(moment, i, Meaning::kRunning, [&](const State& state, FactId running) {
      const ObjectId container = catalog.owner(running);
      for_each_true(catalog, state, container, [&](FactId fact) {
        if (catalog.meaning(fact) != Meaning::kContainerSnapshot) return;
        if (state.has(catalog.target(fact))) return;
        violations.push_back(catalog.describe(container) + " runs without its snapshot");
      });
    });
  }
}

// As with files: only an operator may take them away.
void judge_directories(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  if (moment.is("remove-directories")) return;
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    if ((moment.changes[i].removed & kind_bit(ObjectKind::kSnapshotDirectory)) == 0) continue;
    for_each_fact(moment, i, Meaning::kDirectory, [&](const State& state, FactId fact) {
      const ObjectId directory = catalog.target(fact);
      if (state.has(directory) || !moment.before[i].has(directory)) return;
      violations.push_back(catalog.describe(catalog.owner(fact)) + " has lost its directory");
    });
  }
}

void judge_owners(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    const State& state = moment.world.nodes[i].state;
    const auto look_at = [&](FactId fact) {
      if (state.has(catalog.owner(fact))) return;
      violations.push_back(catalog.describe(fact) + " is true of what is not there: " +
                           catalog.describe(catalog.owner(fact)));
    };
    for (const FactId fact : moment.changes[i].facts_added) look_at(fact);
    for (const ObjectId object : moment.changes[i].objects_removed) {
      for_each_true(catalog, state, object, look_at);
    }
  }
}

// A content record without its file can't be read. Operators may delete files behind the daemon's
// back; only then may one be missing.
void judge_files(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  if (moment.is("remove-file")) return;
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    if ((moment.changes[i].removed & kind_bit(ObjectKind::kBlobFile)) == 0) continue;
    const State& state = moment.world.nodes[i].state;
    state.objects.for_each([&](std::uint32_t index) {
      const auto record = static_cast<ObjectId>(index);
      if (catalog.kind(record) != ObjectKind::kContent) return;
      const ObjectId file = catalog.find_object(
          {ObjectKind::kBlobFile, kNone<StringId>, kNone<StringId>, catalog.key(record).key});
      if (file == kNone<ObjectId> || state.has(file) || !moment.before[i].has(file)) return;
      violations.push_back(catalog.describe(record) + " has lost its file");
    });
  }
}

// True if another namespace shares this content by its label.
bool is_shared_by_label(const Moment& moment, const Node& node, const State& state,
                        const ObjectKey& content) {
  if (!node.profile->shareable_namespaces) return false;
  const Catalog& catalog = moment.catalog();
  bool shared = false;
  for_each_in(catalog.of_kind(ObjectKind::kContent), state.objects, [&](std::uint32_t index) {
    const ObjectKey& key = catalog.key(static_cast<ObjectId>(index));
    if (shared || key.key != content.key || key.space == content.space) return;
    const ObjectId space =
        catalog.find_object({ObjectKind::kNamespace, key.space, kNone<StringId>, kNone<StringId>});
    if (space == kNone<ObjectId>) return;
    catalog.for_each_owned(space, [&](FactId fact) {
      shared = shared || (catalog.label_key(fact) == kShareable.id() &&
                          catalog.value(fact) == kTrue.id() && state.has(fact));
    });
  });
  return shared;
}

// An ingest that waits for another namespace's blob has no bytes of its own. Namespaces share by
// policy, or because the other one is labelled as shareable.
void judge_isolation(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.changes.size(); ++i) {
    if ((moment.changes[i].added & kind_bit(ObjectKind::kIngest)) == 0) continue;
    const Node& node = moment.world.nodes[i];
    if (node.policy->content_sharing == ContentSharing::kShared) continue;
    for (const FactId fact : moment.changes[i].facts_added) {
      if (catalog.meaning(fact) != Meaning::kIngestExpected) continue;
      const ObjectKey& content = catalog.key(catalog.target(fact));
      if (is_shared_by_label(moment, node, moment.before[i], content)) continue;
      violations.push_back(catalog.describe(catalog.owner(fact)) +
                           " adopts a blob of another, isolated namespace");
    }
  }
}

}  // namespace

const Property kSnapshotParents{
    .name = "snapshot-parents",
    .family = "states",
    .statement = "No step takes the parent of a snapshot away.",
    .why = "a chain with a hole cannot be mounted",
    .source = "containerd#3787, containerd#2382",
    .judge = judge_parents,
    .losses = kind_bit(ObjectKind::kSnapshot),
};
const Property kRunningContainers{
    .name = "running-containers",
    .family = "states",
    .statement = "A running container has its snapshot, whatever is removed or collected.",
    .why = "a collection that takes a file system away breaks a workload",
    .source = "containerd#9298",
    .judge = judge_running,
};
const Property kSnapshotDirectories{
    .name = "snapshot-directories",
    .family = "states",
    .statement = "No step takes the backend's directory of a snapshot away.",
    .why = "metadata and backend must agree",
    .source = "containerd#3051",
    .judge = judge_directories,
    .losses = kind_bit(ObjectKind::kSnapshotDirectory),
};
const Property kFactsHaveOwners{
    .name = "facts-have-owners",
    .family = "states",
    .statement = "What is true of an object goes with it.",
    .why = "labels and parents live in the object's own bucket",
    .source = "metadata/buckets.go",
    .judge = judge_owners,
};
const Property kContentFiles{
    .name = "content-files",
    .family = "states",
    .statement = "No operation and no collection removes a file that a content record names.",
    .why = "a blob that is listed but cannot be read fails the next pull of it, too",
    .source = "metadata/content.go garbageCollect",
    .judge = judge_files,
    .losses = kind_bit(ObjectKind::kBlobFile),
};

const Property kIsolation{
    .name = "isolated-content",
    .family = "states",
    .statement =
        "With isolated content, no namespace adopts a blob of another that is not labelled as "
        "shareable.",
    .why = "who isolates tenants wants each of them to have pulled what it has",
    .source = "core/metadata/content.go; docs/content-flow.md, content_sharing_policy",
    .judge = judge_isolation,
    .gains = kind_bit(ObjectKind::kIngest),
};

}  // namespace sweepcheck
