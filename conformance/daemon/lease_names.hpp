// Names of leases that containerd draws.
#pragma once

#include <string>

namespace sweepcheck {

/// A temporary lease's id: the model's "lease-1", a client's "1763951234567890123-AbC_".
bool is_temporary_lease(const std::string& id);

}  // namespace sweepcheck
