// Escaping for each report format. All but GitHub's walk the text by code point, so that no format
// is ever handed broken UTF-8.
#include "reports/escape.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace sweepcheck {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<std::uint8_t>(text[index]) : std::uint8_t{0};
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0U) == 0x80U; }

/// Bytes of the well-formed UTF-8 sequence at index (Unicode, table 3-7); 0 if there is none.
std::size_t sequence_size(std::string_view text, std::size_t index) {
  const std::uint8_t first = byte_at(text, index);
  const std::uint8_t second = byte_at(text, index + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_continuation(second) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const std::uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
    const std::uint8_t high = first == 0xED ? 0x9F : 0xBF;
    const bool good = second >= low && second <= high && is_continuation(byte_at(text, index + 2));
    return good ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const std::uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    const bool good = second >= low && second <= high &&
                      is_continuation(byte_at(text, index + 2)) &&
                      is_continuation(byte_at(text, index + 3));
    return good ? 4 : 0;
  }
  return 0;
}

void append_control(std::string& out, char character) {
  switch (character) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(character));
  }
}

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7F;
}

/// U+0080 to U+009F: a terminal may take them as control sequences.
bool is_c1_control(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' && byte_at(sequence, 1) < 0xA0;
}

/// U+FFFE and U+FFFF, which XML doesn't allow.
bool is_noncharacter(std::string_view sequence) {
  return sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF";
}

/// Calls `ascii(out, character)` for printable ASCII and control characters, and copies the rest.
template <typename Ascii>
std::string transformed(std::string_view text, Ascii ascii) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t index = 0; index < text.size();) {
    const std::size_t size = sequence_size(text, index);
    const std::string_view sequence = text.substr(index, size);
    if (size == 1) {
      ascii(out, text[index]);
    } else if (is_c1_control(sequence)) {
      out += fmt::format("\\x{:02x}", byte_at(sequence, 1));
    } else if (size == 0 || is_noncharacter(sequence)) {
      out += kReplacement;
    } else {
      out += sequence;
    }
    index += size == 0 ? 1 : size;
  }
  return out;
}

std::string percent_encoded(std::string_view text, std::string_view special) {
  std::string out;
  for (const char character : text) {
    if (special.find(character) != std::string_view::npos) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(character));
    } else {
      out += character;
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return transformed(text, [](std::string& out, char character) {
    if (is_control(character)) {
      append_control(out, character);
    } else {
      out += character;
    }
  });
}

std::string xml_escaped(std::string_view text) {
  return transformed(text, [](std::string& out, char character) {
    switch (character) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        if (is_control(character)) {
          append_control(out, character);
        } else {
          out += character;
        }
    }
  });
}

std::string github_message(std::string_view text) { return percent_encoded(text, "%\r\n"); }

std::string github_property(std::string_view text) { return percent_encoded(text, "%\r\n:,"); }

std::string markdown_escaped(std::string_view text) {
  return transformed(text, [](std::string& out, char character) {
    if (is_control(character)) {
      out += '\\';
      append_control(out, character);
      return;
    }
    if (std::string_view("\\`*_{}[]<>#|~!&@").find(character) != std::string_view::npos)
      out += '\\';
    out += character;
  });
}

std::string uri_escaped(std::string_view path) {
  constexpr std::string_view kKept =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char character : path) {
    if (kKept.find(character) != std::string_view::npos) {
      out += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xFU];
  }
  return out;
}

std::string shell_word(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\n'\"\\$`*?[]{}()<>|&;!#~") == std::string::npos;
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace sweepcheck
