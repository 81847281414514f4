#include "model/version.hpp"

#include <charconv>

namespace sweepcheck {
namespace {

constexpr std::size_t kDigitCountMax = 4;

// Takes one number from the front of the text.
std::optional<std::uint16_t> take_number(std::string_view& text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || length > kDigitCountMax) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

std::string describe(const VersionRange& range) {
  const bool is_first = range.first == kFirstVersion;
  if (range.end == kNoEnd) {
    return is_first ? "all" : format_version(range.first) + " and later";
  }
  if (is_first) return "before " + format_version(range.end);
  const std::string line =
      std::to_string(range.first.major) + "." + std::to_string(range.first.minor);
  if (range.end == next_line(range.first)) {
    return format_version(range.first) + " to the end of " + line;
  }
  return format_version(range.first) + " and later, before " + format_version(range.end);
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  const auto major = take_number(text);
  if (!major || !take_dot(text)) return std::nullopt;
  const auto minor = take_number(text);
  if (!minor || !take_dot(text)) return std::nullopt;
  const auto patch = take_number(text);
  if (!patch || !text.empty()) return std::nullopt;
  return Version{*major, *minor, *patch};
}

std::string format_version(Version version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

std::string describe(const Versions& versions) {
  std::string out;
  for (const VersionRange& range : versions) {
    if (!out.empty()) out += "; ";
    out += describe(range);
  }
  return out.empty() ? "none" : out;
}

}  // namespace sweepcheck
