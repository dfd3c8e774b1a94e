// One line of a header or trailer section (RFC 9112 section 5).
#pragma once

#include <optional>
#include <string_view>

#include "gateway/http/message.h"

namespace pgw::http {

/// Views into the line.
struct FieldLine {
  std::string_view name;
  std::string_view value;  ///< without the white space around it
};

/// field-name ":" OWS field-value OWS, the CRLF left out. Nothing if the name is no token, which is also so where white
/// space stands between name and colon. The characters of the value are HeadScanner's matter.
std::optional<FieldLine> parse_field_line(std::string_view line);

/// Adds every field of a section that HeadScanner has let pass (each line with its CRLF, and the empty line at the
/// end). False if a line is malformed; what stood before it has been added.
bool parse_field_lines(std::string_view lines, Fields& fields);

}  // namespace pgw::http
