// Which sweepcheck this is, as reports and saved counterexamples name it.
#pragma once

#include <string_view>

namespace sweepcheck {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace sweepcheck
