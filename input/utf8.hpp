// Whether bytes are UTF-8, character by character. JSON and TOML demand it, and terminals that get
// a diagnostic rely on it.
#pragma once

#include <cstddef>
#include <string_view>

namespace sweepcheck {

/// Length in bytes of the character that the text begins with: 1 to 4, or 0 if the text is empty or
/// doesn't begin with well-formed UTF-8 (overlong forms and surrogates are not).
std::size_t utf8_character_length(std::string_view text);

/// True if the whole text is well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace sweepcheck
