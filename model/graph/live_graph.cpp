#include "model/graph/live_graph.hpp"

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

}  // namespace

LiveGraph::LiveGraph(const Catalog& catalog, const Profile& profile, const State& state, Time now)
    : catalog_(&catalog),
      profile_(&profile),
      state_(&state),
      now_(now),
      object_count_(catalog.object_count()) {
  std::vector<ObjectId> flat_leases;
  state.objects.for_each([&](std::uint32_t index) {
    const auto object = static_cast<ObjectId>(index);
    if (!is_root(catalog, profile, state, now, object)) return;
    (is_flat_lease(catalog, state, object) ? flat_leases : roots_).push_back(object);
  });
  roots_.insert(roots_.end(), flat_leases.begin(), flat_leases.end());
}

LiveGraph::OutEdges LiveGraph::out_edges(LiveVertex from) const {
  if (from == root()) {
    const std::uint32_t first = roots_.empty() ? kEnd : 0;
    return {{*this, from, first, false}, {*this, from, kEnd, false}};
  }
  const ObjectId object = object_of(from);
  const bool flat_lease = is_flat_lease(*catalog_, *state_, object);
  return {{*this, from, followed(from, catalog_->first_reference(object)), flat_lease},
          {*this, from, kEnd, flat_lease}};
}

LiveEdge LiveGraph::edge(LiveVertex from, std::uint32_t place, bool flat_lease) const {
  if (from == root()) return {from, full(roots_[place]), kNone<FactId>};
  const auto fact = static_cast<FactId>(place);
  const ObjectId target = catalog_->target(fact);
  // An ingest is held in full by any lease.
  const bool flat = is_flat(from) || (flat_lease && catalog_->kind(target) != ObjectKind::kIngest);
  return {from, flat ? this->flat(target) : full(target), fact};
}

std::uint32_t LiveGraph::next(LiveVertex from, std::uint32_t place) const {
  if (from == root()) return place + 1 < roots_.size() ? place + 1 : kEnd;
  return followed(from, catalog_->next_reference(static_cast<FactId>(place)));
}

std::uint32_t LiveGraph::followed(LiveVertex from, FactId fact) const {
  for (; fact != kNone<FactId>; fact = catalog_->next_reference(fact)) {
    if (!state_->has(fact)) continue;
    const Meaning meaning = catalog_->meaning(fact);
    if (is_flat(from) && meaning != Meaning::kParent && meaning != Meaning::kTarget) continue;
    if (is_followed(*catalog_, *profile_, *state_, now_, fact)) break;
  }
  return index_of(fact);
}

}  // namespace sweepcheck
