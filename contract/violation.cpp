#include "contract/violation.h"

#include <algorithm>

namespace pgw::contract {

std::string_view to_string(Location location) {
  switch (location) {
    case Location::path:
      return "path";
    case Location::query:
      return "query";
    case Location::header:
      return "header";
    case Location::body:
      return "body";
  }
  return "body";
}

namespace {

using nlohmann::json;

/// By hand where nothing needs an escape, which is most of the time; bytes that are not UTF-8 are replaced.
void append_json_text(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (std::ranges::all_of(text, is_plain)) {
    out.append("\"").append(text).append("\"");
  } else {
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  }
}

void append_json_part(std::string& out, const LocPart& part) {
  if (const auto* name = std::get_if<std::string>(&part)) {
    append_json_text(out, *name);
  } else {
    out += std::to_string(std::get<std::int64_t>(part));
  }
}

}  // namespace

std::string validation_error_body(std::span<const Violation> violations) {
  // Written in place rather than built as a JSON value first: the members stand as the service writes them, and a
  // rejection costs a third.
  std::string out = R"({"detail":[)";
  for (const auto& violation : violations) {
    if (&violation != violations.data()) out += ',';
    out += R"({"loc":[)";
    for (const auto& part : violation.loc) {
      if (&part != violation.loc.data()) out += ',';
      append_json_part(out, part);
    }
    out += R"(],"msg":)";
    append_json_text(out, violation.msg);
    out += R"(,"type":)";
    append_json_text(out, violation.type);
    if (!violation.ctx.is_null()) {
      out += R"(,"ctx":)";
      out += violation.ctx.dump(-1, ' ', false, json::error_handler_t::replace);
    }
    out += '}';
  }
  return out += "]}";
}

}  // namespace pgw::contract
