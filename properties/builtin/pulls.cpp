// What a pull promises, and what a change of the discard setting may change.
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"

namespace sweepcheck {
namespace {

struct Pulled {
  BlobId target = kNone<BlobId>;
  StringId space = kNone<StringId>;
  StringId platform = kNone<StringId>;
  StringId snapshotter = kNone<StringId>;
};

// True if the pull that has just succeeded was for the node's platform, with nothing but
// collections in between.
bool pulled(const Moment& moment, Pulled& out) {
  if ((moment.between & (kOthers | kTimePassed)) != 0) return false;
  const Request& request = moment.operation->request;
  if (!request.platforms.empty() || request.snapshotter != kNone<StringId>) return false;
  const Node& node = moment.world.node(moment.node);
  out = {moment.operation->target, request.space, platform_of(moment.catalog(), node),
         moment.operation->plan.snapshotter};
  return out.target != kNone<BlobId>;
}

bool unpacks(const Moment& moment) {
  const Request& request = moment.operation->request;
  return !request.no_unpack && !request.all_platforms &&
         (moment.operation->plan.unpacker || request.by == Client::kDefault) &&
         (moment.profile().transfer_pull_unpacks || moment.profile().ctr_engine == Engine::kLocal);
}

void judge_runnable(const Moment& moment, Violations& violations) {
  Pulled image;
  if (!pulled(moment, image) || !unpacks(moment)) return;
  const Catalog& catalog = moment.catalog();
  if (is_unpacked(catalog, moment.state(), image.space, image.snapshotter, image.target,
                  image.platform)) {
    return;
  }
  violations.push_back("image " + catalog.display(moment.operation->request.name) +
                       " was pulled and has no snapshots");
}

bool discards(const Moment& moment) { return moment.operation->plan.discard; }

void judge_exportable(const Moment& moment, Violations& violations) {
  Pulled image;
  if (!pulled(moment, image) || discards(moment)) return;
  const Catalog& catalog = moment.catalog();
  if (is_whole(catalog, moment.state(), image.space, image.target, image.platform)) return;
  violations.push_back("image " + catalog.display(moment.operation->request.name) +
                       " was pulled without discard and can't be exported");
}

// The same, if none of its snapshots was there before, and no file went behind the daemon's back:
// it goes by its records, and fetches nothing that these have.
void judge_fresh(const Moment& moment, Violations& violations) {
  Pulled image;
  if (!pulled(moment, image) || discards(moment) || moment.past.files_removed) return;
  const Catalog& catalog = moment.catalog();
  if (is_whole(catalog, moment.state(), image.space, image.target, image.platform)) return;
  for (const StringId chain : chain_of(catalog, image.target, image.platform)) {
    const ObjectId snapshot =
        catalog.find_object({ObjectKind::kSnapshot, image.space, image.snapshotter, chain});
    if (snapshot != kNone<ObjectId> && moment.at_begin->has(snapshot)) return;
  }
  violations.push_back("image " + catalog.display(moment.operation->request.name) +
                       " was pulled afresh without discard and can't be exported");
}

// A restart, and so a change of a setting, leaves the stores as they are.
void judge_only_new(const Moment& moment, Violations& violations) {
  for (std::size_t i = 0; i < moment.before.size(); ++i) {
    if (!moment.changes[i].any()) continue;
    violations.emplace_back("a restart changes what a node has stored");
  }
}

// Labels that a pull's step takes away must come back with another value at once.
void judge_labels(const Moment& moment, Violations& violations, bool records) {
  const Catalog& catalog = moment.catalog();
  const State& after = moment.state();
  for (const FactId fact : moment.change().facts_removed) {
    const ObjectId owner = catalog.owner(fact);
    if (!catalog.is_label(fact) || !after.has(owner)) continue;
    const ObjectKind kind = catalog.kind(owner);
    if ((kind == ObjectKind::kImage) != records) continue;
    if (kind != ObjectKind::kImage && kind != ObjectKind::kContent &&
        kind != ObjectKind::kSnapshot) {
      continue;
    }
    bool replaced = false;
    catalog.for_each_owned(owner, [&](FactId other) {
      replaced =
          replaced || (catalog.label_key(other) == catalog.label_key(fact) && after.has(other));
    });
    if (replaced) continue;
    violations.push_back("a pull takes " + catalog.describe(fact) + " away from " +
                         catalog.describe(owner));
  }
}

void judge_content_labels(const Moment& moment, Violations& violations) {
  judge_labels(moment, violations, false);
}
// CRI's own label goes with the record and comes back with its event: only the end counts.
void judge_record_labels(const Moment& moment, Violations& violations) {
  if (moment.operation->running()) return;
  judge_labels(moment, violations, true);
}

constexpr std::array<std::string_view, 1> kPulls{"pull"};
constexpr std::array<std::string_view, 2> kPullsAndFetches{"pull", "fetch"};

constexpr Property pull_property(std::string_view name, std::string_view statement,
                                 std::string_view why, std::string_view source, Occasion occasion,
                                 void (*judge)(const Moment&, Violations&),
                                 std::span<const std::string_view> operations,
                                 std::uint32_t needs) {
  return {.name = name,
          .family = "images",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = occasion,
          .judge = judge,
          .needs = needs,
          .operations = operations};
}

}  // namespace

const Property kPulledRunnable{
    .name = "pulled-runs",
    .family = "images",
    .statement = "A pull that unpacks and succeeds leaves the whole chain.",
    .why = "a kubelet starts the container next",
    .source = "core/unpack/unpacker.go; containerd#3787",
    .occasion = Occasion::kOperation,
    .judge = judge_runnable,
    .needs = kSucceeded,
    .operations = kPulls,
    .claim =
        [](const Profile& profile, const Policy&) {
          // 1.6: see in_flight.cpp.
          if (profile.version < Version{1, 7, 0}) return Claim::kRefuted;
          return profile.ctr_engine == Engine::kLocal ? Claim::kSilent : Claim::kHolds;
        },
    .claimed =
        "from 2.0 on; known to be false before: a collection takes the snapshot that ctr's "
        "own unpack only found",
};
const Property kPulledExportable = {
    .name = "pulled-exportable",
    .family = "images",
    .statement = "An image that was pulled without discard can be exported.",
    .why = "operators expect it, and turn discard off to get it",
    .source = "containerd#9277; scenarios/pull",
    .occasion = Occasion::kOperation,
    .judge = judge_exportable,
    .needs = kSucceeded,
    .operations = kPulls,
    .claim = [](const Profile&, const Policy&) { return Claim::kRefuted; },
    .claimed = "nowhere: an unpacker skips layers whose snapshots exist",
};
const Property kFreshPullExportable = pull_property(
    "fresh-pull-exportable",
    "An image that was pulled without discard, when none of its snapshots existed and no file was "
    "deleted behind the daemon's back, can be exported.",
    "the promise that is left of pulled-exportable", "core/unpack/unpacker.go",
    Occasion::kOperation, judge_fresh, kPulls, kSucceeded);
const Property kDiscardOnlyNew =
    pull_property("settings-change-new-pulls-only",
                  "A restart, with a changed setting or without, changes nothing that is stored.",
                  "a flipped flag must not collect what was kept", "docs/cri/config.md",
                  Occasion::kStep, judge_only_new, {}, kRestartStep);
const Property kPullsAddLabels =
    pull_property("pulls-add-labels", "A pull takes no label away from content or snapshots.",
                  "one client's labels must not vanish when another pulls", "images/handlers.go",
                  Occasion::kStep, judge_content_labels, kPullsAndFetches, 0);
const Property kPullKeepsRecordLabels = {
    .name = "pull-keeps-record-labels",
    .family = "images",
    .statement = "A pull takes no label away from an image record that it updates.",
    .why = "labels of operators and of CRI sit there",
    .source = "client/pull.go createNewImage",
    .occasion = Occasion::kStep,
    .judge = judge_record_labels,
    .needs = kUninterrupted,
    .operations = kPullsAndFetches,
    .claim = [](const Profile&, const Policy&) { return Claim::kRefuted; },
    .claimed = "nowhere: the record is replaced, labels and all",
};

}  // namespace sweepcheck
