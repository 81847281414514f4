// A world's canonical state as JSON: the form in which a model's and a daemon's can be compared.
// And the graphs of its nodes, for people.
#pragma once

#include <string>
#include <string_view>

#include "model/world.hpp"

namespace sweepcheck {

/// The canonical state of a world, as JSON text: objects in the order of their names, digests by
/// their aliases.
std::string dump_json(const World& world);

/// What keeps what on each node, or on the one of this name, as Graphviz's text
/// (model/graph/graphviz.hpp); one graph after another. Empty if there is no such node.
std::string dump_dot(const World& world, std::string_view node_name = {});

}  // namespace sweepcheck
