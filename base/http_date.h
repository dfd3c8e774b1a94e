// HTTP-dates (RFC 9110 section 5.6.7).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::base {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Reads the three forms: IMF-fixdate, RFC 850 and asctime. Names of days and months and the zone are matched without
/// regard to case (RFC 9111 section 4.2); any zone but GMT, an impossible date or trailing text makes the date invalid:
/// nullopt. The day's name is not checked against the date. A two-digit year is taken as the past one when it would be
/// more than 50 years after `now`.
std::optional<TimePoint> parse_http_date(std::string_view text, TimePoint now);

/// IMF-fixdate, e.g. "Sun, 06 Nov 1994 08:49:37 GMT"; fractions of a second are cut off.
std::string format_http_date(TimePoint time);

}  // namespace pgw::base
