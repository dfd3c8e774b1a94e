// Quantities as an operator writes them: always with a unit, since "30" alone has been read as seconds and as
// milliseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::config {

/// "250ms", "15s", "5m", "1h", "2d", and sums with falling units: "1h30m". "0s" is zero. Decimal digits only; nullopt
/// for anything else, a missing unit or more than 10 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Bytes: "0B", "512B", "32KiB", "256MiB", "2GiB", and the decimal "kB", "MB", "GB". nullopt for anything else and
/// above 2^53.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// A number of events in a time: "50/s", "3000/m", "100/h".
struct Rate {
  std::uint32_t events = 0;        ///< 1 to 1'000'000
  std::chrono::seconds period{1};  ///< 1 s, 1 min or 1 h

  double per_second() const { return static_cast<double>(events) / static_cast<double>(period.count()); }
  bool operator==(const Rate&) const = default;
};
std::optional<Rate> parse_rate(std::string_view text);

/// "2027-01-31" (ISO 8601 calendar date, years 1970 to 9999).
std::optional<std::chrono::sys_days> parse_date(std::string_view text);

/// A date, which is its 00:00 UTC, or "2027-01-31T12:30:00Z" (RFC 3339, in UTC, whole seconds).
std::optional<std::chrono::sys_seconds> parse_moment(std::string_view text);

/// The shortest text that parses to the same value: "1h30m", "256MiB", "50/s", "2027-01-31", "2027-01-31T12:30:00Z".
std::string to_text(std::chrono::milliseconds duration);
std::string size_text(std::uint64_t bytes);
std::string to_text(const Rate& rate);
std::string to_text(std::chrono::sys_days date);
std::string moment_text(std::chrono::sys_seconds moment);

}  // namespace pgw::config
