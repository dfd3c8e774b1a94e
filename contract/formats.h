// The string formats of OpenAPI and JSON Schema that are checked, and what is said when one is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pgw::contract {

enum class Format : std::uint8_t {
  date_time,
  date,
  time,
  duration,
  uuid,
  email,
  idn_email,
  hostname,
  idn_hostname,
  uri,
  uri_reference,
  iri,
  iri_reference,
  uri_template,
  ipv4,
  ipv6,
  byte,
  json_pointer,
  relative_json_pointer,
  regex
};

/// Whose rules a text is held to: those of the RFC that defines the format, or what pydantic v1 reads into the type
/// that writes the format. Formats that pydantic doesn't write have one rule.
enum class FormatRules { of_rfc, of_pydantic };

/// Formats that say nothing about a value's text (password, binary, float, double, int32, int64) and unknown ones give
/// nullopt.
std::optional<Format> parse_format(std::string_view name);

/// Formats without a check of a text of their own that are fine all the same.
bool is_annotation_format(std::string_view name);

/// `text` is UTF-8. Takes time in proportion to the text.
bool matches(Format format, std::string_view text, FormatRules rules);

/// What pydantic v1 reads into a timedelta: an ISO 8601 duration, or "2 days, 1:30:00".
bool is_time_delta(std::string_view text);

struct FormatError {
  std::string_view msg;
  std::string_view type;
};
FormatError error_of(Format format, FormatRules rules);

/// The number of Unicode code points; bytes that are not UTF-8 count one each.
std::size_t code_points(std::string_view text);

}  // namespace pgw::contract
