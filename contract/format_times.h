// Dates, times and durations in texts. Internal to contract/.
#pragma once

#include <string_view>

namespace pgw::contract {

/// RFC 3339 section 5.6: seconds and zone are asked for, a leap second is one where UTC has it (23:59:60).
bool is_rfc3339_date_time(std::string_view text);
bool is_rfc3339_date(std::string_view text);
bool is_rfc3339_time(std::string_view text);

/// RFC 3339 appendix A: "P3DT4H", "P2W".
bool is_rfc3339_duration(std::string_view text);

/// As pydantic v1's datetime_parse: ISO 8601, a blank or T between, seconds, fraction and zone optional; or Unix time.
bool is_pydantic_date_time(std::string_view text);
bool is_pydantic_date(std::string_view text);
bool is_pydantic_time(std::string_view text);
bool is_pydantic_duration(std::string_view text);

}  // namespace pgw::contract
