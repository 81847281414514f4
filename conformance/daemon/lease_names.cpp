#include "conformance/daemon/lease_names.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace sweepcheck {

bool is_temporary_lease(const std::string& id) {
  if (id.starts_with("lease-")) {
    return id.size() > 6 && std::all_of(id.begin() + 6, id.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
  }
  const std::size_t dash = id.find('-');
  return dash != std::string::npos && dash >= 6 && id.size() == dash + 5 &&
         std::all_of(id.begin(), id.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace sweepcheck
