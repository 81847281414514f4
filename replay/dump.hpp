// A world's canonical state as JSON: the form in which a model's and a daemon's can be compared.
#pragma once

#include <string>

#include "model/world.hpp"

namespace sweepcheck {

/// The canonical state of a world, as JSON text: objects in the order of their names, digests by
/// their aliases.
std::string dump_json(const World& world);

}  // namespace sweepcheck
