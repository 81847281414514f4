#include "model/collector.hpp"

#include <string_view>

#include "model/catalog/facts.hpp"
#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

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

}  // namespace

// "usedat<DURATION" and "usedat>DURATION", several joined by ',' as alternatives; other names and
// operators are skipped (core/metadata/gc.go, 2.3).
bool condition_holds(const Catalog& catalog, const State& state, Time now, FactId fact) {
  if (catalog.target(fact) == kNone<ObjectId>) return false;
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

namespace {

bool is_flat(const Catalog& catalog, const Profile& profile, const State& state, ObjectId lease) {
  if (is_on(Mutant::kFullIsFlat)) return true;
  if (!profile.follows(Meaning::kFlat)) return false;
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
        followed_(profile.followed),
        followed_flat_(profile.followed_flat) {}

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
    marking_.reached.set(index_of(lease));
    if (!profile_.follows(Meaning::kLeaseResource)) return;
    const bool flat = is_flat(catalog_, profile_, state_, lease);
    for_each_true(catalog_, state_, lease, [&](FactId fact) {
      if (catalog_.meaning(fact) != Meaning::kLeaseResource) return;
      const ObjectId target = catalog_.target(fact);
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
        const std::uint32_t meaning = meaning_bit(catalog_.meaning(fact));
        if ((followed_flat_ & meaning) != 0 && state_.has(fact)) next = target;
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
  const std::uint32_t followed_flat_;
};

bool is_expired(const State& state, ObjectId object, Time now) {
  const auto expiry = state.scalar(object, ScalarKind::kExpiry);
  if (is_on(Mutant::kExpiryReversed)) return expiry && now < *expiry;
  return expiry && now > *expiry;
}

bool has_root_label(const Catalog& catalog, const Profile& profile, const State& state,
                    ObjectId object) {
  constexpr std::uint32_t kRoots = meaning_bit(Meaning::kRoot) | meaning_bit(Meaning::kRootPrefix);
  const std::uint32_t read = profile.followed & kRoots;
  bool root = false;
  for_each_true(catalog, state, object, [&](FactId fact) {
    root = root || (read & meaning_bit(catalog.meaning(fact))) != 0;
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
  const ObjectKind kind = catalog.kind(object);
  if (kind == ObjectKind::kContent || kind == ObjectKind::kSnapshot) {
    return has_root_label(catalog, profile, state, object);
  }
  if ((profile.roots & kind_bit(kind)) == 0) return false;
  switch (kind) {
    case ObjectKind::kLease:
      return !profile.follows(Meaning::kLeaseExpiry) || !is_expired(state, object, now);
    case ObjectKind::kImage:
      return !profile.follows(Meaning::kImageExpiry) || !is_expired(state, object, now);
    case ObjectKind::kIngest: {
      // Without an expiry of its own it lives by its lease.
      const auto expiry = state.scalar(object, ScalarKind::kExpiry);
      return !profile.follows(Meaning::kIngestExpiry) || (expiry && now <= *expiry);
    }
    default:
      return true;
  }
}

bool is_collectable(ObjectKind kind, const Profile& profile) {
  return (profile.collectable & kind_bit(kind)) != 0;
}

bool is_followed(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                 FactId fact) {
  const Meaning meaning = catalog.meaning(fact);
  if ((profile.followed & edge_meanings() & meaning_bit(meaning)) == 0) return false;
  if (!state.has(fact)) return false;
  if (meaning != Meaning::kCondition) return true;
  return condition_holds(catalog, state, now, fact);
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
