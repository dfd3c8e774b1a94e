#include "contract/violation.h"

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"

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

/// A pointer as a URI fragment (RFC 6901 section 6), from the parts of a `loc` that lead into a value.
std::string fragment_of(std::span<const LocPart> parts) {
  constexpr std::string_view plain = "!$&'()*+,;=:@";
  std::string pointer = "#";
  for (const auto& part : parts) {
    pointer += '/';
    if (const auto* index = std::get_if<std::int64_t>(&part)) {
      base::append_number(pointer, *index);
      continue;
    }
    for (const char c : std::get<std::string>(part)) {
      if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else if (base::is_unreserved(c) || plain.find(c) != std::string_view::npos) {
        pointer += c;
      } else {
        base::append_percent_encoded(pointer, c);
      }
    }
  }
  return pointer;
}

json problem_error(const Violation& violation) {
  json error{{"detail", violation.msg}, {"type", violation.type}};
  if (!violation.ctx.is_null()) error["ctx"] = violation.ctx;
  std::span<const LocPart> rest = violation.loc;
  const auto take_name = [&rest]() -> std::string {
    const auto* const name = rest.empty() ? nullptr : std::get_if<std::string>(&rest.front());
    if (name == nullptr) return {};
    rest = rest.subspan(1);
    return *name;
  };
  error["in"] = take_name();
  if (error["in"] != "body") error["name"] = take_name();
  // The position of a syntax error leads into no value; `ctx` has it.
  const bool is_position = violation.type == "value_error.jsondecode" && error["in"] == "body" && rest.size() == 1 &&
                           std::holds_alternative<std::int64_t>(rest.front());
  error["pointer"] = is_position ? "#" : fragment_of(rest);
  return error;
}

}  // namespace

std::string validation_problem_body(std::span<const Violation> violations) {
  json errors = json::array();
  for (const auto& violation : violations) errors.push_back(problem_error(violation));
  const json problem{
      {"type", "about:blank"},
      {"title", "Unprocessable Content"},
      {"status", 422},
      {"detail", violations.size() == 1 ? "the request has a mistake"
                                        : "the request has " + std::to_string(violations.size()) + " mistakes"},
      {"errors", std::move(errors)}};
  return problem.dump(-1, ' ', false, json::error_handler_t::replace);
}

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
