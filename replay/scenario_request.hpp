// A scenario's step as the model takes it, and as people read it.
#pragma once

#include <string>

#include "input/scenario/scenario.hpp"
#include "model/operation.hpp"

namespace sweepcheck {

/// The request that a step asks for, with aliases resolved.
Request make_request(Catalog& catalog, const ScenarioStep& step, NodeId node);

/// The step as a person would say it: "pull registry.example/lib/app:1 by cri".
std::string step_text(const ScenarioStep& step);

}  // namespace sweepcheck
