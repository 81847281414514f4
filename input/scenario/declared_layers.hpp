// Layers as a scenario declares them, or only names them. A layer is made up: its diff ID and
// digest are the digests of texts with its name. The digest doesn't depend on the image that uses
// it, OCI or docker: registries hold the same bytes for both.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "input/scenario/decoder.hpp"

namespace sweepcheck {

/// Members of an object that are objects themselves, by name; none of a null pointer.
std::map<std::string, const JsonValue*> objects_in(const JsonValue* object);

class DeclaredLayers {
 public:
  /// Both must outlive this.
  DeclaredLayers(const JsonValue& root, ScenarioContext& context);

  /// Complains about what is wrong with the declarations by themselves.
  void check();

  /// The blob of a layer, declared or not; nothing if its declaration leads nowhere, which has been
  /// complained about.
  std::optional<ImageBlob> make(const std::string& name, bool docker);

  /// Once all images are built: warns of layers that none of them has.
  void warn_of_unused();

 private:
  std::optional<std::string> diff_layer(const std::string& name);
  std::vector<std::string> names() const;

  ScenarioContext& context_;
  std::map<std::string, const JsonValue*> layers_;
  std::set<std::string> used_;
  std::set<std::string> complained_;
};

}  // namespace sweepcheck
