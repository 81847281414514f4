// What we tell a user about bad input: where it is, what was expected, and how to mend it. All of a
// file's diagnostics are collected, not only the first.
#pragma once

#include <string>
#include <vector>

namespace sweepcheck {

struct Diagnostic {
  std::string file;
  /// 1-based; 0 where the place is not a line (an archive member, a JSON pointer without text).
  int line = 0;
  int column = 0;
  /// JSON pointer ("/steps/3/pull") or a dotted TOML key; may be empty.
  std::string pointer;
  /// Stable short name of the rule that was broken: "unknown-key", "wrong-type".
  std::string rule;
  std::string message;
  /// How to mend it; may be empty.
  std::string hint;
  /// A warning doesn't fail a validation.
  bool warning = false;

  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

/// "file:line:column: error: message (pointer) [rule]; hint", on one line.
std::string to_line(const Diagnostic& diagnostic);

/// True if one of them is an error, not a warning.
bool has_errors(const Diagnostics& diagnostics);

/// The nearest of the known names by edit distance, or "" if none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace sweepcheck
