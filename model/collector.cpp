#include "model/collector.hpp"

#include <string_view>
#include <utility>

#include "model/catalog/facts.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

constexpr std::pair<Mutant, Meaning> kIgnoredByMutants[] = {
    {Mutant::kContentReferenceIgnored, Meaning::kRefContent},
    {Mutant::kSnapshotReferenceIgnored, Meaning::kRefSnapshot},
    {Mutant::kImageTargetIgnored, Meaning::kTarget},
    {Mutant::kParentIgnored, Meaning::kParent},
    {Mutant::kContainerSnapshotIgnored, Meaning::kContainerSnapshot},
    {Mutant::kIngestExpectedIgnored, Meaning::kIngestExpected},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The time that a snapshot's value label states, if any.
std::optional<Time> used_at(const Catalog& catalog, const State& state, ObjectId snapshot) {
  std::optional<Time> found;
  for_each_true(catalog, state, snapshot, [&](FactId fact) {
    if (catalog.meaning(fact) == Meaning::kUsedAt) {
      found = parse_rfc3339(catalog.text(catalog.value(fact)));
    }
  });
  return found;
}

// "usedat<DURATION" and "usedat>DURATION", several joined by ',' as alternatives; other names and
// operators are skipped (core/metadata/gc.go, 2.3).
bool condition_holds(const Catalog& catalog, const State& state, Time now, FactId fact) {
  const std::optional<Time> used = used_at(catalog, state, catalog.target(fact));
  if (!used) return false;
  std::string_view whole = catalog.text(catalog.value(fact));
  whole = whole.substr(0, whole.find('|'));
  while (!whole.empty()) {
    const std::size_t comma = whole.find(',');
    const std::string_view condition = trimmed(whole.substr(0, comma));
    whole = comma == std::string_view::npos ? std::string_view{} : whole.substr(comma + 1);
    constexpr std::string_view kUsedAt = "usedat";
    if (!condition.starts_with(kUsedAt) || condition.size() <= kUsedAt.size()) continue;
    const char comparison = condition[kUsedAt.size()];
    const auto limit = parse_duration(trimmed(condition.substr(kUsedAt.size() + 1)));
    if (!limit) continue;
    if (comparison == '<' && now - *used < *limit) return true;
    if (comparison == '>' && now - *used > *limit) return true;
  }
  return false;
}

bool is_flat(const Catalog& catalog, const State& state, ObjectId lease) {
  if (is_on(Mutant::kFlatIsFull)) return false;
  if (is_on(Mutant::kFullIsFlat)) return true;
  bool flat = false;
  for_each_true(catalog, state, lease,
                [&](FactId fact) { flat = flat || catalog.meaning(fact) == Meaning::kFlat; });
  return flat;
}

class Marker {
 public:
  Marker(const Catalog& catalog, const Profile& profile, const State& state, Time now,
         Marking& marking)
      : catalog_(catalog),
        profile_(profile),
        state_(state),
        now_(now),
        marking_(marking),
        followed_(followed_meanings(profile)) {}

  void run() {
    marking_.reached.clear(catalog_.object_count());
    marking_.reached_flat.clear(catalog_.object_count());
    marking_.gray.clear();
    for_each_in(catalog_.root_candidate_set(), state_.objects, [&](std::uint32_t index) {
      const auto candidate = static_cast<ObjectId>(index);
      if (!is_root(catalog_, profile_, state_, now_, candidate)) return;
      if (catalog_.kind(candidate) == ObjectKind::kLease) {
        visit_lease(candidate);
      } else {
        visit(index);
      }
    });
    for_each_in(catalog_.root_facts(), state_.facts, [&](std::uint32_t fact) {
      const ObjectId owner = catalog_.owner(static_cast<FactId>(fact));
      if (is_root(catalog_, profile_, state_, now_, owner)) visit(index_of(owner));
    });
    walk();
  }

 private:
  void visit(std::uint32_t object) {
    if (marking_.reached.set(object)) marking_.gray.push_back(object);
  }

  void visit_lease(ObjectId lease) {
    // A lease's labels are never followed, only its resources.
    marking_.reached.set(index_of(lease));
    const bool flat = is_flat(catalog_, state_, lease);
    for_each_true(catalog_, state_, lease, [&](FactId fact) {
      if (catalog_.meaning(fact) != Meaning::kLeaseResource) return;
      const ObjectId target = catalog_.target(fact);
      if (is_on(Mutant::kLeaseResourceIgnored)) return;
      if (flat && catalog_.kind(target) != ObjectKind::kIngest) {
        visit_flat(target);
      } else {
        visit(index_of(target));
      }
    });
  }

  // A flat snapshot keeps its parents, a flat image its target; nothing else is followed.
  void visit_flat(ObjectId object) {
    while (object != kNone<ObjectId> && marking_.reached_flat.set(index_of(object))) {
      ObjectId next = kNone<ObjectId>;
      catalog_.for_each_reference(object, [&](FactId fact, ObjectId target) {
        const Meaning meaning = catalog_.meaning(fact);
        if (is_on(Mutant::kFlatWithoutParents) && meaning == Meaning::kParent) return;
        if (state_.has(fact) && (meaning == Meaning::kParent || meaning == Meaning::kTarget)) {
          next = target;
        }
      });
      object = next;
    }
  }

  void walk() {
    while (!marking_.gray.empty()) {
      const auto object = static_cast<ObjectId>(marking_.gray.back());
      marking_.gray.pop_back();
      catalog_.for_each_reference(object, [&](FactId fact, ObjectId target) {
        const Meaning meaning = catalog_.meaning(fact);
        if ((followed_ & meaning_bit(meaning)) == 0 || !state_.has(fact)) return;
        if (meaning == Meaning::kCondition && !condition_holds(catalog_, state_, now_, fact)) {
          return;
        }
        if (is_on(Mutant::kMarkDependsOnOrder) && target > object) return;
        visit(index_of(target));
      });
      if (is_on(Mutant::kMarkForgetsGray)) marking_.gray.clear();
    }
  }

  const Catalog& catalog_;
  const Profile& profile_;
  const State& state_;
  const Time now_;
  Marking& marking_;
  const std::uint32_t followed_;
};

bool is_expired(const State& state, ObjectId object, Time now) {
  const auto expiry = state.scalar(object, ScalarKind::kExpiry);
  if (is_on(Mutant::kExpiryReversed)) return expiry && now < *expiry;
  return expiry && now > *expiry;
}

bool has_root_label(const Catalog& catalog, const Profile& profile, const State& state,
                    ObjectId object) {
  if (is_on(Mutant::kRootLabelIgnored)) return false;
  bool root = false;
  for_each_true(catalog, state, object, [&](FactId fact) {
    const Meaning meaning = catalog.meaning(fact);
    root = root || meaning == Meaning::kRoot ||
           (meaning == Meaning::kRootPrefix && profile.root_label_is_prefix);
  });
  return root;
}

}  // namespace

void mark(const Catalog& catalog, const Profile& profile, const State& state, Time now,
          Marking& marking) {
  Marker(catalog, profile, state, now, marking).run();
}

bool is_root(const Catalog& catalog, const Profile& profile, const State& state, Time now,
             ObjectId object) {
  if (!state.has(object)) return false;
  switch (catalog.kind(object)) {
    case ObjectKind::kLease:
      if (is_on(Mutant::kExpiredLeaseIsRoot)) return true;
      return !is_expired(state, object, now);
    case ObjectKind::kImage:
      if (is_on(Mutant::kImageIsNoRoot)) return false;
      if (is_on(Mutant::kExpiredImageIsRoot)) return true;
      return !profile.images_collectable || !is_expired(state, object, now);
    case ObjectKind::kIngest: {
      const auto expiry = state.scalar(object, ScalarKind::kExpiry);
      if (is_on(Mutant::kIngestIsNoRoot)) return false;
      if (is_on(Mutant::kExpiredIngestIsRoot)) return true;
      return expiry && now <= *expiry;
    }
    case ObjectKind::kContainer:
      return !is_on(Mutant::kContainerIsNoRoot);
    case ObjectKind::kSandbox:
      return profile.sandbox_labels_followed;
    case ObjectKind::kContent:
    case ObjectKind::kSnapshot:
      return has_root_label(catalog, profile, state, object);
    default:
      return false;
  }
}

bool is_collectable(ObjectKind kind, const Profile& profile) {
  if (is_on(Mutant::kLeasesNotSwept) && kind == ObjectKind::kLease) return false;
  if (is_on(Mutant::kSnapshotsNotSwept) && kind == ObjectKind::kSnapshot) return false;
  if (is_on(Mutant::kContentNotSwept) && kind == ObjectKind::kContent) return false;
  if (is_on(Mutant::kIngestsNotSwept) && kind == ObjectKind::kIngest) return false;
  return can_be_collected(kind) && (kind != ObjectKind::kImage || profile.images_collectable);
}

std::uint32_t followed_meanings(const Profile& profile) {
  std::uint32_t mask = meaning_bit(Meaning::kRefContent) | meaning_bit(Meaning::kRefSnapshot) |
                       meaning_bit(Meaning::kTarget) | meaning_bit(Meaning::kParent) |
                       meaning_bit(Meaning::kContainerSnapshot) |
                       meaning_bit(Meaning::kLeaseResource) | meaning_bit(Meaning::kIngestExpected);
  if (profile.images_collectable) mask |= meaning_bit(Meaning::kRefImage);
  if (profile.back_references) mask |= meaning_bit(Meaning::kBackReference);
  if (profile.conditional_references) mask |= meaning_bit(Meaning::kCondition);
  for (const auto& [mutant, meaning] : kIgnoredByMutants) {
    if (is_on(mutant)) mask &= ~meaning_bit(meaning);
  }
  return mask & ~profile.unfollowed_meanings;
}

bool is_followed(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                 FactId fact) {
  if (!state.has(fact)) return false;
  const Meaning meaning = catalog.meaning(fact);
  if ((followed_meanings(profile) & meaning_bit(meaning)) == 0) return false;
  const ObjectKind kind = catalog.kind(catalog.owner(fact));
  if (kind == ObjectKind::kLease) return meaning == Meaning::kLeaseResource;
  if (kind == ObjectKind::kNamespace) return false;
  if (meaning == Meaning::kCondition) {
    return catalog.target(fact) != kNone<ObjectId> && condition_holds(catalog, state, now, fact);
  }
  return true;
}

void drop_object(const Catalog& catalog, State& state, ObjectId object) {
  state.objects.reset(index_of(object));
  if (is_on(Mutant::kSweepLeavesFacts)) return;
  if (catalog.kind(object) == ObjectKind::kLease) {
    state.facts.remove(catalog.lease_facts(object));
  } else {
    catalog.for_each_owned(object, [&](FactId fact) { state.facts.reset(index_of(fact)); });
  }
  state.drop_scalars(object);
}

void sweep(const Catalog& catalog, const Profile& profile, Marking& marking, State& state,
           std::vector<ObjectId>& swept) {
  const auto reached = marking.reached.words();
  const auto reached_flat = marking.reached_flat.words();
  const auto present = state.objects.words();
  const auto candidates = catalog.collectable().words();
  Bits& unreached = marking.unreached;
  unreached.clear(static_cast<std::uint32_t>(present.size() * 64));
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < std::min(present.size(), candidates.size()); ++i) {
    const std::uint64_t word = present[i] & candidates[i] & ~(reached[i] | reached_flat[i]);
    unreached.words()[i] = word;
    any |= word;
  }
  if (any == 0) return;
  for (std::size_t kind = 0; kind < kObjectKindCount; ++kind) {
    if (!is_collectable(static_cast<ObjectKind>(kind), profile)) continue;
    for_each_in(catalog.of_kind(static_cast<ObjectKind>(kind)), unreached,
                [&](std::uint32_t index) { swept.push_back(static_cast<ObjectId>(index)); });
  }
  if (is_on(Mutant::kSweepStopsAtFirst) && swept.size() > 1)
    swept.erase(swept.begin() + 1, swept.end());
  for (const ObjectId object : swept) drop_object(catalog, state, object);
}

}  // namespace sweepcheck
