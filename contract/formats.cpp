#include "contract/formats.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cmath>
#include <string>

#include <re2/re2.h>

#include "contract/python.h"

namespace pgw::contract {
namespace {

bool full_match(std::string_view text, const re2::RE2& expression) {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

bool is_date(int year, int month, int day) {
  static constexpr std::array days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

/// Unix time: any number that Python's float() reads.
bool is_timestamp(std::string_view text) {
  const auto number = python_float(text);
  return number && !std::isnan(number->value);
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
    for (; digits < most && digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
      value = value * 10 + (rest_[digits] - '0');
    }
    if (digits < least) return -1;
    rest_.remove_prefix(digits);
    return value;
  }

  bool skip_digits() {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto digits = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(digits);
    return digits > 0;
  }

  /// \d{4}-\d{1,2}-\d{1,2}, a day that exists
  bool date() {
    const int year = number(4, 4);
    if (year < 0 || !skip_any_of("-")) return false;
    const int month = number(1, 2);
    if (month < 0 || !skip_any_of("-")) return false;
    return is_date(year, month, number(1, 2));
  }

  /// \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?
  bool time() {
    const int hour = number(1, 2);
    if (hour < 0 || hour > 23 || !skip_any_of(":")) return false;
    const int minute = number(1, 2);
    if (minute < 0 || minute > 59) return false;
    if (!skip_any_of(":")) return true;
    const int second = number(1, 2);
    return second >= 0 && second < 60 && (!skip_any_of(".") || skip_digits());
  }

  /// Z, or [+-]\d{2}(:?\d{2})?, or nothing
  bool zone() {
    if (skip_any_of("Zz") || !skip_any_of("+-")) return true;
    const int hour = number(2, 2);
    if (hour < 0 || hour > 23) return false;
    if (is_at_end()) return true;
    skip_any_of(":");
    const int minute = number(2, 2);
    return minute >= 0 && minute < 60;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
};

/// As pydantic v1's date_parse: ISO 8601, a blank or T between, seconds, fraction and zone optional; or Unix time.
bool is_date_time(std::string_view text) {
  TimeReader reader(text);
  const bool is_iso =
      reader.date() && reader.skip_any_of("Tt ") && reader.time() && reader.zone() && reader.is_at_end();
  return is_iso || is_timestamp(text);
}

bool is_date_or_time(std::string_view text) {
  TimeReader reader(text);
  return (reader.date() && reader.is_at_end()) || is_timestamp(text);
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

/// A scoped address may name its zone (RFC 4007 section 11).
bool is_ipv6(std::string_view text) {
  const auto percent = text.find('%');
  const auto zone = percent == std::string_view::npos ? "0" : text.substr(percent + 1);
  return !zone.empty() && zone.find('%') == std::string_view::npos && is_address(AF_INET6, text.substr(0, percent));
}

struct Entry {
  Format format;
  std::string_view name;
  FormatError error;
};
constexpr std::array entries{
    Entry{Format::date_time, "date-time", {"invalid datetime format", "value_error.datetime"}},
    Entry{Format::date, "date", {"invalid date format", "value_error.date"}},
    Entry{Format::uuid, "uuid", {"value is not a valid uuid", "type_error.uuid"}},
    Entry{Format::email, "email", {"value is not a valid email address", "value_error.email"}},
    Entry{Format::uri, "uri", {"invalid or missing URL scheme", "value_error.url.scheme"}},
    Entry{Format::ipv4, "ipv4", {"value is not a valid IPv4 address", "value_error.ipv4address"}},
    Entry{Format::ipv6, "ipv6", {"value is not a valid IPv6 address", "value_error.ipv6address"}},
    Entry{Format::byte, "byte", {"value is not valid base64", "value_error.base64"}},
};

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? std::nullopt : std::optional(found->format);
}

bool is_annotation_format(std::string_view name) {
  static constexpr std::array<std::string_view, 6> names{"password", "binary", "float", "double", "int32", "int64"};
  return std::ranges::find(names, name) != names.end();
}

bool matches(Format format, std::string_view text) {
  static const re2::RE2 uuid(
      R"((?i)(?:urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?)");
  // pydantic takes a name before the address, and blanks around it and around a URL.
  static const re2::RE2 email(R"((?:[_\pL\pN\s]*<)?\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*>?\s*)");
  static const re2::RE2 uri(R"(\s*[A-Za-z][A-Za-z0-9+.\-]*:\S+\s*)");
  static const re2::RE2 base64(R"((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)");
  switch (format) {
    case Format::date_time:
      return is_date_time(text);
    case Format::date:
      return is_date_or_time(text);
    case Format::uuid:
      return full_match(text, uuid);
    case Format::email:
      return full_match(text, email);
    case Format::uri:
      return full_match(text, uri);
    case Format::ipv4:
      return is_address(AF_INET, text);
    case Format::ipv6:
      return is_ipv6(text);
    case Format::byte:
      return full_match(text, base64);
  }
  return true;
}

FormatError error_of(Format format) {
  return std::ranges::find(entries, format, &Entry::format)->error;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace pgw::contract
