// A property as reports tell of it.
#pragma once

#include <span>

#include "properties/property.hpp"
#include "reports/reporter.hpp"

namespace sweepcheck {

/// The property's words, for a report; they are copied.
PropertyEvent property_event(const Property& property);

/// Tells the reporter of each property, in their order.
void report_properties(std::span<const Property* const> properties, Reporter& reporter);

}  // namespace sweepcheck
