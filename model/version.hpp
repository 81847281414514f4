// Releases of containerd, and sets of them. A rule is true of some stretches of releases: of all
// from the one that brought it on, and, where it was taken back to an older line, of that line's
// later releases, too.
//
//   since({1, 6, 32}, {1, 7, 17})   1.6.32 to the last of 1.6, and everything from 1.7.17 on
//   before({1, 6, 26}, {1, 7, 6})   everything until 1.6.25, and 1.7.0 to 1.7.5
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "model/assert.hpp"

namespace sweepcheck {

struct Version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;

  // clang-tidy takes the zero that the compiler compares with for a null pointer.
  auto operator<=>(const Version&) const = default;  // NOLINT(modernize-use-nullptr)
};

/// Reads "1.7.15": three numbers of at most four digits each, and nothing else.
std::optional<Version> parse_version(std::string_view text);
/// "1.7.15".
std::string format_version(Version version);

/// From `first` on, before `end`.
struct VersionRange {
  Version first;
  Version end;

  bool operator==(const VersionRange&) const = default;
};

/// Some stretches of versions, oldest first, at most six.
class Versions {
 public:
  constexpr Versions() = default;
  constexpr Versions(std::initializer_list<VersionRange> ranges) {
    for (const VersionRange& range : ranges) add(range);
  }

  constexpr bool contains(Version version) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (ranges_[i].first <= version && version < ranges_[i].end) return true;
    }
    return false;
  }
  constexpr bool empty() const { return count_ == 0; }
  constexpr const VersionRange* begin() const { return ranges_.data(); }
  constexpr const VersionRange* end() const { return ranges_.data() + count_; }

  constexpr void add(const VersionRange& range) {
    SWEEPCHECK_BELIEVE(count_ < ranges_.size(), "a rule has at most six stretches of versions");
    SWEEPCHECK_BELIEVE(range.first < range.end, "a stretch of versions has a version");
    ranges_[count_++] = range;
  }

 private:
  std::array<VersionRange, 6> ranges_{};
  std::size_t count_ = 0;
};

inline constexpr Version kFirstVersion{0, 0, 0};
inline constexpr Version kNoEnd{0xffff, 0, 0};

/// The first release of the next minor line.
constexpr Version next_line(Version version) {
  return {version.major, static_cast<std::uint16_t>(version.minor + 1), 0};
}

constexpr Versions always() { return {{kFirstVersion, kNoEnd}}; }
constexpr Versions never() { return {}; }
/// From `first` on, before `end`.
constexpr Versions between(Version first, Version end) { return {{first, end}}; }
/// From `first` on.
constexpr Versions since(Version first) { return {{first, kNoEnd}}; }
/// From `first` on; before that, from the release on to which it was taken back, in its line.
constexpr Versions since(Version taken_back, Version first) {
  return {{taken_back, next_line(taken_back)}, {first, kNoEnd}};
}
/// Until `end`, which has it no more.
constexpr Versions before(Version end) { return {{kFirstVersion, end}}; }
/// Until each of these releases in its line, oldest first; in no line after the last of them.
constexpr Versions before(Version end, Version end_of_next, auto... ends_of_later_lines) {
  Versions out = before(end);
  for (const Version last : {end_of_next, ends_of_later_lines...}) {
    out.add({{last.major, last.minor, 0}, last});
  }
  return out;
}
/// Those of both, which must not overlap; `a` has the older ones.
constexpr Versions either(Versions a, const Versions& b) {
  for (const VersionRange& range : b) a.add(range);
  return a;
}

/// In words: "1.6.32 to the end of 1.6; 1.7.17 and later", "before 1.7.23", "all", "none".
std::string describe(const Versions& versions);

}  // namespace sweepcheck
