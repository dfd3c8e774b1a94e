#include "contract/format_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <re2/re2.h>

#include "base/text.h"
#include "contract/python.h"

namespace pgw::contract {
namespace {

bool is_day(int year, int month, int day) {
  static constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 0 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

/// Unix time: any number that Python's float() reads.
bool is_timestamp(std::string_view text) {
  const auto number = python_float(text);
  return number && !std::isnan(number->value);
}

bool is_written_as(std::string_view text, const re2::RE2& expression) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

/// Reads a date or time from left to right. By hand, since a page of records holds hundreds of them, and a regular
/// expression with captures takes ten times as long.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool is_at_end() const { return rest_.empty(); }

  bool skip_any_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// The number that at least `least` and at most `most` digits make; -1 without them.
  int number(std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t digits = 0;
    for (; digits < most && digits < rest_.size() && base::is_digit(rest_[digits]); ++digits) {
      value = value * 10 + (rest_[digits] - '0');
    }
    if (digits < least) return -1;
    rest_.remove_prefix(digits);
    return value;
  }

  bool skip_digits() {
    const auto end = std::ranges::find_if_not(rest_, base::is_digit);
    const auto digits = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(digits);
    return digits > 0;
  }

  /// \d{4}-\d{2}-\d{2}, a day that exists; a month and a day of one digit where `least` is 1.
  bool date(std::size_t least, int first_year) {
    const int year = number(4, 4);
    if (year < first_year || !skip_any_of("-")) return false;
    const int month = number(least, 2);
    if (month < 0 || !skip_any_of("-")) return false;
    return is_day(year, month, number(least, 2));
  }

  /// \d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})
  bool rfc3339_time() {
    const int hour = number(2, 2);
    if (hour < 0 || hour > 23 || !skip_any_of(":")) return false;
    const int minute = number(2, 2);
    if (minute < 0 || minute > 59 || !skip_any_of(":")) return false;
    const int second = number(2, 2);
    if (second < 0 || second > 60 || (skip_any_of(".") && !skip_digits())) return false;
    const auto offset = rfc3339_offset();
    if (!offset) return false;
    constexpr int minutes_of_a_day = 24 * 60;
    const int minute_in_utc = (hour * 60 + minute - *offset + 2 * minutes_of_a_day) % minutes_of_a_day;
    return second < 60 || minute_in_utc == minutes_of_a_day - 1;
  }

  /// \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?
  bool pydantic_time() {
    const int hour = number(1, 2);
    if (hour < 0 || hour > 23 || !skip_any_of(":")) return false;
    const int minute = number(1, 2);
    if (minute < 0 || minute > 59) return false;
    if (!skip_any_of(":")) return true;
    const int second = number(1, 2);
    return second >= 0 && second < 60 && (!skip_any_of(".") || skip_digits());
  }

  /// Z, or [+-]\d{2}(:?\d{2})?, or nothing
  bool pydantic_zone() {
    if (skip_any_of("Zz") || !skip_any_of("+-")) return true;
    const int hour = number(2, 2);
    if (hour < 0 || hour > 23) return false;
    if (is_at_end()) return true;
    skip_any_of(":");
    const int minute = number(2, 2);
    return minute >= 0 && minute < 60;
  }

 private:
  /// In minutes; nullopt where it is missing or wrong.
  std::optional<int> rfc3339_offset() {
    if (skip_any_of("Zz")) return 0;
    const bool is_west = rest_.starts_with('-');
    if (!skip_any_of("+-")) return std::nullopt;
    const int hour = number(2, 2);
    if (hour < 0 || hour > 23 || !skip_any_of(":")) return std::nullopt;
    const int minute = number(2, 2);
    if (minute < 0 || minute > 59) return std::nullopt;
    return (is_west ? -1 : 1) * (hour * 60 + minute);
  }

  std::string_view rest_;
};

constexpr int first_year_of_python = 1;

}  // namespace

bool is_rfc3339_date_time(std::string_view text) {
  TimeReader reader(text);
  return reader.date(2, 0) && reader.skip_any_of("Tt") && reader.rfc3339_time() && reader.is_at_end();
}

bool is_rfc3339_date(std::string_view text) {
  TimeReader reader(text);
  return reader.date(2, 0) && reader.is_at_end();
}

bool is_rfc3339_time(std::string_view text) {
  TimeReader reader(text);
  return reader.rfc3339_time() && reader.is_at_end();
}

bool is_rfc3339_duration(std::string_view text) {
  static const re2::RE2 time(R"(T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))");
  static const re2::RE2 duration(R"(P(?:(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)(?:)" +
                                 time.pattern() + ")?|" + time.pattern() + "|[0-9]+W)");
  return is_written_as(text, duration);
}

bool is_pydantic_date_time(std::string_view text) {
  TimeReader reader(text);
  const bool is_iso = reader.date(1, first_year_of_python) && reader.skip_any_of("Tt ") && reader.pydantic_time() &&
                      reader.pydantic_zone() && reader.is_at_end();
  return is_iso || is_timestamp(text);
}

bool is_pydantic_date(std::string_view text) {
  TimeReader reader(text);
  return (reader.date(1, first_year_of_python) && reader.is_at_end()) || is_timestamp(text);
}

bool is_pydantic_time(std::string_view text) {
  TimeReader reader(text);
  return (reader.pydantic_time() && reader.pydantic_zone() && reader.is_at_end()) || is_timestamp(text);
}

bool is_pydantic_duration(std::string_view text) {
  static const re2::RE2 iso(
      R"([-+]?P(?:\d+(?:\.\d+)?D)?(?:T(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?)");
  static const re2::RE2 clock(R"((?:-?\d+ (?:days?, )?)?(?:(?:-?\d+:)?-?\d+:)?-?\d+(?:\.\d{1,12})?)");
  return is_written_as(text, iso) || is_written_as(text, clock) || is_timestamp(text);
}

}  // namespace pgw::contract
