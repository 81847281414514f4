// A fleet and its registries: which images can still be brought back, and what loses them.
#include <algorithm>

#include "model/inspect.hpp"
#include "properties/builtin/families.hpp"
#include "properties/facts/image_facts.hpp"
#include "properties/facts/shared_facts.hpp"

namespace sweepcheck {
namespace {

// Calls `visit` for each image that this step made unrecoverable: on kCopiesLost.
template <typename Visit>
void for_each_loss(const Moment& moment, Visit&& visit) {
  for (std::size_t i = 0; i < moment.images.size(); ++i) {
    // As long as a registry serves it, nothing on a node matters.
    if (served(moment, i, When::kAfter)) continue;
    if (!recoverable(moment, i, When::kBefore) || held(moment, i, When::kAfter)) continue;
    visit(moment.images[i]);
  }
}

std::string name_of(const Moment& moment, BlobId image) {
  return moment.catalog().display(moment.catalog().blob(image).digest);
}

void judge_recoverable(const Moment& moment, Violations& violations) {
  const StringId platform = fleet_platform(moment);
  for (const Node& node : moment.world.nodes) {
    if (!node.running) return;
  }
  // Who can't be asked serves nothing now; that is not a loss, so other properties don't look at
  // it.
  for (const Registry& registry : moment.world.registries) {
    if (!registry.available) return;
  }
  for (std::size_t i = 0; i < moment.images.size(); ++i) {
    const BlobId image = moment.images[i];
    const bool found = is_recoverable(moment.world, image, platform);
    if (found == recoverable(moment, i, When::kAfter)) continue;
    violations.push_back(name_of(moment, image) +
                         (found ? " is said to be recoverable, and nobody has it"
                                : " is somewhere, and is said not to be recoverable"));
  }
}

void judge_never_recovers(const Moment& moment, Violations& violations) {
  const bool deletion = moment.action == ActionKind::kCollect ||
                        (moment.operation && moment.operation->request.type->takes_copies);
  if (!deletion) return;
  for (std::size_t i = 0; i < moment.images.size(); ++i) {
    if (!recoverable(moment, i, When::kAfter) || recoverable(moment, i, When::kBefore)) continue;
    violations.push_back(name_of(moment, moment.images[i]) +
                         " was lost, and a deletion brings it back");
  }
}

// True if a record pointed to the image and now points elsewhere: a tag that is moved, or CRI's
// record by image id, which goes from an index to its member when that is pulled.
bool is_moved_away(const Moment& moment, BlobId image) {
  for (std::size_t i = 0; i < moment.before.size(); ++i) {
    const State& after = moment.world.nodes[i].state;
    for (const ObjectId record : moment.catalog().root_candidates()) {
      if (moment.catalog().kind(record) != ObjectKind::kImage) continue;
      if (!moment.before[i].has(record) || !after.has(record)) continue;
      if (target_of(moment.catalog(), moment.before[i], record) == image &&
          target_of(moment.catalog(), after, record) != image) {
        return true;
      }
    }
  }
  return false;
}

// Whatever loses an image deletes something or collects: nothing is lost by adding.
void judge_cause(const Moment& moment, Violations& violations) {
  for_each_loss(moment, [&](BlobId image) {
    if (moment.collection_count > 0 || moment.action == ActionKind::kCollect) return;
    if (is_moved_away(moment, image)) return;
    if (moment.operation) {
      const OperationType& type = *moment.operation->request.type;
      if (type.takes_copies || type.cuts_paths) return;
      violations.push_back(name_of(moment, image) + " is lost by " + std::string(type.name));
    } else {
      violations.push_back(name_of(moment, image) + " is lost, and nothing was deleted");
    }
  });
}

void judge_nothing_lost(const Moment& moment, Violations& violations) {
  if (moment.past.discarded || moment.past.registry_deletions) return;
  for (std::size_t i = 0; i < moment.images.size(); ++i) {
    if (!served(moment, i, When::kBefore) || served(moment, i, When::kAfter)) continue;
    violations.push_back(name_of(moment, moment.images[i]) +
                         " is no longer served, without discard and without deletion");
  }
}

// An image that some node can start a container of is expected to be safe.
void judge_stays(const Moment& moment, Violations& violations) {
  const Catalog& catalog = moment.catalog();
  for_each_loss(moment, [&](BlobId image) {
    for (const Node& node : moment.world.nodes) {
      for (const ObjectId record : catalog.root_candidates()) {
        if (catalog.kind(record) != ObjectKind::kImage || !node.state.has(record)) continue;
        if (target_of(catalog, node.state, record) != image) continue;
        if (!is_unpacked(catalog, node.state, catalog.key(record).space,
                         catalog.find(node.policy->cri.snapshotter), image,
                         fleet_platform(moment))) {
          continue;
        }
        violations.push_back(name_of(moment, image) + " is lost, and a node still has it unpacked");
        return;
      }
    }
  });
}

constexpr Property fleet(std::string_view name, std::string_view statement, std::string_view why,
                         std::string_view source, Occasion occasion,
                         void (*judge)(const Moment&, Violations&), std::uint32_t needs = 0) {
  return {.name = name,
          .family = "fleet",
          .statement = statement,
          .why = why,
          .source = source,
          .occasion = occasion,
          .judge = judge,
          .needs = needs};
}

}  // namespace

const Property kRecoverable = fleet(
    "recoverable-is-exact",
    "An image is recoverable if and only if some node can export it or some registry serves it.",
    "what is lost must not be called safe", "model/inspect.hpp", Occasion::kEnd, judge_recoverable);
const Property kDeletionNeverRecovers =
    fleet("deletion-never-recovers", "No deletion and no collection brings a lost image back.",
          "losses are final; a model where they are not counts wrong",
          "docs.docker.com distribution, garbage collection", Occasion::kStep, judge_never_recovers,
          kCopiesGained);
const Property kLossHasCause = fleet(
    "loss-has-a-cause",
    "An image is lost by a deletion, a record that moves to another or a collection only, never "
    "by adding.",
    "each loss must name the operation that caused it", "docs/properties.md", Occasion::kStep,
    judge_cause, kCopiesLost);
const Property kNothingLost =
    fleet("nothing-lost-without-deletion",
          "With discard off and no registry deletion, no image that a registry served is lost.",
          "the baseline that every risk is measured against", "core/metadata/gc.go",
          Occasion::kStep, judge_nothing_lost, kRegistriesChanged | kUntampered);
const Property kStaysRecoverable{
    .name = "unpacked-stays-recoverable",
    .family = "fleet",
    .statement = "An image that some node has a record of, and unpacked, stays recoverable.",
    .why = "operators take what runs for what they have",
    .source = "containerd#9277; registry retention",
    .occasion = Occasion::kStep,
    .judge = judge_stays,
    .needs = kUntampered | kCopiesLost,
    .claim =
        [](const Profile&, const Policy& policy) {
          return policy.cri.discard_unpacked_layers ? Claim::kRefuted : Claim::kSilent;
        },
    .claimed =
        "nowhere; known to be false with discard: what was discarded goes with the "
        "registry's clean-up",
};

}  // namespace sweepcheck
