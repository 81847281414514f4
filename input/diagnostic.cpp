// How a diagnostic is put into one line, and the guess at what a misspelt name should have been.
#include "input/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "input/utf8.hpp"

namespace sweepcheck {
namespace {

// A diagnostic quotes its input, and an input must not move the reader's cursor or break the line.
std::string one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const auto first = static_cast<unsigned char>(character.front());
    const bool c1_control =
        length == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || c1_control) {
      for (const char byte : character) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

// Levenshtein distance; one row of the table is kept.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string to_line(const Diagnostic& diagnostic) {
  std::string out = one_line(diagnostic.file);
  if (diagnostic.line > 0) out += fmt::format(":{}", diagnostic.line);
  if (diagnostic.line > 0 && diagnostic.column > 0) out += fmt::format(":{}", diagnostic.column);
  if (!out.empty()) out += ": ";
  out += diagnostic.warning ? "warning: " : "error: ";
  out += one_line(diagnostic.message);
  if (!diagnostic.pointer.empty()) out += fmt::format(" ({})", one_line(diagnostic.pointer));
  if (!diagnostic.rule.empty()) out += fmt::format(" [{}]", one_line(diagnostic.rule));
  if (!diagnostic.hint.empty()) out += fmt::format("; {}", one_line(diagnostic.hint));
  return out;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& diagnostic) { return !diagnostic.warning; });
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  // Two slips are plausible in any name; in a long one, a third of it. Hence a name that is much
  // longer than all known ones is never near, and needs no table of its length.
  const std::size_t distance_max = std::max<std::size_t>(2, name.size() / 3);
  std::string nearest;
  std::size_t nearest_distance = distance_max + 1;
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) > distance_max) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace sweepcheck
