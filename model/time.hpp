// Simulated time, and the two notations of it that labels and configurations use: RFC 3339 times
// (Go's time.RFC3339) and Go durations ("24h", "1h30m", "0.5s").
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sweepcheck {

/// Nanoseconds since 1970-01-01T00:00:00Z.
using Time = std::int64_t;
/// Nanoseconds.
using Duration = std::int64_t;

inline constexpr Duration kMillisecond = 1'000'000;
inline constexpr Duration kSecond = 1'000 * kMillisecond;
inline constexpr Duration kHour = 3'600 * kSecond;

/// Where every scenario starts: 2026-01-01T00:00:00Z.
inline constexpr Time kEpoch = 1'767'225'600 * kSecond;

/// The time that much later; the end of time instead of an overflow.
constexpr Time later(Time time, Duration by) {
  constexpr Time kEnd = std::numeric_limits<Time>::max();
  return by > 0 && time > kEnd - by ? kEnd : time + by;
}

/// Reads an RFC 3339 time as Go's time.Parse(time.RFC3339) does: offsets and fractions of a second
/// are accepted, everything else ("2026-01-01", Unix seconds) is not.
std::optional<Time> parse_rfc3339(std::string_view text);

/// "2026-01-01T00:00:00Z"; fractions of a second are dropped, as in a lease's gc.expire label.
std::string format_rfc3339(Time time);

/// Reads a Go duration: one or more numbers with unit ns, us, ms, s, m or h, or a bare "0".
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest Go duration that reads back as the same: "24h", "1m30s", "5ms".
std::string format_duration(Duration duration);

}  // namespace sweepcheck
