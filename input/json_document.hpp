// A JSON text as a tree of values that know where they stand, so that every complaint about a
// scenario can name line, column and JSON pointer.
//
// nlohmann's parsers don't tell where a value began, and keep the last of two equal keys. So the
// punctuation is read here; strings and numbers, where the subtleties are, are decoded by nlohmann.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "input/diagnostic.hpp"

namespace sweepcheck {

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  /// 1-based; columns count characters.
  int line = 0;
  int column = 0;
  /// Of a member of an object: its key, and where that stands.
  int key_line = 0;
  int key_column = 0;
  std::string key;
  /// Of a member of an array.
  std::size_t position = 0;
  const JsonValue* parent = nullptr;
  std::int64_t integer = 0;
  /// Of integers, too.
  double number = 0;
  std::string text;
  /// Elements or members, in the file's order. They live as long as the document.
  std::vector<const JsonValue*> children;

  bool is(Kind wanted) const { return kind == wanted; }
  /// The member of that key, or nullptr.
  const JsonValue* find(std::string_view name) const;
  /// "/steps/3/pull"; a very long one ends in "...".
  std::string pointer() const;
};

/// "a string", "an object", ...
std::string_view kind_text(JsonValue::Kind kind);

struct JsonLimits {
  std::size_t bytes_max = 8 << 20;
  int depth_max = 64;
  std::size_t value_count_max = 500'000;
};

/// Values point at each other, so a document stays where it is made.
class JsonDocument {
 public:
  /// Bad text leaves no root, and one diagnostic; duplicate keys leave one each, and a root.
  JsonDocument(std::string_view text, const std::string& file, const JsonLimits& limits = {});
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  const JsonValue* root() const { return root_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  friend class JsonReader;

  std::deque<JsonValue> values_;
  const JsonValue* root_ = nullptr;
  Diagnostics diagnostics_;
};

}  // namespace sweepcheck
