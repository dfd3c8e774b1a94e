// The string formats of OpenAPI that are checked, and what pydantic v1 says when one is wrong.
#pragma once

#include <optional>
#include <string_view>

namespace pgw::contract {

enum class Format { date_time, date, uuid, email, uri, ipv4, ipv6, byte };

/// Formats that say nothing about a value's text (password, binary, float, double, int32, int64) and unknown ones give
/// nullopt.
std::optional<Format> parse_format(std::string_view name);

/// Formats without a check of their own that are fine all the same.
bool is_annotation_format(std::string_view name);

bool matches(Format format, std::string_view text);

struct FormatError {
  std::string_view msg;
  std::string_view type;
};
FormatError error_of(Format format);

/// The number of Unicode code points; bytes that are not UTF-8 count one each.
std::size_t code_points(std::string_view text);

}  // namespace pgw::contract
