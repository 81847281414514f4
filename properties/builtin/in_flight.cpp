// Work in flight: what a collection between two steps of an operation, or the death of its client,
// may do. An operation's outcome is held against the same operation without the interruption.
#include "model/catalog/facts.hpp"
#include "model/collector.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

// Longer than any lease that a client makes for one operation.
constexpr Duration kPastEveryLease = 25 * kHour;

// An operation's own lease lives so long.
constexpr Duration kLeaseLifetime = 24 * kHour;

// True if nothing but collections came while the operation was stopped, and no more time than its
// lease has.
bool only_collections_came(const Moment& moment) {
  return (moment.between & kCollections) != 0 && (moment.between & kOthers) == 0 &&
         moment.world.now - moment.began < kLeaseLifetime;
}

// The same operation in one go, the collection before it or after it, then or now: what all of them
// lead to, the collection in between must lead to as well. `visit` sees where each leads, and says
// whether the next is wanted. False if one fails, or is not wanted. Works in the scratch's world
// and collection.
template <typename Visit>
bool succeeds_in_one_go(const Moment& moment, Visit&& visit) {
  for (const Time time : {moment.began, moment.world.now}) {
    for (const bool collects_first : {true, false}) {
      World& world = scratch(moment).copy_of(*moment.world_at_begin);
      world.now = time;
      if (collects_first) world.collect(moment.node);
      Operation operation = begin(world, moment.operation->request);
      finish(world, operation);
      if (operation.status != OperationStatus::kDone) return false;
      State& state = world.node(moment.node).state;
      sweep_state(moment.catalog(), moment.profile(), moment.world.now, state,
                  scratch(moment).collection);
      if (!visit(state)) return false;
    }
    if (moment.began == moment.world.now) break;
  }
  return true;
}

// image.Unpack looks for each snapshot first, and leases only what it makes itself. ctr does it
// after a local pull or import, for a container, and on demand.
bool unpacks_what_is_stored(const Moment& moment) {
  if (moment.is("unpack") || moment.is("create-container")) return true;
  if (!moment.is("pull") && !moment.is("import")) return false;
  return is_local_ctr(moment) && !moment.operation->request.no_unpack;
}

void find_failure(const Moment& moment, Violations& violations) {
  if (!moment.failed()) return;
  if (!succeeds_in_one_go(moment, [](const State&) { return true; })) return;
  violations.push_back("a collection between its steps makes " +
                       std::string(moment.operation->request.type->name) +
                       " fail: " + failure_text(moment.catalog(), moment.operation->failure));
}

// What was discarded, and not yet collected, is there for a pull that comes before the collection
// only: such a layer is missing afterwards, and no hole.
bool counts_for_a_hole(const Moment& moment, ObjectId object) {
  switch (moment.catalog().kind(object)) {
    case ObjectKind::kContent: {
      const BlobId blob = moment.catalog().blob_of(object);
      return !moment.past.discarded || blob == kNone<BlobId> ||
             !is_layer(moment.catalog().blob(blob).media, moment.profile());
    }
    case ObjectKind::kSnapshot:
    case ObjectKind::kImage:
    case ObjectKind::kContainer:
      return true;
    default:
      return false;
  }
}

void find_hole(const Moment& moment, Violations& violations) {
  if (!moment.succeeded()) return;
  const Catalog& catalog = moment.catalog();
  State& found = scratch(moment).state;
  found = moment.state();
  // What is looked for are records, whatever files there are.
  sweep_state(catalog, moment.profile(), moment.world.now, found, scratch(moment).collection);
  // What each of them has and this has not. Mostly the first says that there is nothing.
  std::vector<ObjectId>& missing = scratch(moment).objects;
  bool first = true;
  const bool holed = succeeds_in_one_go(moment, [&](const State& state) {
    if (first) {
      missing.clear();
      for_each_added(found.objects, state.objects, [&](std::uint32_t index) {
        const auto object = static_cast<ObjectId>(index);
        if (counts_for_a_hole(moment, object)) missing.push_back(object);
      });
    }
    first = false;
    std::erase_if(missing, [&](ObjectId object) { return !state.has(object); });
    return !missing.empty();
  });
  if (!holed) return;
  for (const ObjectId object : missing) {
    violations.push_back("after a collection between its steps " +
                         std::string(moment.operation->request.type->name) + " succeeds without " +
                         catalog.describe(object));
  }
}

void judge_harmless(const Moment& moment, Violations& violations) {
  if (!only_collections_came(moment) || unpacks_what_is_stored(moment)) return;
  find_failure(moment, violations);
}

void judge_hole(const Moment& moment, Violations& violations) {
  if (!only_collections_came(moment) || unpacks_what_is_stored(moment)) return;
  find_hole(moment, violations);
}

void judge_stored(const Moment& moment, Violations& violations) {
  if (!only_collections_came(moment) || !unpacks_what_is_stored(moment)) return;
  find_failure(moment, violations);
  find_hole(moment, violations);
}

// True if a file belongs to no record: nobody will ever look at it again.
bool is_orphan(const Catalog& catalog, const State& state, ObjectId object) {
  const ObjectKey& key = catalog.key(object);
  if (key.kind == ObjectKind::kBlobFile) return !needs_file(catalog, state, key.key);
  if (key.kind != ObjectKind::kSnapshotDirectory) return false;
  bool named = false;
  for_each_true(catalog, state, Meaning::kDirectory,
                [&](FactId fact) { named = named || catalog.target(fact) == object; });
  return !named;
}

// A day later and after a collection, what is new is there because a lasting root reaches it, such
// as a record that was finished before the kill: everything but leases, ingests and orphaned files.
void judge_leaks(const Moment& moment, Violations& violations) {
  if ((moment.between & ~kCollections) != 0) return;
  const Catalog& catalog = moment.catalog();
  const auto a_day_later = [&](const World& from) {
    World& world = scratch(moment).copy_of(from);
    world.now = moment.world.now + kPastEveryLease;
    world.collect(moment.node);
    return State(world.node(moment.node).state);
  };
  const State left = a_day_later(moment.world);
  const State clean = a_day_later(*moment.world_at_begin);
  left.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (clean.has(object)) return;
    const ObjectKind kind = catalog.kind(object);
    const bool leaks = kind == ObjectKind::kLease || kind == ObjectKind::kIngest ||
                       kind == ObjectKind::kIngestFile || is_orphan(catalog, left, object);
    if (!leaks) return;
    violations.push_back("a killed client of " + std::string(moment.operation->request.type->name) +
                         " leaves " + catalog.describe(object) + " for good");
  });
}

// Before 1.7.23 the unpacker beside a pull looked for a snapshot first, too (containerd PR#10723).
// The claim goes by the release: a profile that brings the fault back is caught.
Claim claim_of_unpacker(const Profile& profile, const Policy&) {
  return profile.version >= Version{1, 7, 0} ? Claim::kHolds : Claim::kRefuted;
}
constexpr std::string_view kLeasedUnpack =
    "from 1.7 on; known to be false in 1.6: a snapshot that the unpacker only found is in no lease";

// A hole of that kind is too rare to be claimed to be found.
Claim claim_of_holes(const Profile& profile, const Policy&) {
  return profile.version >= Version{1, 7, 0} ? Claim::kHolds : Claim::kSilent;
}

// It needs a collection at one step of dozens; from 2.0 on few operations are open to it, too few
// for a refutation to be claimed to be found.
Claim claim_of_stored(const Profile& profile, const Policy&) {
  return profile.ctr_engine == Engine::kLocal ? Claim::kRefuted : Claim::kSilent;
}

constexpr Property in_flight(std::string_view name, std::string_view statement,
                             std::string_view why, std::string_view source,
                             void (*judge)(const Moment&, Violations&), std::uint32_t needs) {
  return {.name = name,
          .family = "in-flight",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = Occasion::kOperation,
          .judge = judge,
          .needs = needs};
}

}  // namespace

const Property kInterruptionHarmless{
    .name = "collection-between-steps",
    .family = "in-flight",
    .statement =
        "A collection between any two steps of an operation, within its lease's lifetime, does not "
        "make it fail, unless it unpacks what is stored.",
    .why = "the collector runs when it wants to; a lease is the only protection",
    .source = "containerd#3787, PR#10723",
    .occasion = Occasion::kOperation,
    .judge = judge_harmless,
    .needs = kInterrupted | kFailed | kOnNode,
    .claim = claim_of_unpacker,
    .claimed = kLeasedUnpack,
};
const Property kNoHole{
    .name = "no-hole",
    .family = "in-flight",
    .statement =
        "An operation, unless it unpacks what is stored, that succeeds in spite of a collection "
        "between its steps has all that it would have without, but for layers that were discarded "
        "before.",
    .why = "an image that was pulled with a hole fails later, elsewhere",
    .source = "containerd#3787, PR#10723, PR#2876",
    .occasion = Occasion::kOperation,
    .judge = judge_hole,
    .needs = kInterrupted | kSucceeded | kOnNode,
    .claim = claim_of_holes,
    .claimed = "from 1.7 on; in 1.6 a snapshot that the unpacker only found is in no lease",
};
const Property kKilledClientLeaks = in_flight(
    "killed-client-leaks-nothing",
    "What a killed client leaves, if only collections came while it was at work, goes with the "
    "first collection after its lease has expired.",
    "clients die; the disk must not fill up with their halves", "client/pull.go, WithLease",
    judge_leaks, kKillStep | kKilled | kInterrupted | kOnNode);

const Property kStoredUnpack{
    .name = "stored-unpack-between-collections",
    .family = "in-flight",
    .statement =
        "A collection between two steps of an unpack of what is stored (image.Unpack) neither "
        "makes it fail nor leaves a hole.",
    .why = "ctr unpacks so after its own pulls and imports, and for containers",
    .source = "client/image.go Unpack, pkg/rootfs/apply.go",
    .occasion = Occasion::kOperation,
    .judge = judge_stored,
    .needs = kInterrupted | kOnNode,
    .claim = claim_of_stored,
    .claimed =
        "nowhere: it looks for each snapshot, and leases only what it makes; known to be false "
        "before 2.0, where ctr pulls so",
};

}  // namespace sweepcheck
