// What is true of an object in a state, of all that was ever true of it.
#pragma once

#include <utility>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"

namespace sweepcheck {

/// Calls `visit(FactId)` with each fact of the owner that the state has. A lease's come in order of
/// their ids: of all that it ever had, few are true at a time.
template <typename Visit>
void for_each_true(const Catalog& catalog, const State& state, ObjectId owner, Visit&& visit) {
  if (catalog.kind(owner) == ObjectKind::kLease) {
    for_each_in(catalog.lease_facts(owner), state.facts,
                [&](std::uint32_t index) { visit(static_cast<FactId>(index)); });
  } else {
    catalog.for_each_owned(owner, [&](FactId fact) {
      if (state.has(fact)) visit(fact);
    });
  }
}

/// Calls `visit(FactId)` with each fact of a meaning that the state has, whoever owns it.
template <typename Visit>
void for_each_true(const Catalog& catalog, const State& state, Meaning meaning, Visit&& visit) {
  for_each_in(catalog.of_meaning(meaning), state.facts,
              [&](std::uint32_t index) { visit(static_cast<FactId>(index)); });
}

}  // namespace sweepcheck
