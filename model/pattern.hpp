// Patterns in which '*' stands for any run of characters, as scenarios name steps and error texts.
#pragma once

#include <string_view>

namespace sweepcheck {

/// True if the text matches the pattern, in which '*' stands for any run of characters.
bool matches_pattern(std::string_view text, std::string_view pattern);

}  // namespace sweepcheck
