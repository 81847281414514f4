// Which sweepcheck this is, as reports and saved counterexamples name it.
#pragma once

#include <string_view>

namespace sweepcheck {

inline constexpr std::string_view kVersion = "0.1.0";
/// Where a reader of a report learns what the tool is; a packager may set another.
inline constexpr std::string_view kInformationUri = "https://sweepcheck.example/";

}  // namespace sweepcheck
