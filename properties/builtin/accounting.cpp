// Bytes: what a disk holds, what an image would free, what a dry run says.
#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "model/inspect.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

// Each file once, by the size of its blob, its directory or what was written to it.
std::int64_t bytes_in(const Catalog& catalog, const State& state) {
  std::int64_t bytes = 0;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKind kind = catalog.kind(object);
    if (kind == ObjectKind::kBlobFile) {
      const BlobId blob = catalog.find_blob(catalog.key(object).key);
      bytes += blob == kNone<BlobId> ? 0 : catalog.blob(blob).size_bytes;
    } else if (kind == ObjectKind::kSnapshotDirectory) {
      bytes += directory_bytes(catalog, state, object);
    }
  });
  for (const Scalar& scalar : state.scalars) {
    if (scalar.kind == ScalarKind::kWritten && state.has(scalar.object)) bytes += scalar.value;
  }
  return bytes;
}

void judge_sum(const Moment& moment, Violations& violations) {
  for (std::size_t i = 0; i < moment.world.nodes.size(); ++i) {
    const State& state = moment.world.nodes[i].state;
    const DiskUsage usage = disk_usage(moment.catalog(), state);
    const std::int64_t sum = bytes_in(moment.catalog(), state);
    if (usage.content_bytes + usage.ingest_bytes + usage.snapshot_bytes == sum) continue;
    violations.push_back("the files of a node take " + std::to_string(sum) +
                         " bytes, and its disk usage says otherwise");
  }
}

std::int64_t bytes_without(const Moment& moment, const Node& node, const State& all,
                           std::span<const ObjectId> records) {
  State& state = scratch(moment).state;
  state = all;
  for (const ObjectId record : records) drop_object(moment.catalog(), state, record);
  collect_state(moment.catalog(), *node.profile, moment.world.now, state,
                scratch(moment).collection);
  return bytes_in(moment.catalog(), state);
}

// Bytes of all blobs that an image names, stored or not, and of the chains that there are.
std::int64_t total_bytes(const Catalog& catalog, const State& state, BlobId target) {
  std::vector<BlobId> needed;
  needed_blobs(catalog, target, kNone<StringId>, needed);
  std::int64_t bytes = 0;
  std::vector<StringId> chains;
  for (const BlobId id : needed) {
    const Blob& blob = catalog.blob(id);
    bytes += blob.size_bytes;
    chains.insert(chains.end(), blob.chain_ids.begin(), blob.chain_ids.end());
  }
  std::sort(chains.begin(), chains.end());
  chains.erase(std::unique(chains.begin(), chains.end()), chains.end());
  // A snapshot's directory is not always named as it is: a leftover may have the name.
  for_each_in(catalog.of_kind(ObjectKind::kSnapshot), state.objects, [&](std::uint32_t index) {
    const auto snapshot = static_cast<ObjectId>(index);
    if (!std::binary_search(chains.begin(), chains.end(), catalog.key(snapshot).key)) return;
    for_each_true(catalog, state, snapshot, [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kDirectory) return;
      bytes += directory_bytes(catalog, state, catalog.target(fact));
    });
  });
  return bytes;
}

void judge_bounds_on(const Moment& moment, const Node& node, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  std::vector<ObjectId> records;
  std::vector<BlobId> targets;
  for (const ObjectId record : catalog.root_candidates()) {
    if (catalog.kind(record) != ObjectKind::kImage || !node.state.has(record)) continue;
    const BlobId target = target_of(catalog, node.state, record);
    if (target == kNone<BlobId>) return;
    records.push_back(record);
    targets.push_back(target);
  }
  if (records.size() < 2) return;
  State all = node.state;
  collect_state(catalog, *node.profile, moment.world.now, all, scratch(moment).collection);
  const std::int64_t now_bytes = bytes_in(catalog, all);
  std::int64_t unique_bytes = 0;
  for (const ObjectId& record : records) {
    unique_bytes += now_bytes - bytes_without(moment, node, all, {&record, 1});
  }
  const std::int64_t freed_bytes = now_bytes - bytes_without(moment, node, all, records);
  if (unique_bytes > freed_bytes) {
    violations.push_back("the images' unique sizes are " + std::to_string(unique_bytes) +
                         " bytes, and removing all frees " + std::to_string(freed_bytes));
  }
  std::int64_t total = 0;
  for (const BlobId target : targets) total += total_bytes(catalog, all, target);
  if (freed_bytes > total) {
    violations.push_back("removing all images frees " + std::to_string(freed_bytes) +
                         " bytes, more than their total sizes of " + std::to_string(total));
  }
}

void judge_bounds(const Moment& moment, Violations& violations) {
  for (const Node& node : moment.world.nodes) judge_bounds_on(moment, node, violations);
}

void judge_dry_run(const Moment& moment, Violations& violations) {
  if (!moment.operation->request.dry_run) return;
  if (moment.operation->request.async) return;
  State plain = *moment.at_begin;
  collect_state(moment.catalog(), moment.profile(), moment.world.now, plain,
                scratch(moment).collection);
  const Catalog& catalog = moment.catalog();
  plain.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (moment.state().has(object) || catalog.kind(object) != ObjectKind::kContent) return;
    violations.push_back("a dry run removes " + moment.describe(object));
  });
  moment.state().objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (plain.has(object) || catalog.kind(object) != ObjectKind::kContent) return;
    violations.push_back("a dry run leaves " + moment.describe(object) +
                         ", which a collection removes");
  });
}

// A blob's file goes with the next collection after its last record was deleted by hand.
void judge_removal(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  const StringId digest = moment.operation->request.name;
  const auto find = [&](ObjectKind kind, StringId space) {
    return catalog.find_object({kind, space, kNone<StringId>, digest});
  };
  const ObjectId record = find(ObjectKind::kContent, moment.operation->request.space);
  const ObjectId file = find(ObjectKind::kBlobFile, kNone<StringId>);
  if (record == kNone<ObjectId> || file == kNone<ObjectId>) return;
  if (!moment.at_begin->has(record) || moment.state().has(record)) return;
  World& later = scratch(moment).copy_of(moment.world);
  later.collect(moment.node);
  const State& state = later.node(moment.node).state;
  if (needs_file(catalog, state, digest) || !state.has(file)) return;
  violations.push_back(moment.describe(file) + " stays after its last record was removed");
}

constexpr std::array<std::string_view, 1> kPrunes{"prune-references"};
constexpr std::array<std::string_view, 1> kRemovals{"remove-content"};

}  // namespace

const Property kDiskIsSum{
    .name = "disk-usage-is-the-sum",
    .family = "accounting",
    .statement = "Bytes on disk are the sum over the files that are there.",
    .why = "thresholds of kubelets and quotas are compared with it",
    .source = "model/inspect.hpp",
    .occasion = Occasion::kEnd,
    .judge = judge_sum,
};
const Property kUsageBounds{
    .name = "usage-bounds",
    .family = "accounting",
    .statement =
        "The images' unique sizes add up to no more than removing all of them frees, and "
        "that is no more than their total sizes.",
    .why = "a plan for freeing disk must not promise more than it frees",
    .source = "cmd/ctr/commands/images/usage.go",
    .occasion = Occasion::kEnd,
    .judge = judge_bounds,
    .costly = true,
};
const Property kDryRun{
    .name = "dry-run-frees-the-same",
    .family = "accounting",
    .statement =
        "A dry run of `content prune references` that waits for it frees the content that a "
        "collection frees, no more and no less.",
    .why = "it collects, although it says dry; it must not do more",
    .source = "cmd/ctr/commands/content/prune.go; observed on 1.6, 1.7, 2.1",
    .occasion = Occasion::kOperation,
    .judge = judge_dry_run,
    .needs = kUninterrupted | kSucceeded,
    .operations = kPrunes,
};

const Property kRemovalFrees{
    .name = "removal-frees",
    .family = "accounting",
    .statement =
        "The file of content that is removed by hand goes with the next collection, unless another "
        "record or an ingest needs it.",
    .why = "who removes a blob wants its bytes",
    .source = "core/metadata/content.go Delete",
    .occasion = Occasion::kOperation,
    .judge = judge_removal,
    .needs = kUninterrupted | kSucceeded,
    .operations = kRemovals,
};

}  // namespace sweepcheck
