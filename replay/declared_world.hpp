// What stands around a scenario's nodes before its first step: registries with images, archives.
// The catalog of the world knows the scenario's images already.
#pragma once

#include "input/scenario/scenario.hpp"
#include "model/world.hpp"

namespace sweepcheck {

void declare_registries(const Scenario& scenario, World& world);
void declare_archives(const Scenario& scenario, World& world);

}  // namespace sweepcheck
