// A TOML file as typed values by path, with diagnostics at their places. The one place that
// includes toml++, whose header takes seconds to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "input/diagnostic.hpp"

namespace sweepcheck {

/// A key from the root down: {"plugins", "io.containerd.gc.v1.scheduler", "schedule_delay"}.
using TomlPath = std::vector<std::string_view>;

/// plugins."io.containerd.gc.v1.scheduler".schedule_delay
std::string dotted(const TomlPath& path);

class TomlDocument {
 public:
  /// If the text can't be parsed, the document is empty and has the error as its diagnostic.
  TomlDocument(std::string_view text, std::string file);
  ~TomlDocument();
  TomlDocument(const TomlDocument&) = delete;
  TomlDocument& operator=(const TomlDocument&) = delete;

  bool parsed() const { return root_ != nullptr; }
  bool has(const TomlPath& path) const;
  bool is_empty_array(const TomlPath& path) const;

  /// True if both are there, of one type, and equal.
  bool same(const TomlPath& left, const TomlPath& right) const;

  // Each gives nothing if the key isn't set, or, after an error, if its value has another type.
  std::optional<bool> boolean(const TomlPath& path);
  std::optional<std::int64_t> integer(const TomlPath& path);
  std::optional<std::string> text(const TomlPath& path);
  /// A float or an integer: Go's decoder takes both for a float.
  std::optional<double> number(const TomlPath& path);
  /// The keys of a table, in byte order.
  std::optional<std::vector<std::string>> keys(const TomlPath& path);

  /// Diagnostics at the key's value, or without a line if it isn't set.
  void error(const TomlPath& path, std::string rule, std::string message, std::string hint = "");
  void warning(const TomlPath& path, std::string rule, std::string message, std::string hint = "");

  /// All diagnostics, by line.
  Diagnostics take_diagnostics();

 private:
  struct Root;

  template <typename Value>
  std::optional<Value> value(const TomlPath& path, const char* type);
  void add(const TomlPath& path, std::string rule, std::string message, std::string hint,
           bool warning);

  std::string file_;
  std::unique_ptr<Root> root_;
  Diagnostics diagnostics_;
};

}  // namespace sweepcheck
