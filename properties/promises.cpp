// What an operation promises by its success, beyond what it was asked for: a record, labels that
// hold what it brought, no leftovers. All of it is about operations in one go.
#include "model/collector.hpp"
#include "properties/families.hpp"
#include "properties/image_facts.hpp"

namespace sweepcheck {
namespace {

bool in_one_go(const Moment& moment) {
  return moment.node != kNone<NodeId> && moment.operation != nullptr && moment.uninterrupted() &&
         moment.happening == Happening::kOperation;
}

bool brings_an_image(const Moment& moment) {
  return moment.is("pull") || moment.is("fetch") || moment.is("import");
}

// Visits what the step added on the node, or took away.
template <typename Visit>
void for_each_new(const Bits& before, const Bits& after, Visit&& visit) {
  after.for_each([&](std::uint32_t index) {
    if (!before.test(index)) visit(index);
  });
}

void judge_record(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || !moment.succeeded()) return;
  const bool tags = moment.is("tag");
  if (!moment.is("pull") && !moment.is("fetch") && !tags) return;
  const Request& request = *moment.operation->request;
  const Catalog& catalog = moment.catalog();
  const StringId name = tags ? request.to : request.name;
  const BlobId found =
      target_of(catalog, moment.state(), record_of(catalog, moment.state(), request.space, name));
  const BlobId wanted =
      tags ? target_of(catalog, *moment.at_begin,
                       record_of(catalog, *moment.at_begin, request.space, request.name))
           : moment.operation->target;
  // By its reference, CRI's record may be under another name.
  if (found == wanted && found != kNone<BlobId>) return;
  violations.push_back(std::string(request.type->name) + " succeeds and leaves no record " +
                       catalog.display(name) + " of what it brought");
}

// What an image has when it has come is what it has after the next collection.
void judge_hold(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || !moment.succeeded() || moment.operation->plan.discard) return;
  if (!moment.is("pull") || moment.past.tampered || moment.past.discarded) return;
  const Request& request = *moment.operation->request;
  const Catalog& catalog = moment.catalog();
  const Node& node = moment.world.node(moment.node);
  const StringId platform = platform_of(catalog, node);
  const BlobId target = moment.operation->target;
  State later = moment.state();
  collect_state(catalog, moment.profile(), moment.world.now, later);
  const std::string image = "image " + catalog.display(request.name);
  if (is_whole(catalog, moment.state(), request.space, target, platform) &&
      !is_whole(catalog, later, request.space, target, platform)) {
    violations.push_back(image + " was pulled, and the next collection takes some of it");
  }
  const StringId snapshotter = moment.operation->plan.snapshotter;
  const bool unpacked = moment.operation->plan.unpacker && !request.all_platforms;
  if (unpacked &&
      is_unpacked(catalog, moment.state(), request.space, snapshotter, target, platform) &&
      !is_unpacked(catalog, later, request.space, snapshotter, target, platform)) {
    violations.push_back(image + " was pulled, and the next collection takes its snapshots");
  }
}

void judge_sync(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || !moment.succeeded() || !moment.operation->request->sync) return;
  const Catalog& catalog = moment.catalog();
  const Request& request = *moment.operation->request;
  if (moment.is("remove-image")) {
    const StringId last = request.names.empty() ? request.name : request.names.back();
    if (record_of(catalog, *moment.at_begin, request.space, last) == kNone<ObjectId>) return;
  } else if (!moment.is("delete-lease")) {
    return;
  }
  if (moment.collection_count > 0) return;
  violations.push_back(std::string(request.type->name) + " --sync returns without a collection");
}

void judge_leftovers(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || moment.operation->running()) return;
  if (moment.operation->status == OperationStatus::kKilled) return;
  const Catalog& catalog = moment.catalog();
  for_each_new(moment.at_begin->objects, moment.state().objects, [&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    const ObjectKey& key = catalog.key(object);
    const bool lease = key.kind == ObjectKind::kLease && !moment.is("create-lease") &&
                       catalog.text(key.key).starts_with("lease-");
    const bool active = key.kind == ObjectKind::kSnapshot &&
                        catalog.text(key.key).starts_with("extract-") &&
                        !moment.profile().active_snapshot_kept_on_fetch_failure;
    if (!lease && !active) return;
    violations.push_back(std::string(moment.operation->request->type->name) + " ends and leaves " +
                         catalog.describe(object));
  });
}

void judge_roots(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || !brings_an_image(moment)) return;
  const Catalog& catalog = moment.catalog();
  for_each_new(moment.at_begin->facts, moment.state().facts, [&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (catalog.meaning(fact) != Meaning::kRoot) return;
    violations.push_back(std::string(moment.operation->request->type->name) + " makes a root of " +
                         catalog.describe(catalog.owner(fact)));
  });
}

// A manifest that comes with discarding gets no label for a layer.
void judge_discard(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || !moment.succeeded() || !moment.operation->plan.discard) return;
  if (!brings_an_image(moment)) return;
  const Catalog& catalog = moment.catalog();
  for_each_new(moment.at_begin->facts, moment.state().facts, [&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (!catalog.is_label(fact) || catalog.meaning(fact) != Meaning::kRefContent) return;
    const BlobId named = catalog.blob_of(catalog.target(fact));
    if (named == kNone<BlobId> || !is_layer(catalog.blob(named).media, moment.profile())) return;
    violations.push_back("a discarding " + std::string(moment.operation->request->type->name) +
                         " labels " + catalog.describe(catalog.owner(fact)) + " with a layer");
  });
}

// Who removes a lease before its time takes the ground from under somebody's feet.
void judge_kept_leases(const Moment& moment, Violations& violations) {
  if (!in_one_go(moment) || moment.is("delete-lease") || moment.is("delete-namespace")) return;
  const Catalog& catalog = moment.catalog();
  for_each_new(moment.state().objects, moment.at_begin->objects, [&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (catalog.kind(object) != ObjectKind::kLease) return;
    const auto expiry = moment.at_begin->scalar(object, ScalarKind::kExpiry);
    if (expiry && *expiry < moment.world.now) return;
    violations.push_back(std::string(moment.operation->request->type->name) + " takes away " +
                         catalog.describe(object));
  });
}

// A registry's own collection takes nothing of what a tag names.
void judge_registry_collection(const Moment& moment, Violations& violations) {
  if (!moment.is("collect-registry") || !moment.succeeded()) return;
  const Catalog& catalog = moment.catalog();
  for (std::size_t i = 0; i < moment.world.registries.size(); ++i) {
    const Registry& registry = moment.world.registries[i];
    for (const BlobId image : moment.images) {
      // An index's manifests have no tag, so --delete-untagged may take them.
      if (catalog.blob(image).media == MediaClass::kIndex) continue;
      bool tagged = false;
      registry.state.facts.for_each([&](std::uint32_t index) {
        const auto fact = static_cast<FactId>(index);
        if (catalog.meaning(fact) != Meaning::kTarget) return;
        const ObjectId target = catalog.target(fact);
        tagged = tagged || (target != kNone<ObjectId> &&
                            catalog.key(target).key == catalog.blob(image).digest);
      });
      if (!tagged ||
          !is_served(catalog, registry.host, moment.registries_before[i], image, kNone<StringId>)) {
        continue;
      }
      if (is_served(catalog, registry.host, registry.state, image, kNone<StringId>)) continue;
      violations.push_back("a registry's collection takes blobs of the tagged image " +
                           catalog.display(catalog.blob(image).digest));
    }
  }
}

constexpr Property promise(std::string_view name, std::string_view statement, std::string_view why,
                           std::string_view source, void (*judge)(const Moment&, Violations&)) {
  return {.name = name,
          .family = "promises",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = Occasion::kOperation,
          .judge = judge};
}

}  // namespace

const Property kLeavesARecord = promise(
    "success-leaves-a-record", "A pull, fetch or tag that succeeds leaves the record of its image.",
    "what has no record is garbage", "containerd#13881", judge_record);
const Property kPullIsHeld =
    promise("pull-is-held", "What a pull without discard brought survives the next collection.",
            "labels are all that holds an image together", "images/handlers.go; containerd PR#2876",
            judge_hold);
const Property kSyncCollects =
    promise("sync-collects", "A synchronous deletion returns after a collection.",
            "who waits for it counts on the space", "moby PR#42020", judge_sync);
const Property kNoLeftovers = promise(
    "no-leftovers", "An operation that ends leaves neither its lease nor a half-made snapshot.",
    "leftovers hold what nobody wants", "client/lease.go, core/unpack", judge_leftovers);
const Property kNoNewRoots =
    promise("pulls-make-no-roots", "A pull, fetch or import makes nothing a root by label.",
            "such roots outlive the image", "containerd#1398, #1682", judge_roots);
const Property kDiscardLabelsNoLayer =
    promise("discard-labels-no-layer", "What comes with discarding gets no label for a layer.",
            "one such label, and nothing is saved", "pkg/cri/server/image_pull.go", judge_discard);
const Property kLeasesAreKept =
    promise("leases-are-kept", "Nothing but its own deletion or its expiry takes a lease away.",
            "a pull whose lease is gone loses its blobs", "moby#53321", judge_kept_leases);
const Property kRegistryKeepsTagged =
    promise("registry-keeps-tagged", "A registry's collection takes nothing that a tag names.",
            "the clean-up must not break what is in use", "distribution, garbagecollect.go",
            judge_registry_collection);

}  // namespace sweepcheck
