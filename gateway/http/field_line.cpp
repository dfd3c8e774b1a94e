#include "gateway/http/field_line.h"

#include "base/text.h"
#include "base/token.h"

namespace pgw::http {
namespace {

constexpr std::string_view crlf = "\r\n";

}  // namespace

std::optional<FieldLine> parse_field_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !base::is_token(line.substr(0, colon))) return std::nullopt;
  return FieldLine{line.substr(0, colon), base::trim(line.substr(colon + 1))};
}

bool parse_field_lines(std::string_view lines, Fields& fields) {
  while (lines.size() > crlf.size()) {
    const auto line = lines.substr(0, lines.find('\r'));
    lines.remove_prefix(line.size() + crlf.size());
    const auto field = parse_field_line(line);
    if (!field) return false;
    fields.add(field->name, field->value);
  }
  return true;
}

}  // namespace pgw::http
