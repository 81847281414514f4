// A recursive descent over at most depth_max levels. Nothing throws: nlohmann decodes single tokens
// and says so if it can't.
#include "input/json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "input/utf8.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kPointerBytesMax = 400;
constexpr std::size_t kDuplicateCountMax = 100;

std::string escaped(std::string_view key) {
  std::string out;
  for (const char character : key) {
    if (character == '~') {
      out += "~0";
    } else if (character == '/') {
      out += "~1";
    } else {
      out += character;
    }
    if (out.size() > kPointerBytesMax) break;
  }
  return out;
}

bool is_number_character(char character) {
  return (character >= '0' && character <= '9') || character == '-' || character == '+' ||
         character == '.' || character == 'e' || character == 'E';
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const JsonValue* child : children) {
    if (kind == Kind::kObject && child->key == name) return child;
  }
  return nullptr;
}

std::string JsonValue::pointer() const {
  std::vector<const JsonValue*> path;
  for (const JsonValue* at = this; at->parent; at = at->parent) path.push_back(at);
  std::string out;
  std::reverse(path.begin(), path.end());
  for (const JsonValue* at : path) {
    const bool in_array = at->parent->is(Kind::kArray);
    out += "/" + (in_array ? std::to_string(at->position) : escaped(at->key));
    if (out.size() <= kPointerBytesMax) continue;
    std::size_t end = kPointerBytesMax;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
    return out.substr(0, end) + "...";
  }
  return out;
}

std::string_view kind_text(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return "true or false";
    case JsonValue::Kind::kInteger:
    case JsonValue::Kind::kNumber:
      return "a number";
    case JsonValue::Kind::kString:
      return "a string";
    case JsonValue::Kind::kArray:
      return "a list";
    case JsonValue::Kind::kObject:
      return "an object";
  }
  return "";
}

class JsonReader {
 public:
  JsonReader(std::string_view text, const std::string& file, const JsonLimits& limits,
             JsonDocument& document)
      : text_(text), file_(file), limits_(limits), document_(document) {}

  void read() {
    if (text_.size() > limits_.bytes_max) {
      complain("too-large", fmt::format("a scenario has at most {} bytes", limits_.bytes_max));
      return;
    }
    if (!check_utf8()) return;
    const JsonValue* root = read_value(nullptr, 1);
    if (!root) return;
    skip_space();
    if (at_ < text_.size()) {
      complain("syntax", "nothing may follow the top-level value");
      return;
    }
    document_.root_ = root;
  }

 private:
  using Kind = JsonValue::Kind;

  bool check_utf8() {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::size_t length = utf8_character_length(rest);
      if (length == 0) {
        while (at_ < text_.size() - rest.size()) step();
        complain("not-utf8", "the file is not UTF-8", "save it with this encoding");
        return false;
      }
      rest.remove_prefix(length);
    }
    if (!text_.starts_with("\xEF\xBB\xBF")) return true;
    complain("syntax", "the file begins with a byte order mark", "save it without");
    return false;
  }

  void complain(std::string rule, std::string message, std::string hint = "") {
    if (failed_) return;
    failed_ = true;
    document_.diagnostics_.push_back({.file = file_,
                                      .line = line_,
                                      .column = column_,
                                      .pointer = "",
                                      .rule = std::move(rule),
                                      .message = std::move(message),
                                      .hint = std::move(hint)});
  }

  void step() {
    const auto character = static_cast<unsigned char>(text_[at_++]);
    if (character == '\n') {
      ++line_;
      column_ = 1;
    } else if ((character & 0xC0U) != 0x80U) {
      ++column_;
    }
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') step();
  }

  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    step();
    return true;
  }

  void expected(std::string_view what) {
    complain("syntax", at_ >= text_.size() ? fmt::format("the file ends where {} should be", what)
                                           : fmt::format("{} should be here", what));
  }

  JsonValue* read_value(const JsonValue* parent, int depth) {
    skip_space();
    if (document_.values_.size() >= limits_.value_count_max) {
      complain("too-large", fmt::format("more than {} values", limits_.value_count_max));
      return nullptr;
    }
    JsonValue& value = document_.values_.emplace_back();
    value.line = line_;
    value.column = column_;
    value.parent = parent;
    const char first = peek();
    if ((first == '{' || first == '[') && depth > limits_.depth_max) {
      complain("too-deep", fmt::format("nested deeper than {} levels", limits_.depth_max));
    } else if (first == '{') {
      read_object(value, depth);
    } else if (first == '[') {
      read_array(value, depth);
    } else if (first == '"') {
      value.kind = Kind::kString;
      read_string(value.text);
    } else {
      read_scalar(value);
    }
    return failed_ ? nullptr : &value;
  }

  void read_object(JsonValue& object, int depth) {
    object.kind = Kind::kObject;
    std::set<std::string_view> keys;
    step();
    if (take('}')) return;
    do {
      skip_space();
      if (peek() != '"') return expected("a key in double quotes");
      const int line = line_;
      const int column = column_;
      std::string key;
      read_string(key);
      if (!failed_ && !take(':')) expected("':'");
      JsonValue* member = failed_ ? nullptr : read_value(&object, depth + 1);
      if (!member) return;
      member->key = std::move(key);
      member->key_line = line;
      member->key_column = column;
      object.children.push_back(member);
      if (!keys.insert(member->key).second) complain_duplicate(*member);
    } while (take(','));
    if (!take('}')) expected("',' or '}'");
  }

  void read_array(JsonValue& array, int depth) {
    array.kind = Kind::kArray;
    step();
    if (take(']')) return;
    do {
      JsonValue* element = read_value(&array, depth + 1);
      if (!element) return;
      element->position = array.children.size();
      array.children.push_back(element);
    } while (take(','));
    if (!take(']')) expected("',' or ']'");
  }

  void complain_duplicate(const JsonValue& member) {
    if (document_.diagnostics_.size() >= kDuplicateCountMax) return;
    document_.diagnostics_.push_back({.file = file_,
                                      .line = member.key_line,
                                      .column = member.key_column,
                                      .pointer = member.pointer(),
                                      .rule = "duplicate-key",
                                      .message = fmt::format("\"{}\" is here twice", member.key),
                                      .hint = ""});
  }

  // From the opening quote to the closing one; nlohmann decodes what is between.
  void read_string(std::string& out) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    if (end >= text_.size() || text_[end] != '"') {
      return complain("syntax", "the string doesn't end on its line");
    }
    const auto json = nlohmann::json::parse(text_.substr(at_, end + 1 - at_), nullptr, false);
    if (!json.is_string()) {
      return complain("syntax", "the string has a control character or a bad escape");
    }
    out = json.get<std::string>();
    while (at_ <= end) step();
  }

  void read_scalar(JsonValue& value) {
    std::size_t end = at_;
    while (end < text_.size() &&
           (is_number_character(text_[end]) || (text_[end] >= 'a' && text_[end] <= 'z'))) {
      ++end;
    }
    if (end == at_) return expected("a value");
    const auto json = nlohmann::json::parse(text_.substr(at_, end - at_), nullptr, false);
    if (json.is_discarded()) {
      return complain("syntax", "neither a number nor true, false or null",
                      "strings stand in double quotes");
    }
    if (json.is_boolean()) {
      value.kind = Kind::kBool;
      value.boolean = json.get<bool>();
    } else if (json.is_number()) {
      const bool fits = json.is_number_integer() &&
                        (!json.is_number_unsigned() || json.get<std::uint64_t>() <= INT64_MAX);
      value.kind = fits ? Kind::kInteger : Kind::kNumber;
      value.number = json.get<double>();
      if (fits) value.integer = json.get<std::int64_t>();
    }
    while (at_ < end) step();
  }

  std::string_view text_;
  const std::string& file_;
  const JsonLimits& limits_;
  JsonDocument& document_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  bool failed_ = false;
};

JsonDocument::JsonDocument(std::string_view text, const std::string& file,
                           const JsonLimits& limits) {
  JsonReader(text, file, limits, *this).read();
}

}  // namespace sweepcheck
