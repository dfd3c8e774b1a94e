#include "config/units.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pgw::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// All tables from large to small: the order in which a sum names units, and in which a text looks for the largest that
/// fits.
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::uint64_t max_duration = 10ULL * 366 * 86'400'000;

constexpr std::uint64_t kibibyte = 1024;
constexpr std::array<Unit, 7> size_units{{{"GiB", kibibyte* kibibyte* kibibyte},
                                          {"GB", 1'000'000'000},
                                          {"MiB", kibibyte* kibibyte},
                                          {"MB", 1'000'000},
                                          {"KiB", kibibyte},
                                          {"kB", 1'000},
                                          {"B", 1}}};
constexpr std::uint64_t max_size = 1ULL << 53;

constexpr std::array<Unit, 3> rate_units{{{"s", 1}, {"m", 60}, {"h", 3'600}}};
constexpr std::uint64_t max_events = 1'000'000;

/// Takes decimal digits off the front; nullopt when there are none, or too many for 64 bits.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view take_letters(std::string_view& text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const auto letters = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(letters.size());
  return letters;
}

template <std::size_t Count>
std::size_t unit_index(const std::array<Unit, Count>& units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return static_cast<std::size_t>(found - units.begin());
}

/// Whether each character is that of `shape`, where "d" is any digit.
bool has_shape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char c, char expected) { return expected == 'd' ? c >= '0' && c <= '9' : c == expected; });
}

/// Of digits only.
unsigned number_at(std::string_view text, std::size_t from, std::size_t length) {
  unsigned value = 0;
  std::from_chars(text.data() + from, text.data() + from + length, value);
  return value;
}

std::string padded(unsigned number, std::size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::size_t unit = unit_index(duration_units, take_letters(text));
    if (unit >= duration_units.size() || unit < next_unit) return std::nullopt;
    next_unit = unit + 1;
    if (*number > max_duration / duration_units[unit].factor) return std::nullopt;
    total += *number * duration_units[unit].factor;
  }
  if (total > max_duration) return std::nullopt;
  return std::chrono::milliseconds(total);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  const std::size_t unit = unit_index(size_units, text);
  if (unit >= size_units.size() || *number > max_size / size_units[unit].factor) return std::nullopt;
  return *number * size_units[unit].factor;
}

std::optional<Rate> parse_rate(std::string_view text) {
  const auto number = take_number(text);
  if (!number || *number < 1 || *number > max_events || !text.starts_with('/')) return std::nullopt;
  const std::size_t unit = unit_index(rate_units, text.substr(1));
  if (unit >= rate_units.size()) return std::nullopt;
  return Rate{static_cast<std::uint32_t>(*number), std::chrono::seconds(rate_units[unit].factor)};
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (!has_shape(text, "dddd-dd-dd")) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number_at(text, 0, 4))),
                                         std::chrono::month(number_at(text, 5, 2)),
                                         std::chrono::day(number_at(text, 8, 2))};
  if (!date.ok() || static_cast<int>(date.year()) < 1970) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<std::chrono::sys_seconds> parse_moment(std::string_view text) {
  const auto date = parse_date(text.substr(0, 10));
  if (!date || text.size() == 10) return date;
  if (!has_shape(text.substr(10), "Tdd:dd:ddZ")) return std::nullopt;
  const unsigned hours = number_at(text, 11, 2);
  const unsigned minutes = number_at(text, 14, 2);
  const unsigned seconds = number_at(text, 17, 2);
  if (hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  return *date + std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

std::string to_text(std::chrono::milliseconds duration) {
  auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count()));
  if (left == 0) return "0s";
  std::string text;
  for (const auto& unit : duration_units) {
    if (left < unit.factor) continue;
    text += std::to_string(left / unit.factor) + std::string(unit.name);
    left %= unit.factor;
  }
  return text;
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& unit : size_units) {
    if (bytes >= unit.factor && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return "0B";
}

std::string to_text(const Rate& rate) {
  const auto unit = std::find_if(rate_units.begin(), rate_units.end(), [&](const Unit& candidate) {
    return candidate.factor == static_cast<std::uint64_t>(rate.period.count());
  });
  return std::to_string(rate.events) + "/" + std::string(unit == rate_units.end() ? "?" : unit->name);
}

std::string to_text(std::chrono::sys_days date) {
  const std::chrono::year_month_day parts(date);
  return padded(static_cast<unsigned>(static_cast<int>(parts.year())), 4) + "-" +
         padded(static_cast<unsigned>(parts.month()), 2) + "-" + padded(static_cast<unsigned>(parts.day()), 2);
}

std::string moment_text(std::chrono::sys_seconds moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  if (moment == day) return to_text(day);
  const std::chrono::hh_mm_ss time(moment - day);
  const auto two = [](auto count) { return padded(static_cast<unsigned>(count.count()), 2); };
  return to_text(day) + "T" + two(time.hours()) + ":" + two(time.minutes()) + ":" + two(time.seconds()) + "Z";
}

}  // namespace pgw::config
