// JSON text by appending: for the two places where a document per request would cost more than the request.
#pragma once

#include <string>
#include <string_view>

namespace pgw::log {

/// Appends `text` as a JSON string, quotes included. Control characters, '"' and '\' are escaped (RFC 8259 section 7);
/// bytes that are not UTF-8 become U+FFFD, so that a log line is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Whether `text` stands in a JSON string as it is: printable ASCII without '"' and '\\'.
bool is_plain_json(std::string_view text);

}  // namespace pgw::log
