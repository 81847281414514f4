#include "model/explain.hpp"

#include <algorithm>

#include "model/catalog/facts.hpp"
#include "model/collector.hpp"

namespace sweepcheck {

namespace {

bool is_flat_lease(const Catalog& catalog, const State& state, ObjectId object) {
  if (catalog.kind(object) != ObjectKind::kLease) return false;
  bool flat = false;
  for_each_true(catalog, state, object,
                [&](FactId fact) { flat = flat || catalog.meaning(fact) == Meaning::kFlat; });
  return flat;
}

// Breadth first, from all roots but flat leases, or from flat leases alone, whose members keep only
// parents and targets.
std::vector<Link> search(const Catalog& catalog, const Profile& profile, const State& state,
                         Time now, ObjectId object, bool flat) {
  struct Came {
    ObjectId from = kNone<ObjectId>;
    FactId by = kNone<FactId>;
    bool seen = false;
  };
  std::vector<Came> came(catalog.object_count());
  std::vector<ObjectId> queue;
  state.objects.for_each([&](std::uint32_t index) {
    const auto root = static_cast<ObjectId>(index);
    if (!is_root(catalog, profile, state, now, root)) return;
    if (is_flat_lease(catalog, state, root) != flat) return;
    came[index].seen = true;
    queue.push_back(root);
  });
  for (std::size_t next = 0; next < queue.size() && !came[index_of(object)].seen; ++next) {
    const ObjectId from = queue[next];
    catalog.for_each_reference(from, [&](FactId fact, ObjectId target) {
      if (came[index_of(target)].seen || !is_followed(catalog, profile, state, now, fact)) return;
      const Meaning meaning = catalog.meaning(fact);
      if (flat && meaning != Meaning::kLeaseResource && meaning != Meaning::kParent &&
          meaning != Meaning::kTarget) {
        return;
      }
      came[index_of(target)] = {from, fact, true};
      queue.push_back(target);
    });
  }
  std::vector<Link> path;
  if (!came[index_of(object)].seen) return path;
  path.push_back({object, kNone<FactId>});
  for (ObjectId at = object; came[index_of(at)].from != kNone<ObjectId>;) {
    const Came& step = came[index_of(at)];
    path.push_back({step.from, step.by});
    at = step.from;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

std::vector<Link> path_from_root(const Catalog& catalog, const Profile& profile, const State& state,
                                 Time now, ObjectId object) {
  std::vector<Link> path = search(catalog, profile, state, now, object, false);
  return path.empty() ? search(catalog, profile, state, now, object, true) : path;
}

std::string lost_link(const Catalog& catalog, const Profile& profile, const State& before,
                      Time before_now, const State& after, Time after_now, ObjectId object) {
  const std::vector<Link> path = path_from_root(catalog, profile, before, before_now, object);
  if (path.empty()) return {};
  const ObjectId root = path.front().object;
  if (!after.has(root)) return catalog.describe(root) + " is gone";
  if (!is_root(catalog, profile, after, after_now, root)) {
    return catalog.describe(root) + " is no longer a root";
  }
  for (const Link& link : path) {
    if (link.fact == kNone<FactId>) break;
    if (is_followed(catalog, profile, after, after_now, link.fact)) continue;
    return catalog.describe(link.fact) + " of " + catalog.describe(catalog.owner(link.fact)) +
           " is gone";
  }
  return "its path from " + catalog.describe(root) + " is gone";
}

std::string path_text(const Catalog& catalog, const std::vector<Link>& path) {
  std::string out;
  for (const Link& link : path) {
    if (!out.empty()) out += " -> ";
    out += catalog.describe(link.object);
  }
  return out;
}

}  // namespace sweepcheck
