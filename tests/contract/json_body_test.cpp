// What Python's json module says of the same texts (3.11) is the specification: each row was taken from it, but for
// those that say otherwise.
#include "contract/json_body.h"

#include <string>

#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

struct Mistake {
  std::string msg;
  int pos = 0;
  int line = 0;
  int column = 0;
};

void check_mistake(const std::string& body, const Mistake& mistake) {
  CAPTURE(body.substr(0, 80));
  Violation violation;
  REQUIRE_FALSE(parse_json_body(body, violation).has_value());
  const auto pos = std::to_string(mistake.pos);
  const auto line = std::to_string(mistake.line);
  const auto column = std::to_string(mistake.column);
  CHECK(violation.msg == mistake.msg + ": line " + line + " column " + column + " (char " + pos + ")");
  CHECK(violation.type == "value_error.jsondecode");
  CHECK(violation.loc == std::vector<LocPart>{std::string("body"), std::int64_t{mistake.pos}});
  CHECK(
      violation.ctx ==
      nlohmann::json{{"msg", mistake.msg}, {"pos", mistake.pos}, {"lineno", mistake.line}, {"colno", mistake.column}});
}

std::string value_of(std::string_view body) {
  Violation violation;
  const auto value = parse_json_body(body, violation);
  return value ? value->root().to_json().dump() : line(violation);
}

TEST_CASE("a mistake in a body is told as Python's json module tells it") {
  const std::string name = "Expecting property name enclosed in double quotes";
  const std::string comma = "Expecting ',' delimiter";
  const std::string colon = "Expecting ':' delimiter";
  const std::string value = "Expecting value";
  const std::string extra = "Extra data";
  const std::string open = "Unterminated string starting at";
  const std::string control = "Invalid control character at";
  const std::string escape = "Invalid \\escape";
  const std::string unicode = "Invalid \\uXXXX escape";
  const auto [body, msg, pos, line, column] = GENERATE_COPY(table<std::string, std::string, int, int, int>({
      {"  ", value, 2, 1, 3},
      {"\n", value, 1, 2, 1},
      {"{", name, 1, 1, 2},
      {"{\"a\"", colon, 4, 1, 5},
      {"{\"a\":", value, 5, 1, 6},
      {"{\"a\":}", value, 5, 1, 6},
      {"{\"a\":1,}", name, 7, 1, 8},
      {"{\"a\":1,,}", name, 7, 1, 8},
      {"{\"a\" 1}", colon, 5, 1, 6},
      {"{\"a\":1 \"b\":2}", comma, 7, 1, 8},
      {"{\"a\":1]", comma, 6, 1, 7},
      {"{\"a\":1}}", extra, 7, 1, 8},
      {"{\"a\":tru}", value, 5, 1, 6},
      {"{\"a\":{\"b\":[}}", value, 11, 1, 12},
      {"{a:1}", name, 1, 1, 2},
      {"{'a':1}", name, 1, 1, 2},
      {"{,}", name, 1, 1, 2},
      {"{} x", extra, 3, 1, 4},
      {"[", value, 1, 1, 2},
      {"[1", comma, 2, 1, 3},
      {"[1,", value, 3, 1, 4},
      {"[1,]", value, 3, 1, 4},
      {"[,1]", value, 1, 1, 2},
      {"[1 2]", comma, 3, 1, 4},
      {"[1}", comma, 2, 1, 3},
      {"[1]//", extra, 3, 1, 4},
      {"//c", value, 0, 1, 1},
      {"nul", value, 0, 1, 1},
      {"nulll", extra, 4, 1, 5},
      {"x", value, 0, 1, 1},
      {"01", extra, 1, 1, 2},
      {"-01", extra, 2, 1, 3},
      {"-", value, 0, 1, 1},
      {"1.", extra, 1, 1, 2},
      {"1e", extra, 1, 1, 2},
      {"1.e5", extra, 1, 1, 2},
      {".5", value, 0, 1, 1},
      {"+1", value, 0, 1, 1},
      {"1 2", extra, 2, 1, 3},
      {std::string("1\0", 2), extra, 1, 1, 2},
      {std::string("{}\0}", 4), extra, 2, 1, 3},
      {std::string("[1\0]", 4), comma, 2, 1, 3},
      {std::string("\"\0\"", 3), control, 1, 1, 2},
      {std::string("\0", 1), value, 0, 1, 1},
      {"\"abc", open, 0, 1, 1},
      {"\"\\", open, 0, 1, 1},
      {"[\"a\", \"b]", open, 6, 1, 7},
      {"\"a\tb\"", control, 2, 1, 3},
      {"\"a\nb\"", control, 2, 1, 3},
      {"\"\\x\"", escape, 1, 1, 2},
      {"{\"a\":\"b\\q\"}", escape, 7, 1, 8},
      {"\"\\u\"", unicode, 2, 1, 3},
      {"\"\\u12\"", unicode, 2, 1, 3},
      {"\"\\u12", unicode, 2, 1, 3},
      {"\"\\u12G4\"", unicode, 2, 1, 3},
      {"\"\\u0x12\"", unicode, 2, 1, 3},
      {"\"a\\u+123\"", unicode, 3, 1, 4},
      {"[\"\\u00\"]", unicode, 3, 1, 4},
      {"{\"a\":\n1,\n \"b\" 2}", colon, 14, 3, 6},
      {"{\"a\":1,\n  b}", name, 10, 2, 3},
      {"[1,\n2,\n]", value, 7, 3, 1},
      {"{\"\u00e9\": x}", value, 6, 1, 7},
      {"[\"\u00fc\" 1]", comma, 5, 1, 6},
      {"[\"\U0001F600\" 1]", comma, 5, 1, 6},
      {"\"\u00e9", open, 0, 1, 1},
      {"\u00a0{}", value, 0, 1, 1},
  }));
  check_mistake(body, {msg, pos, line, column});
}

TEST_CASE("what Python would take and the gateway doesn't is told in the same form") {
  const auto [body, msg, pos, line, column] = GENERATE(table<std::string, std::string, int, int, int>({
      {"NaN", "Expecting value", 0, 1, 1},
      {"[Infinity]", "Expecting value", 1, 1, 2},
      {"-Infinity", "Expecting value", 0, 1, 1},
      {"[1, 1e999]", "Number out of range", 4, 1, 5},
      {"-1e999", "Number out of range", 0, 1, 1},
      {"\"\\ud83d\"", "Lone surrogate", 1, 1, 2},
      {"\"\\ude00\"", "Lone surrogate", 1, 1, 2},
      {"\"\\ud83d\\u0041\"", "Lone surrogate", 1, 1, 2},
      {"\"\\ud83dx\"", "Lone surrogate", 1, 1, 2},
      {"\"\\ud83d\\ud83d\"", "Lone surrogate", 1, 1, 2},
      {"{\"a\":\"b\xff\"}", "Invalid UTF-8", 7, 1, 8},
      {"\"\xc0\xaf\"", "Invalid UTF-8", 1, 1, 2},
      {"\"\xed\xa0\x80\"", "Invalid UTF-8", 1, 1, 2},
      {"\n\"\u00e9\xc3", "Invalid UTF-8", 3, 2, 3},
      {"\xff", "Invalid UTF-8", 0, 1, 1},
  }));
  check_mistake(body, {msg, pos, line, column});
}

TEST_CASE("an integer of any length is a number or a mistake, and never worse") {
  CHECK(value_of("123456789012345678901234567890") == "1.2345678901234568e+29");
  CHECK(value_of(std::string(300, '9')) == "1e+300");
  check_mistake(std::string(400, '9'), {"Number out of range", 0, 1, 1});
  check_mistake("[-" + std::string(4000, '9') + "]", {"Number out of range", 1, 1, 2});
  CHECK(value_of("1e-999") == "0.0");
  CHECK(value_of("18446744073709551615") == "18446744073709551615");
  CHECK(value_of("-9223372036854775808") == "-9223372036854775808");
}

TEST_CASE("nesting is bounded before anything is built") {
  const auto nested = [](std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
  };
  CHECK(value_of(nested(deepest_json, '[', ']')) == nested(deepest_json, '[', ']'));
  check_mistake(nested(deepest_json + 1, '[', ']'), {"Nested too deeply", 64, 1, 65});
  check_mistake(nested(deepest_json + 1, '[', ']') + "x", {"Nested too deeply", 64, 1, 65});
  check_mistake(nested(100'000, '[', ']'), {"Nested too deeply", 64, 1, 65});
  check_mistake(std::string(100'000, '['), {"Nested too deeply", 64, 1, 65});
  check_mistake(std::string(100'000, '{'), {"Expecting property name enclosed in double quotes", 1, 1, 2});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  check_mistake(objects, {"Nested too deeply", 320, 1, 321});
  CHECK(value_of("\"" + std::string(1000, '[') + "\"").size() == 1002);
  CHECK(value_of("[\"\\\"" + std::string(1000, '{') + "\"]").size() == 1006);
}

TEST_CASE("a right body is its value") {
  const auto [body, value] = GENERATE(table<std::string, std::string>({
      {" {\"a\" : 1 }\r\n", R"({"a":1})"},
      {R"({"a":1,"a":2})", R"({"a":2})"},
      {R"({"a":{"b":1},"a":{"c":2}})", R"({"a":{"c":2}})"},
      {"-0", "0"},
      {"1.0", "1.0"},
      {"1E5", "100000.0"},
      {R"("\ud83d\ude00\u0000\/")", "\"\U0001F600\\u0000/\""},
      {"\"\x7f\"", "\"\x7f\""},
      {"\xef\xbb\xbf{}", "{}"},
      {"null", "null"},
  }));
  CAPTURE(body);
  CHECK(value_of(body) == value);
}

}  // namespace
}  // namespace pgw::contract::test
