#include "model/pattern.hpp"

#include <cstddef>

namespace sweepcheck {

bool matches_pattern(std::string_view text, std::string_view pattern) {
  // Where to go on if what followed the last '*' didn't fit: one character later.
  std::size_t at = 0, in_pattern = 0;
  std::size_t star = std::string_view::npos, retry = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      retry = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace sweepcheck
