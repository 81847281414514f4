// Writing scenario files: the mirror of the reader. What is written reads back as the same
// scenario; each step stands on one line, as in files that people write.
#pragma once

#include <string>
#include <vector>

#include "input/scenario/scenario.hpp"

namespace sweepcheck {

struct DeclaredLayer {
  std::string name;
  /// Another layer with the same diff ID; empty: none.
  std::string same_diff_as = {};
};

/// An image as a scenario declares it: layers, or members of an index.
struct DeclaredImage {
  std::string name;
  std::vector<std::string> layers = {};
  std::vector<std::string> members = {};
  /// Empty: linux/amd64.
  std::string platform = {};
  std::string same_config_as = {};
};

/// The declarations from which a scenario's images were built: those themselves hold blobs only.
/// Layers that have nothing special need not be listed.
struct DeclaredImages {
  std::vector<DeclaredLayer> layers;
  std::vector<DeclaredImage> images;
};

/// The scenario as JSON text. `scenario.images` is not looked at; everything else is written, with
/// keys that have their default left out.
std::string write_scenario(const Scenario& scenario, const DeclaredImages& declared);

/// The step by which a scenario makes this request: every parameter that differs from its default,
/// digests by their aliases. Node, handle and stop are the caller's to set.
ScenarioStep step_of(const Catalog& catalog, const Request& request);

}  // namespace sweepcheck
