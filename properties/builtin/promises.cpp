// What an operation promises by its success, beyond what it was asked for: a record, labels that
// hold what it brought, no leftovers. Most of it is about operations in one go.
#include "model/collector.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

void judge_record(const Moment& moment, Violations& violations) {
  const bool tags = moment.is("tag");
  const Request& request = moment.operation->request;
  const Catalog& catalog = moment.catalog();
  const StringId name = tags ? request.to : request.name;
  const BlobId found =
      target_of(catalog, moment.state(), record_of(catalog, moment.state(), request.space, name));
  const BlobId wanted =
      tags ? target_of(catalog, *moment.at_begin,
                       record_of(catalog, *moment.at_begin, request.space, request.name))
           : moment.operation->target;
  if (found == wanted && found != kNone<BlobId>) return;
  violations.push_back(std::string(request.type->name) + " succeeds and leaves no record " +
                       catalog.display(name) + " of what it brought");
}

// Leaves an image's own records to hold what it has: no lease, container or root label, no other
// image. `others` is memory.
void let_only_hold(const Catalog& catalog, StringId space, BlobId target, State& state,
                   std::vector<ObjectId>& others) {
  others.clear();
  for_each_in(catalog.root_candidate_set(), state.objects, [&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const bool own = catalog.kind(object) == ObjectKind::kImage &&
                     catalog.key(object).space == space &&
                     target_of(catalog, state, object) == target;
    if (!own) others.push_back(object);
  });
  for (const ObjectId other : others) drop_object(catalog, state, other);
  state.facts.remove(catalog.root_facts());
}

// What an image has when it has come, its own record holds: through the labels that a pull sets.
void judge_hold(const Moment& moment, Violations& violations) {
  if (moment.operation->plan.discard) return;
  const Request& request = moment.operation->request;
  const Catalog& catalog = moment.catalog();
  const Node& node = moment.world.node(moment.node);
  const StringId platform = platform_of(catalog, node);
  const BlobId target = moment.operation->target;
  State& later = scratch(moment).state;
  later = moment.state();
  let_only_hold(catalog, request.space, target, later, scratch(moment).objects);
  sweep_state(catalog, moment.profile(), moment.world.now, later, scratch(moment).collection);
  const std::string image = "image " + catalog.display(request.name);
  if (is_whole(catalog, moment.state(), request.space, target, platform) &&
      !is_whole(catalog, later, request.space, target, platform)) {
    violations.push_back(image + " was pulled, and its record doesn't hold all of it");
  }
  const StringId snapshotter = moment.operation->plan.snapshotter;
  const bool unpacked = !request.no_unpack && !request.all_platforms &&
                        (moment.operation->plan.unpacker || is_local_ctr(moment));
  if (unpacked &&
      is_unpacked(catalog, moment.state(), request.space, snapshotter, target, platform) &&
      !is_unpacked(catalog, later, request.space, snapshotter, target, platform)) {
    violations.push_back(image + " was pulled, and its record doesn't hold its snapshots");
  }
}

void judge_sync(const Moment& moment, Violations& violations) {
  if (!moment.operation->request.sync) return;
  const Catalog& catalog = moment.catalog();
  const Request& request = moment.operation->request;
  if (moment.is("remove-image")) {
    const StringId last = request.names.empty() ? request.name : request.names.back();
    if (record_of(catalog, *moment.at_begin, request.space, last) == kNone<ObjectId>) return;
  }
  if (moment.collection_count > 0) return;
  violations.push_back(std::string(request.type->name) + " --sync returns without a collection");
}

void judge_leftovers(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (const ObjectId object : moment.change().objects_added) {
    const ObjectKey& key = catalog.key(object);
    const bool lease = key.kind == ObjectKind::kLease && !moment.is("create-lease") &&
                       catalog.text(key.key).starts_with("lease-");
    const bool active = key.kind == ObjectKind::kSnapshot &&
                        catalog.text(key.key).starts_with("extract-") &&
                        !moment.profile().active_snapshot_kept_on_fetch_failure;
    if (!lease && !active) continue;
    violations.push_back(std::string(moment.operation->request.type->name) + " ends and leaves " +
                         catalog.describe(object));
  }
}

void judge_roots(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (const FactId fact : moment.change().facts_added) {
    if (catalog.meaning(fact) != Meaning::kRoot) continue;
    violations.push_back(std::string(moment.operation->request.type->name) + " makes a root of " +
                         catalog.describe(catalog.owner(fact)));
  }
}

// A manifest that comes with discarding gets no label for a layer.
void judge_discard(const Moment& moment, Violations& violations) {
  if (!moment.operation->plan.discard) return;
  const Catalog& catalog = moment.catalog();
  for (const FactId fact : moment.change().facts_added) {
    if (catalog.meaning(fact) != Meaning::kRefContent || !catalog.is_label(fact)) continue;
    const BlobId named = catalog.blob_of(catalog.target(fact));
    if (named == kNone<BlobId> || !is_layer(catalog.blob(named).media, moment.profile())) continue;
    violations.push_back("a discarding " + std::string(moment.operation->request.type->name) +
                         " labels " + catalog.describe(catalog.owner(fact)) + " with a layer");
  }
}

// Who removes a lease before its time takes the ground from under somebody's feet.
void judge_kept_leases(const Moment& moment, Violations& violations) {
  if (moment.is("delete-lease") || moment.is("delete-namespace")) return;
  const Catalog& catalog = moment.catalog();
  for (const ObjectId object : moment.change().objects_removed) {
    if (catalog.kind(object) != ObjectKind::kLease) continue;
    const auto expiry = moment.at_begin->scalar(object, ScalarKind::kExpiry);
    if (expiry && *expiry < moment.world.now) continue;
    violations.push_back(std::string(moment.operation->request.type->name) + " takes away " +
                         catalog.describe(object));
  }
}

// A registry's own collection takes nothing of what a tag names, unless it is told to take what is
// untagged: then the members of a tagged index may go.
void judge_registry_collection(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.world.registries.size(); ++i) {
    const Registry& registry = moment.world.registries[i];
    const State& before = moment.registries_before[i];
    for_each_in(catalog.of_kind(ObjectKind::kTag), before.objects, [&](std::uint32_t index) {
      const auto tag = static_cast<ObjectId>(index);
      const BlobId image = target_of(catalog, before, tag);
      if (image == kNone<BlobId>) return;
      const bool is_index = catalog.blob(image).media == MediaClass::kIndex;
      if (is_index && moment.operation->request.delete_untagged) return;
      const auto serves = [&](const State& state) {
        return repository_serves(catalog, registry.host, catalog.key(tag).scope, state, image,
                                 kNone<StringId>);
      };
      if (!serves(before) || serves(registry.state)) return;
      violations.push_back("a registry's collection takes blobs of the tagged image " +
                           catalog.display(catalog.blob(image).digest));
    });
  }
}

// What a push says that it has done, the registry has.
void judge_pushed(const Moment& moment, Violations& violations) {
  const Request& request = moment.operation->request;
  if (!request.platforms.empty()) return;
  const Catalog& catalog = moment.catalog();
  const StringId to = request.to == kNone<StringId> ? request.name : request.to;
  const ReferenceParts parts = catalog.find_reference(catalog.text(to));
  const Registry* registry = moment.world.find_registry(parts.host);
  const BlobId target = moment.operation->target;
  if (!registry || registry->descriptor_cache) return;
  BlobId named = target;
  // Without a tag, or with a digest, it is pushed by its digest, and gets none.
  if (parts.digest == kNone<StringId> && parts.tag != kNone<StringId>) {
    const ObjectId tag =
        catalog.find_object({ObjectKind::kTag, parts.host, parts.repository, parts.tag});
    const bool there = tag != kNone<ObjectId> && registry->state.has(tag);
    named = there ? target_of(catalog, registry->state, tag) : kNone<BlobId>;
  }
  if (named == target && repository_serves(catalog, parts.host, parts.repository, registry->state,
                                           target, kNone<StringId>)) {
    return;
  }
  violations.push_back("a push succeeds, and the registry doesn't serve " + catalog.display(to));
}

// A registry takes no manifest without what that lists: not even if it lost it during the push.
void judge_taken(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.world.registries.size(); ++i) {
    const Registry& registry = moment.world.registries[i];
    if (registry.descriptor_cache) continue;
    for_each_added(moment.registries_before[i].objects, registry.state.objects,
                   [&](std::uint32_t index) {
                     const auto object = static_cast<ObjectId>(index);
                     const ObjectKey& key = catalog.key(object);
                     if (key.kind != ObjectKind::kRepositoryManifest) return;
                     if (repository_serves(catalog, registry.host, key.scope, registry.state,
                                           catalog.blob_of(object), kNone<StringId>)) {
                       return;
                     }
                     violations.push_back("a registry takes " + catalog.display(key.key) +
                                          " without the blobs that it lists");
                   });
  }
}

constexpr std::array<std::string_view, 1> kPulls{"pull"};
constexpr std::array<std::string_view, 1> kPushes{"push"};
constexpr std::array<std::string_view, 3> kRecorders{"pull", "fetch", "tag"};
constexpr std::array<std::string_view, 3> kBringers{"pull", "fetch", "import"};
constexpr std::array<std::string_view, 2> kSynchronous{"remove-image", "delete-lease"};
constexpr std::array<std::string_view, 1> kRegistryCollections{"collect-registry"};

constexpr Property promise(std::string_view name, std::string_view statement, std::string_view why,
                           std::string_view source, void (*judge)(const Moment&, Violations&),
                           std::uint32_t needs, std::span<const std::string_view> operations,
                           std::uint32_t losses = 0, std::uint32_t gains = 0) {
  return {.name = name,
          .family = "promises",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = Occasion::kOperation,
          .judge = judge,
          .needs = needs,
          .operations = operations,
          .losses = losses,
          .gains = gains};
}

}  // namespace

const Property kLeavesARecord = promise(
    "success-leaves-a-record", "A pull, fetch or tag that succeeds leaves the record of its image.",
    "what has no record is garbage", "containerd#13881", judge_record, kInOneGo | kSucceeded,
    kRecorders);
const Property kPullIsHeld =
    promise("pull-is-held",
            "What a pull without discard brought is held by its own "
            "record, unless labels are changed by hand.",
            "labels are all that holds an image together", "images/handlers.go; containerd PR#2876",
            judge_hold, kInOneGo | kSucceeded | kUntampered, kPulls);
const Property kSyncCollects =
    promise("sync-collects", "A synchronous deletion returns after a collection.",
            "who waits for it counts on the space", "moby PR#42020", judge_sync,
            kInOneGo | kSucceeded, kSynchronous);
const Property kNoLeftovers = promise(
    "no-leftovers", "An operation that ends leaves neither its temporary lease nor an extraction.",
    "leftovers hold what nobody wants", "client/lease.go, core/unpack", judge_leftovers, kInOneGo,
    {}, 0, kind_bit(ObjectKind::kLease) | kind_bit(ObjectKind::kSnapshot));
const Property kNoNewRoots = promise(
    "pulls-make-no-roots", "A pull, fetch or import makes nothing a root by label.",
    "such roots outlive the image", "containerd#1398, #1682", judge_roots, kInOneGo, kBringers);
const Property kDiscardLabelsNoLayer =
    promise("discard-labels-no-layer", "What comes with discarding gets no label for a layer.",
            "one such label, and nothing is saved", "pkg/cri/server/image_pull.go", judge_discard,
            kInOneGo | kSucceeded, kBringers);
const Property kLeasesAreKept =
    promise("leases-are-kept",
            "No operation takes a lease away before it has expired, but its own deletion.",
            "a pull whose lease is gone loses its blobs", "moby#53321", judge_kept_leases, kInOneGo,
            {}, kind_bit(ObjectKind::kLease));
const Property kRegistryKeepsTagged =
    promise("registry-keeps-tagged", "A registry's collection takes nothing that a tag names.",
            "the clean-up must not break what is in use", "distribution, garbagecollect.go",
            judge_registry_collection, kSucceeded, kRegistryCollections);

const Property kPushIsServed = promise("push-is-served",
                                       "What a push of all platforms says that it has pushed, a "
                                       "registry without a descriptor cache serves by its name.",
                                       "the next node pulls it", "core/remotes/docker/pusher.go",
                                       judge_pushed, kInOneGo | kSucceeded, kPushes);
const Property kRegistryTakesWhole{
    .name = "registry-takes-whole-manifests",
    .family = "promises",
    .statement = "A registry takes no manifest from a push whose blobs or members it lacks.",
    .why = "a tag that can't be pulled is found out when it is needed",
    .source = "distribution, manifestblobs; distribution#3045",
    .occasion = Occasion::kStep,
    .judge = judge_taken,
    .needs = kRegistriesChanged,
    .operations = kPushes,
};

}  // namespace sweepcheck
