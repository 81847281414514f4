// toml++ throws at bad syntax; that is caught here. It limits how deep values nest, but (in 3.3)
// not how many parts a dotted key has: a key of a hundred thousand parts makes as many nested
// tables, and destroying them overflows the stack. So the text is scanned for what would nest too
// deeply before the parser sees it. The scan has to tell strings from keys exactly as the parser
// does: a string that seemed to end elsewhere could hide any key. Behind an error of syntax it may
// be wrong, since the parser stops there.
#include "input/config/toml_document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace sweepcheck {
namespace {

// containerd's own keys have seven parts at most.
constexpr int kKeyPartCountMax = 16;
// Each bracket may hold a key of as many parts, so that tables nest a thousand deep at most.
constexpr int kBracketCountMax = 64;

bool is_bare(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_' || character == '-';
}

// The place behind the string whose first quote is at `begin`. A multi-line string may have one or
// two quotes of its own before the three that end it, so that up to five in a row do.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  constexpr std::size_t kMultiLineQuotes = 3;
  constexpr std::size_t kClosingQuotesMax = 5;
  const char quote = text[begin];
  const auto quotes_at = [&](std::size_t at) {
    const std::string_view next = text.substr(at, kClosingQuotesMax);
    return std::min(next.find_first_not_of(quote), next.size());
  };
  const bool multi_line = quotes_at(begin) >= kMultiLineQuotes;
  std::size_t at = begin + (multi_line ? kMultiLineQuotes : 1);
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (text[at] == quote && !multi_line) {
      return at + 1;
    } else if (text[at] == quote) {
      const std::size_t count = quotes_at(at);
      at += count;
      if (count >= kMultiLineQuotes) return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

struct DeepPlace {
  int line = 0;
  std::string message;
};

// The first key with too many parts, or bracket within too many; nothing if there is none. A key's
// parts are bare words or quoted strings with dots between; whatever else comes ends the key.
std::optional<DeepPlace> find_deep_place(std::string_view text) {
  int line = 1;
  int part_count = 1;
  int bracket_count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char character = text[at];
    std::size_t end = at + 1;
    if (character == '"' || character == '\'') {
      end = end_of_string(text, at);
      const std::string_view string = text.substr(at, end - at);
      line += static_cast<int>(std::count(string.begin(), string.end(), '\n'));
    } else if (character == '#') {
      end = std::min(text.find('\n', at), text.size());
    } else if (character == '.') {
      if (++part_count > kKeyPartCountMax) {
        return DeepPlace{line, fmt::format("a key has more than {} parts", kKeyPartCountMax)};
      }
    } else if (!is_bare(character) && character != ' ' && character != '\t') {
      part_count = 1;
      line += character == '\n' ? 1 : 0;
      if (character == ']' || character == '}') bracket_count = std::max(bracket_count - 1, 0);
      if ((character == '[' || character == '{') && ++bracket_count > kBracketCountMax) {
        return DeepPlace{line,
                         fmt::format("values nest deeper than {} brackets", kBracketCountMax)};
      }
    }
    at = end;
  }
  return std::nullopt;
}

const toml::node* find(const toml::table* root, const TomlPath& path) {
  const toml::node* node = root;
  for (const std::string_view part : path) {
    const toml::table* table = node ? node->as_table() : nullptr;
    node = table ? table->get(part) : nullptr;
  }
  return node;
}

}  // namespace

struct TomlDocument::Root {
  toml::table table;
};

std::string dotted(const TomlPath& path) {
  std::string out;
  for (const std::string_view part : path) {
    if (!out.empty()) out += '.';
    const bool bare = !part.empty() && std::all_of(part.begin(), part.end(), is_bare);
    out += bare ? std::string(part) : fmt::format("\"{}\"", part);
  }
  return out;
}

TomlDocument::TomlDocument(std::string_view text, std::string file) : file_(std::move(file)) {
  const auto fail = [&](int line, int column, std::string rule, std::string message) {
    diagnostics_.push_back({.file = file_,
                            .line = line,
                            .column = column,
                            .pointer = "",
                            .rule = std::move(rule),
                            .message = std::move(message),
                            .hint = "",
                            .warning = false});
  };
  if (const std::optional<DeepPlace> deep = find_deep_place(text)) {
    fail(deep->line, 0, "too-deep", deep->message);
    return;
  }
  try {
    root_ = std::make_unique<Root>(Root{toml::parse(text, file_)});
  } catch (const toml::parse_error& error) {
    const toml::source_position& place = error.source().begin;
    fail(static_cast<int>(place.line), static_cast<int>(place.column), "not-toml",
         std::string(error.description()));
  }
}

TomlDocument::~TomlDocument() = default;

bool TomlDocument::has(const TomlPath& path) const {
  return root_ && find(&root_->table, path) != nullptr;
}

bool TomlDocument::is_empty_array(const TomlPath& path) const {
  const toml::node* node = root_ ? find(&root_->table, path) : nullptr;
  return node && node->is_array() && node->as_array()->empty();
}

bool TomlDocument::same(const TomlPath& left_path, const TomlPath& right_path) const {
  const toml::node* left = root_ ? find(&root_->table, left_path) : nullptr;
  const toml::node* right = root_ ? find(&root_->table, right_path) : nullptr;
  if (!left || !right || left->type() != right->type()) return false;
  return left->visit([&](const auto& value) {
    const auto* other = right->as<toml::impl::unwrap_node<std::decay_t<decltype(value)>>>();
    return other && value == *other;
  });
}

template <typename Value>
std::optional<Value> TomlDocument::value(const TomlPath& path, const char* type) {
  const toml::node* node = root_ ? find(&root_->table, path) : nullptr;
  if (!node) return std::nullopt;
  std::optional<Value> out = node->value_exact<Value>();
  if (!out) error(path, "wrong-type", fmt::format("must be {}", type));
  return out;
}

std::optional<bool> TomlDocument::boolean(const TomlPath& path) {
  return value<bool>(path, "true or false");
}

std::optional<std::int64_t> TomlDocument::integer(const TomlPath& path) {
  return value<std::int64_t>(path, "an integer");
}

std::optional<std::string> TomlDocument::text(const TomlPath& path) {
  return value<std::string>(path, "a string");
}

std::optional<double> TomlDocument::number(const TomlPath& path) {
  const toml::node* node = root_ ? find(&root_->table, path) : nullptr;
  if (node && node->is_integer()) return static_cast<double>(node->as_integer()->get());
  return value<double>(path, "a number");
}

std::optional<std::vector<std::string>> TomlDocument::keys(const TomlPath& path) {
  const toml::node* node = root_ ? find(&root_->table, path) : nullptr;
  if (!node) return std::nullopt;
  if (!node->is_table()) {
    error(path, "wrong-type", "must be a table");
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const auto& [key, element] : *node->as_table()) out.emplace_back(key.str());
  return out;
}

void TomlDocument::error(const TomlPath& path, std::string rule, std::string message,
                         std::string hint) {
  add(path, std::move(rule), std::move(message), std::move(hint), false);
}

void TomlDocument::warning(const TomlPath& path, std::string rule, std::string message,
                           std::string hint) {
  add(path, std::move(rule), std::move(message), std::move(hint), true);
}

void TomlDocument::add(const TomlPath& path, std::string rule, std::string message,
                       std::string hint, bool warning) {
  const toml::node* node = root_ ? find(&root_->table, path) : nullptr;
  diagnostics_.push_back({.file = file_,
                          .line = node ? static_cast<int>(node->source().begin.line) : 0,
                          .column = node ? static_cast<int>(node->source().begin.column) : 0,
                          .pointer = dotted(path),
                          .rule = std::move(rule),
                          .message = std::move(message),
                          .hint = std::move(hint),
                          .warning = warning});
}

Diagnostics TomlDocument::take_diagnostics() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& left, const Diagnostic& right) {
                     return std::pair(left.line, left.column) < std::pair(right.line, right.column);
                   });
  return std::move(diagnostics_);
}

}  // namespace sweepcheck
