// Complaints about a scenario, and the decoding of its simple values.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "input/scenario/decoder.hpp"

namespace sweepcheck {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kProblemCountMax = 100;
/// Longer names are nobody's slip of the finger.
constexpr std::size_t kNearNameBytesMax = 200;
constexpr std::size_t kQuotedBytesMax = 200;
constexpr std::size_t kNearNameCountMax = 10'000;

struct SizeUnit {
  std::string_view name;
  double bytes;
};
constexpr std::array<SizeUnit, 8> kSizeUnits{{{"", 1},
                                              {"B", 1},
                                              {"kB", 1e3},
                                              {"KiB", 1024},
                                              {"MB", 1e6},
                                              {"MiB", 1024.0 * 1024},
                                              {"GB", 1e9},
                                              {"GiB", 1024.0 * 1024 * 1024}}};
// A petabyte: sums of many stay within 64 bits.
constexpr double kSizeMax = 1e15;

}  // namespace

std::string quote(std::string_view text) {
  if (text.size() <= kQuotedBytesMax) return fmt::format("\"{}\"", text);
  std::size_t end = kQuotedBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return fmt::format("\"{}...\"", text.substr(0, end));
}

void Problems::put(Diagnostic diagnostic) {
  if (!diagnostic.warning) has_errors_ = true;
  if (diagnostics_.size() >= kProblemCountMax) {
    ++left_out_count_;
    return;
  }
  diagnostics_.push_back(std::move(diagnostic));
}

void Problems::error(const JsonValue& at, std::string rule, std::string message, std::string hint) {
  put({file_, at.line, at.column, at.pointer(), std::move(rule), std::move(message),
       std::move(hint), false});
}

void Problems::key_error(const JsonValue& at, std::string rule, std::string message,
                         std::string hint) {
  put({file_, at.key_line, at.key_column, at.pointer(), std::move(rule), std::move(message),
       std::move(hint), false});
}

void Problems::warning(const JsonValue& at, std::string rule, std::string message,
                       std::string hint) {
  put({file_, at.line, at.column, at.pointer(), std::move(rule), std::move(message),
       std::move(hint), true});
}

void Problems::add(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) put(diagnostic);
}

std::string Problems::did_you_mean(const std::string& name,
                                   const std::vector<std::string>& known) const {
  if (diagnostics_.size() >= kProblemCountMax || name.size() > kNearNameBytesMax ||
      known.size() > kNearNameCountMax) {
    return {};
  }
  const std::string near = nearest_name(name, known);
  return near.empty() ? near : fmt::format("did you mean \"{}\"?", near);
}

Diagnostics Problems::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [&](const Diagnostic& left, const Diagnostic& right) {
                     const bool left_other = left.file != file_;
                     const bool right_other = right.file != file_;
                     if (left_other || right_other) return left_other < right_other;
                     if (left.line != right.line) return left.line < right.line;
                     return left.column < right.column;
                   });
  if (left_out_count_ > 0) {
    diagnostics_.push_back({.file = file_,
                            .pointer = "",
                            .rule = "more",
                            .message = fmt::format("{} more were left out", left_out_count_),
                            .hint = "",
                            .warning = !has_errors_});
  }
  return std::move(diagnostics_);
}

std::string text_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value && value->is(Kind::kString) ? value->text : std::string{};
}

std::optional<bool> flag_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  if (!value || !value->is(Kind::kBool)) return std::nullopt;
  return value->boolean;
}

std::optional<std::int64_t> count_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  if (!value || !value->is(Kind::kInteger)) return std::nullopt;
  return value->integer;
}

std::vector<const JsonValue*> items_in(const JsonValue& value) {
  if (value.is(Kind::kArray)) return value.children;
  return {&value};
}

std::vector<std::string> names_in(const JsonValue& value) {
  std::vector<std::string> out;
  for (const JsonValue* item : items_in(value)) {
    if (item->is(Kind::kString)) out.push_back(item->text);
  }
  return out;
}

std::vector<std::string> names_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value ? names_in(*value) : std::vector<std::string>{};
}

std::vector<std::pair<std::string, std::string>> texts_of(const JsonValue& object,
                                                          std::string_view key) {
  std::vector<std::pair<std::string, std::string>> out;
  const JsonValue* value = object.find(key);
  if (!value || !value->is(Kind::kObject)) return out;
  for (const JsonValue* child : value->children) {
    if (child->is(Kind::kString)) out.emplace_back(child->key, child->text);
  }
  return out;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  // Written so that nan is none, too.
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.name != rest) continue;
    const double bytes = number * unit.bytes;
    if (bytes > kSizeMax || bytes != std::floor(bytes)) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
  }
  return std::nullopt;
}

std::optional<std::int64_t> size_in(const JsonValue& value) {
  if (value.is(Kind::kString)) return parse_size(value.text);
  if (!value.is(Kind::kInteger) || value.integer < 0 || value.number > kSizeMax) {
    return std::nullopt;
  }
  return value.integer;
}

std::optional<std::int64_t> size_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value ? size_in(*value) : std::nullopt;
}

}  // namespace sweepcheck
