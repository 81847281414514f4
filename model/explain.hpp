// Why something is still there, and why it no longer is: paths from the roots to an object.
#pragma once

#include <string>
#include <vector>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// One link of a path: an object, and the fact by which it keeps the next.
struct Link {
  ObjectId object = kNone<ObjectId>;
  FactId fact = kNone<FactId>;
};

/// A shortest path from a root to the object; the last link is the object itself, without fact.
/// Empty if no root reaches it.
std::vector<Link> path_from_root(const Catalog& catalog, const Profile& profile, const State& state,
                                 Time now, ObjectId object);

/// What made the object unreachable between two states: the first link of its old path that is
/// gone, in a phrase: "lease lease-1 is gone", "label ... of content manifest:app is gone". Empty
/// if it was not reachable before.
std::string lost_link(const Catalog& catalog, const Profile& profile, const State& before,
                      Time before_now, const State& after, Time after_now, ObjectId object);

/// The path as one line: "image k8s.io app -> content manifest:app -> content layer:base".
std::string path_text(const Catalog& catalog, const std::vector<Link>& path);

}  // namespace sweepcheck
