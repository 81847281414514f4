#include "model/time.hpp"

#include <array>
#include <chrono>
#include <cmath>

namespace sweepcheck {
namespace {

struct Cursor {
  std::string_view rest;

  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }

  std::optional<int> digits(std::size_t count) {
    if (rest.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return std::nullopt;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
};

std::optional<Duration> parse_fraction(Cursor& cursor) {
  if (!cursor.take('.') && !cursor.take(',')) return 0;
  Duration fraction = 0;
  Duration scale = kSecond;
  bool any = false;
  while (!cursor.rest.empty() && cursor.rest.front() >= '0' && cursor.rest.front() <= '9') {
    scale /= 10;
    fraction += scale * (cursor.rest.front() - '0');
    cursor.rest.remove_prefix(1);
    any = true;
  }
  if (!any) return std::nullopt;
  return fraction;
}

std::optional<Duration> parse_offset(Cursor& cursor) {
  if (cursor.take('Z')) return 0;
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hours = cursor.digits(2);
  if (!hours || *hours > 23 || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const Duration offset = (Duration{*hours} * 60 + *minutes) * 60 * kSecond;
  return east ? offset : -offset;
}

struct Unit {
  std::string_view name;
  Duration size;
};
constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xc2\xb5s", 1'000},
                                      {"ms", kMillisecond},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", kHour}}};

// The longest unit name that the text starts with: "ms" before "m".
const Unit* take_unit(std::string_view& text) {
  const Unit* best = nullptr;
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name) && (!best || unit.name.size() > best->name.size())) {
      best = &unit;
    }
  }
  if (best) text.remove_prefix(best->name.size());
  return best;
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
  Cursor cursor{text};
  const auto year = cursor.digits(4);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.digits(2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.digits(2);
  if (!day || !cursor.take('T')) return std::nullopt;
  const auto hour = cursor.digits(2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.digits(2);
  if (!minute || *minute > 59 || !cursor.take(':')) return std::nullopt;
  const auto second = cursor.digits(2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = parse_fraction(cursor);
  const auto offset = fraction ? parse_offset(cursor) : std::nullopt;
  if (!offset || !cursor.rest.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  // Beyond these years nanoseconds no longer fit 64 bits; no sensible expiry lies there.
  const int clamped_year = *year < 1700 ? 1700 : (*year > 2250 ? 2250 : *year);
  const std::chrono::year_month_day clamped{
      std::chrono::year{clamped_year}, date.month(),
      date.day().operator unsigned() > 28 ? std::chrono::day{28} : date.day()};
  const auto days =
      std::chrono::sys_days{clamped_year == *year ? date : clamped}.time_since_epoch().count();
  const Duration seconds = (days * 24LL + *hour) * 3600LL + *minute * 60LL + *second;
  return seconds * kSecond + *fraction - *offset;
}

std::string format_rfc3339(Time time) {
  using namespace std::chrono;
  const Time seconds = time >= 0 ? time / kSecond : (time - kSecond + 1) / kSecond;
  const sys_seconds point{std::chrono::seconds{seconds}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{point - day};
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return out.data();
}

std::optional<Duration> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    long double number = 0;
    long double scale = 1;
    std::size_t digit_count = 0;
    bool after_point = false;
    while (!text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'))) {
      if (text.front() == '.') {
        if (after_point) return std::nullopt;
        after_point = true;
      } else {
        ++digit_count;
        number = number * 10 + (text.front() - '0');
        if (after_point) scale *= 10;
      }
      text.remove_prefix(1);
    }
    const Unit* unit = digit_count > 0 ? take_unit(text) : nullptr;
    if (!unit) return std::nullopt;
    total += number / scale * static_cast<long double>(unit->size);
  }
  if (!(total <= 9.2e18L)) return std::nullopt;  // too long, or not a number
  const auto whole = static_cast<Duration>(std::llround(total));
  return negative ? -whole : whole;
}

std::string format_duration(Duration duration) {
  if (duration == 0) return "0s";
  std::string out = duration < 0 ? "-" : "";
  auto rest = duration < 0 ? 0ULL - static_cast<unsigned long long>(duration)
                           : static_cast<unsigned long long>(duration);
  constexpr std::array<Unit, 6> kDescending{{{"h", kHour},
                                             {"m", 60 * kSecond},
                                             {"s", kSecond},
                                             {"ms", kMillisecond},
                                             {"us", 1'000},
                                             {"ns", 1}}};
  for (const Unit& unit : kDescending) {
    const auto size = static_cast<unsigned long long>(unit.size);
    if (rest < size) continue;
    out += std::to_string(rest / size);
    out += unit.name;
    rest %= size;
  }
  return out;
}

}  // namespace sweepcheck
