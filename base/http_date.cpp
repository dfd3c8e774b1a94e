#include "base/http_date.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace pgw::base {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

/// Consumes a text from its front. Any failure is remembered, so that a whole form can be read before asking.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  Scanner& literal(std::string_view text) { return take_if(iequals(rest_.substr(0, text.size()), text), text.size()); }

  Scanner& number(std::size_t digits, int& out) {
    if (rest_.size() < digits) return fail();
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    out = value;
    return take_if(true, digits);
  }

  /// A day of the month in asctime: two characters, padded with a space.
  Scanner& padded_day(int& out) {
    if (rest_.starts_with(' ')) return literal(" ").number(1, out);
    return number(2, out);
  }

  Scanner& month(int& out) {
    for (std::size_t i = 0; i < months.size(); ++i) {
      if (iequals(rest_.substr(0, 3), months[i])) {
        out = static_cast<int>(i) + 1;
        return take_if(true, 3);
      }
    }
    return fail();
  }

  /// The name of a day, whole or as its first three letters.
  Scanner& day_name(bool whole) {
    for (const std::string_view day : day_names) {
      const std::string_view name = whole ? day : day.substr(0, 3);
      if (iequals(rest_.substr(0, name.size()), name)) return take_if(true, name.size());
    }
    return fail();
  }

  bool done() const { return ok_ && rest_.empty(); }

 private:
  Scanner& fail() {
    ok_ = false;
    return *this;
  }
  Scanner& take_if(bool matches, std::size_t length) {
    if (!matches || !ok_) return fail();
    rest_.remove_prefix(length);
    return *this;
  }

  std::string_view rest_;
  bool ok_ = true;
};

struct Civil {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

std::optional<TimePoint> to_time(const Civil& c) {
  const std::chrono::year_month_day date{std::chrono::year(c.year), std::chrono::month(static_cast<unsigned>(c.month)),
                                         std::chrono::day(static_cast<unsigned>(c.day))};
  constexpr int leap_second = 60;
  if (!date.ok() || c.hour > 23 || c.minute > 59 || c.second > leap_second) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(c.hour) + std::chrono::minutes(c.minute) +
         std::chrono::seconds(c.second);
}

int year_of(TimePoint time) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year());
}

Scanner& clock_time(Scanner& scanner, Civil& c) {
  return scanner.number(2, c.hour).literal(":").number(2, c.minute).literal(":").number(2, c.second);
}

std::optional<TimePoint> parse_imf(std::string_view text) {
  Civil c;
  Scanner scanner(text);
  scanner.day_name(false).literal(", ").number(2, c.day).literal(" ").month(c.month).literal(" ").number(4, c.year);
  clock_time(scanner.literal(" "), c).literal(" GMT");
  return scanner.done() ? to_time(c) : std::nullopt;
}

std::optional<TimePoint> parse_rfc850(std::string_view text, TimePoint now) {
  Civil c;
  Scanner scanner(text);
  scanner.day_name(true).literal(", ").number(2, c.day).literal("-").month(c.month).literal("-").number(2, c.year);
  clock_time(scanner.literal(" "), c).literal(" GMT");
  if (!scanner.done()) return std::nullopt;
  const int this_year = year_of(now);
  c.year += this_year / 100 * 100;
  if (c.year > this_year + 50) c.year -= 100;
  return to_time(c);
}

std::optional<TimePoint> parse_asctime(std::string_view text) {
  Civil c;
  Scanner scanner(text);
  scanner.day_name(false).literal(" ").month(c.month).literal(" ").padded_day(c.day).literal(" ");
  clock_time(scanner, c).literal(" ").number(4, c.year);
  return scanner.done() ? to_time(c) : std::nullopt;
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now) {
  if (const auto time = parse_imf(text)) return time;
  if (const auto time = parse_rfc850(text, now)) return time;
  return parse_asctime(text);
}

std::string format_http_date(TimePoint time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - days));
  const std::string_view day_name = day_names[std::chrono::weekday(days).c_encoding()];
  const std::string_view month_name = months[static_cast<unsigned>(date.month()) - 1];
  std::array<char, 64> buffer{};
  const int length =
      std::snprintf(buffer.data(), buffer.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", day_name.data(),
                    static_cast<unsigned>(date.day()), month_name.data(), static_cast<int>(date.year()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

}  // namespace pgw::base
