// A node's live graph as a picture: text in Graphviz's language, for `dot -Tsvg`.
#pragma once

#include <string>
#include <string_view>

#include "model/catalog/catalog.hpp"
#include "model/catalog/state.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

/// The records of one node, and what keeps what, as a digraph. Roots have a double frame; what no
/// root reaches is grey; what a flat lease holds is its own vertex, and dashed; what is named but
/// absent is dotted. Digests stand by their aliases, edges by the field or label that makes them.
/// Equal states give equal texts, if their catalogs know the same objects in the same order.
std::string live_graph_dot(const Catalog& catalog, const Profile& profile, const State& state,
                           Time now, std::string_view title);

}  // namespace sweepcheck
