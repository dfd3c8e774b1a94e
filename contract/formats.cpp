#include "contract/formats.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>

#include <re2/re2.h>

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

/// Unix time: what Python's float() reads.
bool is_timestamp(std::string_view text) {
  static const re2::RE2 number(R"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)");
  return full_match(text, number);
}

/// As pydantic v1's date_parse: ISO 8601, a blank or T between, seconds, fraction and zone optional; or Unix time.
bool is_date_time(std::string_view text) {
  static const re2::RE2 iso(
      R"((\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(?:[Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)");
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  std::string second;
  const re2::StringPiece piece(text.data(), text.size());
  if (!re2::RE2::FullMatch(piece, iso, &year, &month, &day, &hour, &minute, &second)) return is_timestamp(text);
  return is_date(year, month, day) && hour < 24 && minute < 60 && (second.empty() || std::stoi(second) < 60);
}

bool is_date_or_time(std::string_view text) {
  static const re2::RE2 iso(R"((\d{4})-(\d{1,2})-(\d{1,2}))");
  int year = 0;
  int month = 0;
  int day = 0;
  const re2::StringPiece piece(text.data(), text.size());
  if (!re2::RE2::FullMatch(piece, iso, &year, &month, &day)) return is_timestamp(text);
  return is_date(year, month, day);
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
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
  static const re2::RE2 email(R"([^@\s]+@[^@\s]+\.[^@\s]+)");
  static const re2::RE2 uri(R"([A-Za-z][A-Za-z0-9+.\-]*:\S+)");
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
      return is_address(AF_INET6, text);
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
