#include "replay/property_event.hpp"

namespace sweepcheck {

PropertyEvent property_event(const Property& property) {
  return {.name = std::string(property.name),
          .family = std::string(property.family),
          .statement = std::string(property.statement),
          .why = std::string(property.why),
          .source = std::string(property.source),
          .claimed = std::string(property.claimed)};
}

void report_properties(std::span<const Property* const> properties, Reporter& reporter) {
  for (const Property* property : properties) reporter.property(property_event(*property));
}

}  // namespace sweepcheck
