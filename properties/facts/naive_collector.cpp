#include "properties/facts/naive_collector.hpp"

#include <algorithm>
#include <string_view>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"

namespace sweepcheck {
namespace {

// Which of containerd's rules are in a release, restated by hand.
struct Rules {
  /// Images expire, can be referred to and are collected; sandboxes' labels are followed.
  bool of_2_0;
  /// Back references; gc.root is a prefix.
  bool of_2_2;
  /// Conditional references.
  bool of_2_3;

  explicit Rules(Version version)
      : of_2_0(version >= Version{2, 0, 0}),
        of_2_2(version >= Version{2, 2, 0}),
        of_2_3(version >= Version{2, 3, 0}) {}
};

using Link = NaiveScratch::Link;

bool is_expired(const State& state, ObjectId object, Time now) {
  const auto expiry = state.scalar(object, ScalarKind::kExpiry);
  return expiry && *expiry < now;
}

// The object that a back reference's value names: while it is reachable, so is the label's owner.
ObjectId back_source(const Catalog& catalog, FactId fact) {
  const std::string& key = catalog.text(catalog.label_key(fact));
  const StringId space = catalog.key(catalog.owner(fact)).space;
  const StringId value = catalog.value(fact);
  constexpr std::string_view kPrefix = "containerd.io/gc.bref.";
  const std::string_view rest = std::string_view(key).substr(kPrefix.size());
  const auto find = [&](ObjectKind kind, StringId scope) {
    return catalog.find_object({kind, space, scope, value});
  };
  if (rest.starts_with("content")) return find(ObjectKind::kContent, kNone<StringId>);
  if (rest.starts_with("image")) return find(ObjectKind::kImage, kNone<StringId>);
  if (rest.starts_with("container")) return find(ObjectKind::kContainer, kNone<StringId>);
  std::string_view snapshotter = rest.substr(rest.find('.') + 1);
  snapshotter = snapshotter.substr(0, snapshotter.find('/'));
  const StringId scope = catalog.find(snapshotter);
  return scope == kNone<StringId> ? kNone<ObjectId> : find(ObjectKind::kSnapshot, scope);
}

class Naive {
 public:
  Naive(const Catalog& catalog, const Profile& profile, const State& state, Time now,
        NaiveScratch& scratch)
      : catalog_(catalog),
        rules_(profile.version),
        state_(state),
        now_(now),
        links_(scratch.links),
        flat_(scratch.flat),
        flat_leases_(scratch.flat_leases) {}

  void run(Bits& reached) {
    reached.clear(catalog_.object_count());
    flat_.clear(catalog_.object_count());
    links_.clear();
    // Leases first: whether one is flat decides what its resources mean.
    flat_leases_.clear(0);
    for_each_true(catalog_, state_, Meaning::kFlat,
                  [&](FactId fact) { flat_leases_.set(owner(fact)); });
    state_.objects.for_each([&](std::uint32_t index) {
      if (is_root(static_cast<ObjectId>(index))) reached.set(index);
    });
    state_.facts.for_each([&](std::uint32_t index) { note(static_cast<FactId>(index), reached); });
    follow_all(reached, false);
    follow_all(flat_, true);
    flat_.for_each([&](std::uint32_t object) { reached.set(object); });
  }

 private:
  std::uint32_t owner(FactId fact) const { return index_of(catalog_.owner(fact)); }

  bool is_root(ObjectId object) const {
    switch (catalog_.kind(object)) {
      case ObjectKind::kContainer:
        return true;
      case ObjectKind::kSandbox:
        return rules_.of_2_0;
      case ObjectKind::kLease:
        return !is_expired(state_, object, now_);
      case ObjectKind::kImage:
        return !rules_.of_2_0 || !is_expired(state_, object, now_);
      case ObjectKind::kIngest:
        return state_.scalar(object, ScalarKind::kExpiry).has_value() &&
               !is_expired(state_, object, now_);
      default:
        return false;
    }
  }

  // What one fact says: that its owner is a root, or that one object keeps another. Who may say so
  // is restated here: what the model's table allows too many is refuted.
  void note(FactId fact, Bits& reached) {
    const ObjectId from = catalog_.owner(fact);
    const ObjectKind kind = catalog_.kind(from);
    if (kind == ObjectKind::kLease) {
      if (catalog_.meaning(fact) == Meaning::kLeaseResource) note_resource(fact);
      return;
    }
    if (kind == ObjectKind::kNamespace) return;
    switch (catalog_.meaning(fact)) {
      case Meaning::kRootPrefix:
        if (!rules_.of_2_2) break;
        [[fallthrough]];
      case Meaning::kRoot:
        if (kind == ObjectKind::kContent || kind == ObjectKind::kSnapshot) {
          reached.set(index_of(from));
        }
        break;
      case Meaning::kTarget:
      case Meaning::kParent:
        link(from, fact, true);
        break;
      case Meaning::kRefImage:
        if (!rules_.of_2_0) break;
        [[fallthrough]];
      case Meaning::kRefContent:
      case Meaning::kRefSnapshot:
      case Meaning::kContainerSnapshot:
      case Meaning::kIngestExpected:
        link(from, fact, false);
        break;
      case Meaning::kCondition:
        if (!rules_.of_2_3) break;
        if (kind != ObjectKind::kContent && kind != ObjectKind::kImage) break;
        // The grammar of conditions has one reader only, the model's.
        if (condition_holds(catalog_, state_, now_, fact)) link(from, fact, false);
        break;
      case Meaning::kBackContent:
      case Meaning::kBackSnapshot:
      case Meaning::kBackImage:
      case Meaning::kBackContainer:
        if (rules_.of_2_2 && kind != ObjectKind::kSandbox) link_back(from, fact);
        break;
      default:
        break;
    }
  }

  void link(ObjectId from, FactId fact, bool flat) {
    links_.push_back({index_of(from), index_of(catalog_.target(fact)), flat});
  }

  void link_back(ObjectId owner, FactId fact) {
    const ObjectId source = back_source(catalog_, fact);
    if (source != kNone<ObjectId>) links_.push_back({index_of(source), index_of(owner), false});
  }

  void note_resource(FactId fact) {
    const ObjectId lease = catalog_.owner(fact);
    const ObjectId resource = catalog_.target(fact);
    if (is_expired(state_, lease, now_)) return;
    const bool flat =
        flat_leases_.test(index_of(lease)) && catalog_.kind(resource) != ObjectKind::kIngest;
    if (flat) {
      flat_.set(index_of(resource));
    } else {
      links_.push_back({index_of(lease), index_of(resource), false});
    }
  }

  // Over all links, there and back, until nothing new is reached. What is named but absent may be
  // set, too: it has no facts, so nothing follows from it.
  void follow_all(Bits& reached, bool flat_only) {
    bool grew = true;
    const auto follow = [&](const Link& link) {
      if (flat_only && !link.flat) return;
      if (reached.test(link.from) && reached.set(link.to)) grew = true;
    };
    while (grew) {
      grew = false;
      std::for_each(links_.begin(), links_.end(), follow);
      if (!grew) break;
      grew = false;
      std::for_each(links_.rbegin(), links_.rend(), follow);
    }
  }

  const Catalog& catalog_;
  const Rules rules_;
  const State& state_;
  const Time now_;
  std::vector<Link>& links_;
  Bits& flat_;
  Bits& flat_leases_;
};

}  // namespace

void naive_reachable(const Catalog& catalog, const Profile& profile, const State& state, Time now,
                     NaiveScratch& scratch, Bits& reached) {
  Naive(catalog, profile, state, now, scratch).run(reached);
}

std::uint32_t collectable_kinds(const Profile& profile) {
  std::uint32_t kinds = kind_bit(ObjectKind::kContent) | kind_bit(ObjectKind::kSnapshot) |
                        kind_bit(ObjectKind::kIngest) | kind_bit(ObjectKind::kLease);
  if (Rules(profile.version).of_2_0) kinds |= kind_bit(ObjectKind::kImage);
  return kinds;
}

}  // namespace sweepcheck
