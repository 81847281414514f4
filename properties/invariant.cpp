#include "properties/invariant.hpp"

#include <array>

#include "model/collector.hpp"
#include "properties/reference_collector.hpp"

namespace sweepcheck {
namespace {

template <typename Visit>
void for_each_of(const World& world, const State& state, ObjectKind kind, Visit&& visit) {
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (world.catalog().kind(object) == kind) visit(object);
  });
}

void check_parents(const World& world, NodeId id, Violations& violations) {
  const Catalog& catalog = world.catalog();
  const State& state = world.node(id).state;
  for_each_of(world, state, ObjectKind::kSnapshot, [&](ObjectId snapshot) {
    catalog.for_each_owned(snapshot, [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kParent || !state.has(fact)) return;
      if (state.has(catalog.target(fact))) return;
      violations.push_back(catalog.describe(snapshot) + " has lost its parent " +
                           catalog.display(catalog.key(catalog.target(fact)).key));
    });
  });
}

void check_containers(const World& world, NodeId id, Violations& violations) {
  const Catalog& catalog = world.catalog();
  const State& state = world.node(id).state;
  for_each_of(world, state, ObjectKind::kContainer, [&](ObjectId container) {
    bool running = false;
    ObjectId snapshot = kNone<ObjectId>;
    catalog.for_each_owned(container, [&](FactId fact) {
      if (!state.has(fact)) return;
      running = running || catalog.meaning(fact) == Meaning::kRunning;
      if (catalog.meaning(fact) == Meaning::kContainerSnapshot) snapshot = catalog.target(fact);
    });
    if (running && snapshot != kNone<ObjectId> && !state.has(snapshot)) {
      violations.push_back(catalog.describe(container) + " runs without its snapshot");
    }
  });
}

void check_directories(const World& world, NodeId id, Violations& violations) {
  const Catalog& catalog = world.catalog();
  const State& state = world.node(id).state;
  for_each_of(world, state, ObjectKind::kSnapshot, [&](ObjectId snapshot) {
    catalog.for_each_owned(snapshot, [&](FactId fact) {
      if (catalog.meaning(fact) != Meaning::kDirectory || !state.has(fact)) return;
      if (state.has(catalog.target(fact))) return;
      violations.push_back(catalog.describe(snapshot) + " has lost its directory");
    });
  });
}

void check_facts(const World& world, NodeId id, Violations& violations) {
  const Catalog& catalog = world.catalog();
  const State& state = world.node(id).state;
  state.facts.for_each([&](std::uint32_t index) {
    const auto fact = static_cast<FactId>(index);
    if (state.has(catalog.owner(fact))) return;
    violations.push_back(catalog.describe(fact) +
                         " is true of what is not there: " + catalog.describe(catalog.owner(fact)));
  });
}

constexpr std::array kInvariants{
    Invariant{"snapshot-parents", "Every snapshot's parent is there.",
              "a chain with a hole cannot be mounted (containerd#3787, #2382)", check_parents},
    Invariant{"running-containers", "A running container has its snapshot.",
              "no removal and no collection may touch what runs (containerd#9298)",
              check_containers},
    Invariant{"snapshot-directories", "Every snapshot has its directory in the backend.",
              "metadata and backend must agree (containerd#3051)", check_directories},
    Invariant{"facts-have-owners", "What is true of an object goes with it.",
              "labels and parents live in the object's own bucket", check_facts},
};

}  // namespace

std::span<const Invariant> invariants() { return kInvariants; }

void check_collection(const World& world, NodeId id, const State& before,
                      std::span<const ObjectId> swept, Violations& violations) {
  const Catalog& catalog = world.catalog();
  const Profile& profile = *world.node(id).profile;
  const Bits reachable = reference_reachable(catalog, profile, before, world.now);
  Bits removed;
  for (const ObjectId object : swept) {
    removed.set(index_of(object));
    if (is_collectable(catalog.kind(object), profile) && reachable.test(index_of(object))) {
      violations.push_back(catalog.describe(object) + " was swept, but a root reaches it");
    }
  }
  before.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (is_collectable(catalog.kind(object), profile) && !reachable.test(index) &&
        !removed.test(index)) {
      violations.push_back(catalog.describe(object) + " stays, but no root reaches it");
    }
  });
}

}  // namespace sweepcheck
