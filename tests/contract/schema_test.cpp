// Messages, types and ctx are those that pydantic 1.10 gives for the same schema and value, but where a row says
// otherwise.
#include "contract/schema.h"

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* not_none = "v: type_error.none.not_allowed: none is not an allowed value";
constexpr const char* no_integer = "v: type_error.integer: value is not a valid integer";
constexpr const char* no_float = "v: type_error.float: value is not a valid float";
constexpr const char* no_boolean = "v: type_error.bool: value could not be parsed to a boolean";
constexpr const char* no_text = "v: type_error.str: str type expected";
constexpr const char* no_list = "v: type_error.list: value is not a valid list";
constexpr const char* no_dict = "v: type_error.dict: value is not a valid dict";
constexpr const char* no_datetime = "v: value_error.datetime: invalid datetime format";
constexpr const char* no_date = "v: value_error.date: invalid date format";
constexpr const char* no_uri = "v: value_error.url: value is not a valid URI";
constexpr const char* no_uuid = "v: type_error.uuid: value is not a valid uuid";
constexpr const char* right = "";

Lines expected(const std::string& line) {
  return line.empty() ? nothing : Lines{line};
}

TEST_CASE("types of a request are coerced as pydantic coerces them, or taken as they stand") {
  const auto [schema, value, line, strict_line] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"{type: string}", R"("x")", right, right},
      {"{type: string}", "1", right, no_text},
      {"{type: string}", "1.5", right, no_text},
      {"{type: string}", "true", right, no_text},
      {"{type: string}", "null", not_none, not_none},
      {"{type: string}", "[]", no_text, no_text},
      {"{type: string}", "{}", no_text, no_text},
      {"{type: integer}", "12", right, right},
      {"{type: integer}", "-12", right, right},
      {"{type: integer}", "1.5", right, no_integer},
      {"{type: integer}", "1e20", right, right},
      {"{type: integer}", "true", right, no_integer},
      {"{type: integer}", R"("12")", right, no_integer},
      {"{type: integer}", R"(" 10\n")", right, no_integer},
      {"{type: integer}", R"("+5")", right, no_integer},
      {"{type: integer}", R"("-5")", right, no_integer},
      {"{type: integer}", R"("1_000")", right, no_integer},
      {"{type: integer}", R"("1__0")", no_integer, no_integer},
      {"{type: integer}", R"("_1")", no_integer, no_integer},
      {"{type: integer}", R"("1_")", no_integer, no_integer},
      {"{type: integer}", R"("--5")", no_integer, no_integer},
      {"{type: integer}", R"("+-5")", no_integer, no_integer},
      {"{type: integer}", R"("- 5")", no_integer, no_integer},
      {"{type: integer}", R"("5-")", no_integer, no_integer},
      {"{type: integer}", R"("1.5")", no_integer, no_integer},
      {"{type: integer}", R"("1e3")", no_integer, no_integer},
      {"{type: integer}", R"("inf")", no_integer, no_integer},
      {"{type: integer}", R"("")", no_integer, no_integer},
      {"{type: integer}", R"(" ")", no_integer, no_integer},
      {"{type: integer}", R"("+")", no_integer, no_integer},
      {"{type: integer}", R"("abc")", no_integer, no_integer},
      {"{type: integer}", "null", not_none, not_none},
      {"{type: integer}", "[]", no_integer, no_integer},
      {"{type: integer}", "{}", no_integer, no_integer},
      {"{type: number}", "1", right, right},
      {"{type: number}", "true", right, no_float},
      {"{type: number}", R"("1.5")", right, no_float},
      {"{type: number}", R"("1.")", right, no_float},
      {"{type: number}", R"(".5")", right, no_float},
      {"{type: number}", R"(" 1e5 ")", right, no_float},
      {"{type: number}", R"("-Infinity")", right, no_float},
      {"{type: number}", R"("1_000.5")", right, no_float},
      {"{type: number}", R"("1_.5")", no_float, no_float},
      {"{type: number}", R"("_1")", no_float, no_float},
      {"{type: number}", R"("1e_5")", no_float, no_float},
      {"{type: number}", R"("nan")", right, no_float},
      {"{type: number}", "\"nan(1)\"", no_float, no_float},
      {"{type: number}", R"("0x10")", no_float, no_float},
      {"{type: number}", R"("1.5.")", no_float, no_float},
      {"{type: number}", R"("1\u0000")", no_float, no_float},
      {"{type: number}", R"("")", no_float, no_float},
      {"{type: number}", R"("x")", no_float, no_float},
      {"{type: number}", "[]", no_float, no_float},
      {"{type: number}", "null", not_none, not_none},
      {"{type: boolean}", "false", right, right},
      {"{type: boolean}", "0", right, no_boolean},
      {"{type: boolean}", "1.0", right, no_boolean},
      {"{type: boolean}", R"("yes")", right, no_boolean},
      {"{type: boolean}", R"("oFF")", right, no_boolean},
      {"{type: boolean}", R"("T")", right, no_boolean},
      {"{type: boolean}", R"("n")", right, no_boolean},
      {"{type: boolean}", "2", no_boolean, no_boolean},
      {"{type: boolean}", R"("2")", no_boolean, no_boolean},
      {"{type: boolean}", R"("maybe")", no_boolean, no_boolean},
      {"{type: boolean}", R"(" true")", no_boolean, no_boolean},
      {"{type: boolean}", R"("")", no_boolean, no_boolean},
      {"{type: boolean}", "[]", no_boolean, no_boolean},
      {"{type: boolean}", "null", not_none, not_none},
      {"{type: array}", "[1, null, {}]", right, right},
      {"{type: array}", "{}", no_list, no_list},
      {"{type: array}", R"("a")", no_list, no_list},
      {"{type: array}", "null", not_none, not_none},
      {"{type: object}", R"({"a": 1})", right, right},
      {"{type: object}", R"("a")", no_dict, no_dict},
      {"{type: object}", "1", no_dict, no_dict},
      {"{type: object}", "null", not_none, not_none},
      // PHP writes an empty object so. pydantic would take a list of pairs as well: that, no one sends.
      {"{type: object}", "[]", right, no_dict},
      {"{type: object, required: [a]}", "[]", "v.a: value_error.missing: field required", no_dict},
      {"{allOf: [{type: object}, {required: [a]}]}", "[]", "v.a: value_error.missing: field required", no_dict},
      {"{type: object, additionalProperties: {type: string}}", "[]", right, no_dict},
      {"{type: object}", R"([["a", 1]])", no_dict, no_dict},
      {"{oneOf: [{type: object}, {type: array, maxItems: 0}]}", "[]", right, right},
      {"{}", "null", right, right},
      {"{}", "[1]", right, right},
      {"{type: integer, nullable: true}", "null", right, right},
      {"{type: integer, nullable: true}", R"("x")", no_integer, no_integer},
      {"{type: integer, nullable: false}", "null", not_none, not_none},
  }));
  CAPTURE(schema, value);
  CHECK(check(schema, value) == expected(line));
  CHECK(check(schema, value, strictly) == expected(strict_line));
}

TEST_CASE("types of a response are taken strictly") {
  const auto [schema, value, line] = GENERATE(table<std::string, std::string, std::string>({
      {"{type: string}", R"("x")", right},
      {"{type: string}", "1", no_text},
      {"{type: string}", "true", no_text},
      {"{type: integer}", "12", right},
      {"{type: integer}", "12.0", right},
      {"{type: integer}", "12.5", no_integer},
      {"{type: integer}", R"("12")", no_integer},
      {"{type: integer}", "true", no_integer},
      {"{type: number}", "1", right},
      {"{type: number}", R"("1")", no_float},
      {"{type: number}", "true", no_float},
      {"{type: boolean}", "true", right},
      {"{type: boolean}", "1", no_boolean},
      {"{type: boolean}", R"("yes")", no_boolean},
      {"{type: object}", "[]", no_dict},
      {"{type: string, format: date-time}", R"("2024-05-01T12:00:00.123456Z")", right},
      {"{type: string, format: date-time}", "1600000000",
       "v: type_error: invalid type; expected datetime, string, bytes, int or float"},
  }));
  CAPTURE(schema, value);
  CHECK(check(schema, value, as_response) == expected(line));
}

TEST_CASE("limits are told with their ctx") {
  const auto [schema, value, line, strict_line] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"{type: string, minLength: 2}", R"("ab")", right, right},
      {"{type: string, minLength: 2}", R"("a")",
       R"(v: value_error.any_str.min_length: ensure this value has at least 2 characters {"limit_value":2})",
       R"(v: value_error.any_str.min_length: ensure this value has at least 2 characters {"limit_value":2})"},
      {"{type: string, minLength: 2}", "1",
       R"(v: value_error.any_str.min_length: ensure this value has at least 2 characters {"limit_value":2})", no_text},
      {"{type: string, maxLength: 2}", R"("abc")",
       R"(v: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})",
       R"(v: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})"},
      {"{type: string, maxLength: 2}", R"("éé")", right, right},
      {"{type: string, maxLength: 2}", R"("😀😀")", right, right},
      {"{type: string, maxLength: 2}", R"("ééé")",
       R"(v: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})",
       R"(v: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})"},
      {"{type: string, maxLength: 3, minLength: 3}", R"("é1😀")", right, right},
      {"{type: string, pattern: '^a+$'}", R"("aa")", right, right},
      {"{type: string, pattern: '^a+$'}", R"("b")",
       R"(v: value_error.str.regex: string does not match regex "^a+$" {"pattern":"^a+$"})",
       R"(v: value_error.str.regex: string does not match regex "^a+$" {"pattern":"^a+$"})"},
      {"{type: string, pattern: 'b'}", R"("abc")", right, right},
      {"{type: string, minLength: 2, pattern: '^a+$'}", R"("b")",
       R"(v: value_error.any_str.min_length: ensure this value has at least 2 characters {"limit_value":2})",
       R"(v: value_error.any_str.min_length: ensure this value has at least 2 characters {"limit_value":2})"},
      {"{type: integer, minimum: 3}", "3", right, right},
      {"{type: integer, minimum: 3}", "2",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})"},
      {"{type: integer, minimum: 3}", R"("2")",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})",
       no_integer},
      {"{type: number, minimum: 1.5, exclusiveMinimum: true}", "1.5",
       R"(v: value_error.number.not_gt: ensure this value is greater than 1.5 {"limit_value":1.5})",
       R"(v: value_error.number.not_gt: ensure this value is greater than 1.5 {"limit_value":1.5})"},
      {"{type: number, minimum: 1.5, exclusiveMinimum: false}", "1.5", right, right},
      {"{type: number, exclusiveMinimum: 0}", "0",
       R"(v: value_error.number.not_gt: ensure this value is greater than 0 {"limit_value":0})",
       R"(v: value_error.number.not_gt: ensure this value is greater than 0 {"limit_value":0})"},
      {"{type: integer, maximum: 3}", "5",
       R"(v: value_error.number.not_le: ensure this value is less than or equal to 3 {"limit_value":3})",
       R"(v: value_error.number.not_le: ensure this value is less than or equal to 3 {"limit_value":3})"},
      {"{type: integer, maximum: 3}", "3.9", right, no_integer},
      {"{type: integer, maximum: 3, exclusiveMaximum: true}", "3",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})"},
      {"{type: number, exclusiveMaximum: 3}", "3",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})"},
      // FastAPI writes every limit as a float.
      {"{type: integer, minimum: 3.0}", "2",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})"},
      {"{type: integer, exclusiveMaximum: 3.0}", "3",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})",
       R"(v: value_error.number.not_lt: ensure this value is less than 3 {"limit_value":3})"},
      {"{type: number, minimum: 1.0}", "0",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 1.0 {"limit_value":1.0})",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 1.0 {"limit_value":1.0})"},
      {"{type: number, minimum: 0}", R"("nan")",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 0 {"limit_value":0})", no_float},
      {"{type: number, maximum: 0}", R"("inf")",
       R"(v: value_error.number.not_le: ensure this value is less than or equal to 0 {"limit_value":0})", no_float},
      {"{type: integer, multipleOf: 3}", "6", right, right},
      {"{type: integer, multipleOf: 3}", "4",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 3 {"multiple_of":3})",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 3 {"multiple_of":3})"},
      {"{type: number, multipleOf: 0.1}", "0.3", right, right},
      {"{type: number, multipleOf: 0.01}", "19.99", right, right},
      {"{type: number, multipleOf: 0.01}", "20000000.02", right, right},
      {"{type: number, multipleOf: 0.01}", "12345678.9012",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 0.01 {"multiple_of":0.01})",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 0.01 {"multiple_of":0.01})"},
      {"{type: number, multipleOf: 0.01}", R"("-inf")",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 0.01 {"multiple_of":0.01})", no_float},
      {"{type: number, multipleOf: 0.1}", "0.35",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 0.1 {"multiple_of":0.1})",
       R"(v: value_error.number.not_multiple: ensure this value is a multiple of 0.1 {"multiple_of":0.1})"},
      {"{type: integer, minimum: 5, multipleOf: 3}", "4",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 5 {"limit_value":5})",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 5 {"limit_value":5})"},
      {"{type: integer, format: int32}", "2147483647", right, right},
      {"{type: integer, format: int32}", "2147483648",
       R"(v: value_error.number.not_le: ensure this value is less than or equal to 2147483647 {"limit_value":2147483647})",
       R"(v: value_error.number.not_le: ensure this value is less than or equal to 2147483647 {"limit_value":2147483647})"},
      {"{type: integer, format: int64}", "9223372036854775807", right, right},
      {"{type: integer, format: int64}", "9223372036854775808",
       "v: value_error.number.not_le: ensure this value is less than or equal to 9223372036854775807 "
       R"({"limit_value":9223372036854775807})",
       "v: value_error.number.not_le: ensure this value is less than or equal to 9223372036854775807 "
       R"({"limit_value":9223372036854775807})"},
      {"{type: integer, format: int64}", "-1e30",
       "v: value_error.number.not_ge: ensure this value is greater than or equal to -9223372036854775808 "
       R"({"limit_value":-9223372036854775808})",
       "v: value_error.number.not_ge: ensure this value is greater than or equal to -9223372036854775808 "
       R"({"limit_value":-9223372036854775808})"},
      {"{minimum: 3}", "2",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})",
       R"(v: value_error.number.not_ge: ensure this value is greater than or equal to 3 {"limit_value":3})"},
      {"{minimum: 3, minLength: 9, minItems: 9, minProperties: 9}", "true", right, right},
      {"{type: array, minItems: 2}", "[1]",
       R"(v: value_error.list.min_items: ensure this value has at least 2 items {"limit_value":2})",
       R"(v: value_error.list.min_items: ensure this value has at least 2 items {"limit_value":2})"},
      {"{type: array, maxItems: 1}", "[1, 2]",
       R"(v: value_error.list.max_items: ensure this value has at most 1 items {"limit_value":1})",
       R"(v: value_error.list.max_items: ensure this value has at most 1 items {"limit_value":1})"},
      {"{type: array, uniqueItems: true}", "[1, 2, 1]",
       "v: value_error.list.unique_items: the list has duplicated items",
       "v: value_error.list.unique_items: the list has duplicated items"},
      {"{type: array, maxItems: 1, uniqueItems: true, items: {type: integer}}", R"(["x", "x"])",
       R"(v: value_error.list.max_items: ensure this value has at most 1 items {"limit_value":1})",
       R"(v: value_error.list.max_items: ensure this value has at most 1 items {"limit_value":1})"},
      {"{type: array, uniqueItems: true, items: {type: integer}}", R"(["x", "x"])",
       "v: value_error.list.unique_items: the list has duplicated items",
       "v: value_error.list.unique_items: the list has duplicated items"},
      {"{type: array, uniqueItems: true}", "[1, 1.0]",
       "v: value_error.list.unique_items: the list has duplicated items",
       "v: value_error.list.unique_items: the list has duplicated items"},
      {"{type: array, uniqueItems: true}", R"([{"a":1,"b":[2]}, {"b":[2.0],"a":1}])",
       "v: value_error.list.unique_items: the list has duplicated items",
       "v: value_error.list.unique_items: the list has duplicated items"},
      {"{type: array, uniqueItems: true}", R"([1, "1", true, null, [1], {"1":1}, -1, 18446744073709551615])", right,
       right},
      {"{type: array, uniqueItems: true}", R"(["ab", "c", "a", "bc", ["ab", "c"], ["a", "bc"]])", right, right},
      {"{type: array, uniqueItems: true}", "[9007199254740993, 9007199254740992.0, 9007199254740991]", right, right},
      {"{type: array, uniqueItems: true}", "[]", right, right},
      // No model of pydantic counts properties: the words are ours.
      {"{type: object, minProperties: 1}", "{}",
       R"(v: value_error.dict.min_properties: ensure this value has at least 1 properties {"limit_value":1})",
       R"(v: value_error.dict.min_properties: ensure this value has at least 1 properties {"limit_value":1})"},
      {"{type: object, maxProperties: 1}", R"({"a":1,"b":2})",
       R"(v: value_error.dict.max_properties: ensure this value has at most 1 properties {"limit_value":1})",
       R"(v: value_error.dict.max_properties: ensure this value has at most 1 properties {"limit_value":1})"},
  }));
  CAPTURE(schema, value);
  CHECK(check(schema, value) == expected(line));
  CHECK(check(schema, value, strictly) == expected(strict_line));
}

TEST_CASE("limits hold to the last digit, as far as 64 bits go") {
  const auto [schema, value, is_right] = GENERATE(table<std::string, std::string, bool>({
      {"{type: integer, maximum: 9007199254740992}", "9007199254740993", false},
      {"{type: integer, maximum: 9007199254740993}", "9007199254740993", true},
      {"{type: integer, minimum: 9007199254740993}", R"("9007199254740992")", false},
      {"{type: integer, maximum: 9223372036854775807}", "9223372036854775807", true},
      {"{type: integer, maximum: 9223372036854775806}", "9223372036854775807", false},
      {"{type: integer, maximum: 9223372036854775807}", "9223372036854775808", false},
      {"{type: integer, minimum: -9223372036854775808}", "-9223372036854775809", true},
      {"{type: integer, minimum: 0}", "18446744073709551616", true},
      {"{type: integer, exclusiveMinimum: true, minimum: -9223372036854775808}", "-9223372036854775808", false},
      {"{type: integer, multipleOf: 2}", "9007199254740993", false},
      {"{type: integer, multipleOf: 3}", "9007199254740993", true},
      {"{type: number, multipleOf: 0.1}", "1e308", true},
      {"{type: integer, multipleOf: 0.5}", "1e308", true},
      {"{type: integer, multipleOf: 0.123456789}", "1e308", false},
      {"{type: number, multipleOf: 1e-300}", "1e300", true},
      {"{type: number, multipleOf: 3e-300}", "1e300", false},
      {"{type: number, multipleOf: 0.5}", "-2.5", true},
      {"{type: integer, maximum: 1.5}", "1", true},
      {"{type: integer, maximum: 1.5}", "2", false},
      {"{type: integer, maximum: 100}", "1e2", true},
      {"{type: integer, maximum: 99}", "1e2", false},
  }));
  CAPTURE(schema, value);
  CHECK(check(schema, value).empty() == is_right);
  CHECK(check(schema, value, strictly).empty() == is_right);
}

TEST_CASE("what limits texts says nothing of other types") {
  CHECK(check("{type: integer, minLength: 5, pattern: '^x'}", R"("12")") == nothing);
  CHECK(check("{format: uuid}", R"("x")") == Lines{no_uuid});
  CHECK(check("{format: uuid}", "1") == nothing);
  CHECK(schema_problems_of("{type: integer, format: uuid}") ==
        Lines{"test.yaml:1:17: warning: the format 'uuid' is not checked"});
}

TEST_CASE("patterns of ECMA 262 that RE2 writes otherwise are checked, and told as they were written") {
  CHECK(check(R"({type: string, pattern: '^[\u00e9\u0041]+$'})", R"("éA")") == nothing);
  CHECK(check(R"({type: string, pattern: '^\u00e9$'})", R"("e")") ==
        Lines{R"(v: value_error.str.regex: string does not match regex "^\u00e9$" {"pattern":"^\\u00e9$"})"});
  CHECK(check("{type: string, pattern: '^(?<year>[0-9]{4})$'}", R"("2024")") == nothing);
  CHECK(check(R"({type: string, pattern: '^\\u0041$'})", R"("\\u0041")") == nothing);
}

TEST_CASE("a pattern's words, digits and blanks are those of Python, beyond ASCII too") {
  const auto [pattern, text, is_right] = GENERATE(table<std::string, std::string, bool>({
      {R"(^\w+$)", "Zoë_7", true},
      {R"(^\w+$)", "名前", true},
      {R"(^\w+$)", "٣", true},
      {R"(^\w+$)", "a b", false},
      {R"(^\w+$)", "a-b", false},
      {R"(^\w+$)", "a…", false},
      {R"(^[\w.-]{1,255}$)", "é-.è", true},
      {R"(^[\w.-]{1,255}$)", "é/è", false},
      {R"(^[\w.]{,2}$)", "a.", true},
      {R"(^[\w.]{,2}$)", "a.b", false},
      {R"(^[{,2]+$)", "{2", true},
      {R"(^\d{2}$)", "١٢", true},
      {R"(^\d{2}$)", "é1", false},
      {R"(^[^\d]$)", "1", false},
      {R"(^[^\w]$)", "é", true},
      {R"(^a\sb$)", "a\\u00a0b", true},
      {R"(^a\sb$)", "a\\u000bb", true},
      {R"(^[\s]$)", "\\u2028", true},
      {R"(^\W$)", "é", true},
      {R"(^\W$)", "e", false},
      {R"(^\S$)", " ", false},
      {R"(^[]\d]+$)", "]1", true},
      {R"(^[^]\d]+$)", "]", false},
      {R"(^[^\W\d_]+$)", "éa", true},
      {R"(^[^\W\d_]+$)", "é_", false},
      {R"(^[^\W\d_]+$)", "é7", false},
      {R"(^[^\W]$)", "[", false},
      {R"(^[^\D]$)", "١", true},
      {R"(^[^\D]$)", "é", false},
      {R"(^[^\S]$)", "\\u2028", true},
      {R"(^[^\S]$)", "\\u200b", false},
      {R"(^[.-\w]+$)", "a-b", true},
      {R"(^[.-\w]+$)", "a/b", false},
      {R"(^[\]\d]+x\d$)", "]1x1", true},
      {R"(^\\w$)", "\\\\w", true},
  }));
  CAPTURE(pattern, text);
  CHECK(check("{type: string, pattern: '" + pattern + "'}", "\"" + text + "\"").empty() == is_right);
}

TEST_CASE("formats are checked as pydantic checks the type that writes them, or as their RFCs say") {
  const auto [format, value, line, strict_line] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"date-time", R"("2024-02-29T12:30:45Z")", right, right},
      {"date-time", R"("2024-02-29 12:30:45.123456789+05:30")", right, no_datetime},
      {"date-time", R"("2020-01-01T00:00")", right, no_datetime},
      {"date-time", R"("2020-1-1T1:1")", right, no_datetime},
      {"date-time", R"("2020-01-01T00:00:00+05")", right, no_datetime},
      {"date-time", R"("2020-01-01t00:00:00z")", right, right},
      {"date-time", R"("1600000000")", right, no_datetime},
      {"date-time", R"("-1.5e3")", right, no_datetime},
      {"date-time", "1600000000", right, no_text},
      {"date-time", "1600000000.25", right, no_text},
      {"date-time", R"(" 1600000000\n")", right, no_datetime},
      {"date-time", R"("1_600_000_000")", right, no_datetime},
      {"date-time", R"("inf")", right, no_datetime},
      {"date-time", R"("nan")", no_datetime, no_datetime},
      {"date-time", R"("2020-01-01")", no_datetime, no_datetime},
      {"date-time", R"("2023-02-29T00:00:00Z")", no_datetime, no_datetime},
      {"date-time", R"("2020-13-01T00:00:00Z")", no_datetime, no_datetime},
      {"date-time", R"("2020-01-01T24:00:00Z")", no_datetime, no_datetime},
      {"date-time", R"("2020-01-01T00:60:00Z")", no_datetime, no_datetime},
      {"date-time", R"("2020-01-01T00:00:60Z")", no_datetime, no_datetime},
      {"date-time", R"("2020-01-01T00:00:00+25:00")", no_datetime, no_datetime},
      {"date-time", R"("0000-01-01T00:00:00Z")", no_datetime, right},
      {"date-time", R"(" 2020-01-01T00:00:00Z")", no_datetime, no_datetime},
      {"date-time", R"("")", no_datetime, no_datetime},
      {"date-time", R"("now")", no_datetime, no_datetime},
      {"date-time", "[]", "v: type_error: invalid type; expected datetime, string, bytes, int or float", no_text},
      {"date", R"("2024-02-29")", right, right},
      {"date", R"("2020-1-1")", right, no_date},
      {"date", R"("1600000000")", right, no_date},
      {"date", "1600000000", right, no_text},
      {"date", R"("2020-02-30")", no_date, no_date},
      {"date", R"("1900-02-29")", no_date, no_date},
      {"date", R"("2000-02-29")", right, right},
      {"date", R"("2020-01-01T00:00:00")", no_date, no_date},
      {"date", R"("x")", no_date, no_date},
      {"date", "{}", "v: type_error: invalid type; expected date, string, bytes, int or float", no_text},
      {"uuid", R"("12345678-1234-5678-1234-567812345678")", right, right},
      {"uuid", R"("12345678123456781234567812345678")", right, no_uuid},
      {"uuid", R"("{12345678-1234-5678-1234-56781234567A}")", right, no_uuid},
      {"uuid", R"("urn:uuid:12345678-1234-5678-1234-567812345678")", right, no_uuid},
      {"uuid", R"("12345678-1234-5678-1234-56781234567")", no_uuid, no_uuid},
      {"uuid", R"("x")", no_uuid, no_uuid},
      {"uuid", "1", no_uuid, no_text},
      {"uuid", "[]", no_uuid, no_text},
      {"email", R"("a@b.example")", right, right},
      {"email", R"(" a@b.example ")", right, "v: value_error.email: value is not a valid email address"},
      {"email", R"("Zoë B <a@b.example> ")", right, "v: value_error.email: value is not a valid email address"},
      {"email", R"("A.B <a@b.example>")", "v: value_error.email: value is not a valid email address",
       "v: value_error.email: value is not a valid email address"},
      {"email", R"("a.b.example")", "v: value_error.email: value is not a valid email address",
       "v: value_error.email: value is not a valid email address"},
      {"email", R"("a@b")", "v: value_error.email: value is not a valid email address", right},
      {"email", R"("a b@c.example")", "v: value_error.email: value is not a valid email address",
       "v: value_error.email: value is not a valid email address"},
      {"uri", R"("https://a.example/b?c#d")", right, right},
      {"uri", R"("mailto:a@b.example")", right, right},
      {"uri", R"(" https://a.example\n")", right, no_uri},
      {"uri", R"("//a/b")", "v: value_error.url.scheme: invalid or missing URL scheme", no_uri},
      {"uri", R"("x")", "v: value_error.url.scheme: invalid or missing URL scheme", no_uri},
      {"ipv4", R"("1.2.3.4")", right, right},
      {"ipv4", "1", right, no_text},
      {"ipv4", "{}", "v: value_error.ipv4address: value is not a valid IPv4 address", no_text},
      {"ipv4", R"("1.2.3")", "v: value_error.ipv4address: value is not a valid IPv4 address",
       "v: value_error.ipv4address: value is not a valid IPv4 address"},
      {"ipv4", R"("01.2.3.4")", "v: value_error.ipv4address: value is not a valid IPv4 address",
       "v: value_error.ipv4address: value is not a valid IPv4 address"},
      {"ipv4", R"("256.1.1.1")", "v: value_error.ipv4address: value is not a valid IPv4 address",
       "v: value_error.ipv4address: value is not a valid IPv4 address"},
      {"ipv6", R"("::1")", right, right},
      {"ipv6", R"("2001:db8::8:800:200c:417a")", right, right},
      {"ipv6", R"("fe80::1%eth0")", right, "v: value_error.ipv6address: value is not a valid IPv6 address"},
      {"ipv6", R"("fe80::1%")", "v: value_error.ipv6address: value is not a valid IPv6 address",
       "v: value_error.ipv6address: value is not a valid IPv6 address"},
      {"ipv6", R"("fe80::1%a%b")", "v: value_error.ipv6address: value is not a valid IPv6 address",
       "v: value_error.ipv6address: value is not a valid IPv6 address"},
      {"ipv6", "[]", "v: value_error.ipv6address: value is not a valid IPv6 address", no_text},
      {"ipv6", R"("1.2.3.4")", "v: value_error.ipv6address: value is not a valid IPv6 address",
       "v: value_error.ipv6address: value is not a valid IPv6 address"},
      {"ipv6", R"("::1::")", "v: value_error.ipv6address: value is not a valid IPv6 address",
       "v: value_error.ipv6address: value is not a valid IPv6 address"},
      {"byte", R"("aGk=")", right, right},
      {"byte", R"("")", right, right},
      {"byte", R"("aGk")", "v: value_error.base64: value is not valid base64",
       "v: value_error.base64: value is not valid base64"},
      {"byte", R"("a-_=")", "v: value_error.base64: value is not valid base64",
       "v: value_error.base64: value is not valid base64"},
      {"password", R"("anything")", right, right},
      {"binary", R"("anything")", right, right},
  }));
  CAPTURE(format, value);
  CHECK(check("{type: string, format: " + format + "}", value) == expected(line));
  CHECK(check("{type: string, format: " + format + "}", value, strictly) == expected(strict_line));
}

TEST_CASE("an enum is a Literal where it stands inline, an Enum as a component") {
  const std::string literal = "{type: string, enum: [a, \"it's\"]}";
  CHECK(check(literal, R"("a")") == nothing);
  CHECK(
      check(literal, R"("z")") ==
      Lines{
          R"(v: value_error.const: unexpected value; permitted: 'a', "it's" {"given":"z","permitted":["a","it's"]})"});
  CHECK(check("{enum: [x, 1, 1.5, true, null]}", "2") ==
        Lines{R"(v: value_error.const: unexpected value; permitted: 'x', 1, 1.5, True, None )"
              R"({"given":2,"permitted":["x",1,1.5,true,null]})"});
  CHECK(check("{enum: [x, null]}", "null") == nothing);
  CHECK(check("{enum: [x]}", "null") == Lines{not_none});
  CHECK(check("{type: string, enum: ['1']}", "1").size() == 1);
  CHECK(check("{type: integer, enum: [1, 2]}", R"("2")") == nothing);
  CHECK(check("{type: integer, enum: [1, 2]}", "2.0") == nothing);
  CHECK(check("{type: integer, enum: [1, 2]}", R"("3")").size() == 1);
  CHECK(check("{type: boolean, enum: [true]}", R"("yes")") == nothing);
  CHECK(check("{type: boolean, enum: [true]}", R"("no")").size() == 1);
  // Of a value of another type an enum speaks too, not the type.
  CHECK(check("{type: integer, enum: [1, 2]}", R"("x")") ==
        Lines{R"(v: value_error.const: unexpected value; permitted: 1, 2 {"given":"x","permitted":[1,2]})"});
  CHECK(check(literal, "[]") == Lines{"v: type_error: unhashable type: 'list'"});
  CHECK(check(literal, "{}") == Lines{"v: type_error: unhashable type: 'dict'"});

  const std::string components = R"(
components:
  schemas:
    Color: {type: string, enum: [red, blue]}
    Wrapped: {description: as FastAPI writes it, default: red, allOf: [{$ref: "#/components/schemas/Color"}]}
)";
  const auto* where = GENERATE("/components/schemas/Color", "/components/schemas/Wrapped");
  CHECK(check(components, R"("red")", as_request, where) == nothing);
  CHECK(check(components, R"("green")", as_request, where) ==
        Lines{"v: type_error.enum: value is not a valid enumeration member; permitted: 'red', 'blue' "
              R"({"enum_values":["red","blue"]})"});
  CHECK(check(components, "[]", as_request, where) ==
        Lines{"v: type_error.enum: value is not a valid enumeration member; permitted: 'red', 'blue' "
              R"({"enum_values":["red","blue"]})"});
}

TEST_CASE("a list's items are checked each, with their index") {
  CHECK(check("{type: array, items: {type: integer}}", R"([1, "x", 2, null])") ==
        Lines{"v.1: type_error.integer: value is not a valid integer",
              "v.3: type_error.none.not_allowed: none is not an allowed value"});
  CHECK(check("{type: array, minItems: 3, items: {type: array, items: {type: boolean}}}", R"([[], [true, "x"]])") ==
        Lines{R"(v: value_error.list.min_items: ensure this value has at least 3 items {"limit_value":3})"});
}

TEST_CASE("an object's properties are checked all at once") {
  const std::string schema = R"(
type: object
required: [id, name, undeclared]
properties:
  id: {type: integer}
  name: {type: string}
  tags: {type: array, items: {type: string}}
)";
  CHECK(check(schema, R"({"id": 1, "name": "n", "undeclared": null})") == nothing);
  CHECK(check(schema, R"({"id": "x", "tags": ["a", {}], "more": 1})") ==
        Lines{"v.id: type_error.integer: value is not a valid integer", "v.name: value_error.missing: field required",
              "v.tags.1: type_error.str: str type expected", "v.undeclared: value_error.missing: field required"});
  SECTION("null stands for an optional property's absence, and for nothing else") {
    CHECK(check(schema, R"({"id": 1, "name": "n", "undeclared": 1, "tags": null})") == nothing);
    CHECK(check(schema, R"({"id": 1, "name": null, "undeclared": 1})") ==
          Lines{"v.name: type_error.none.not_allowed: none is not an allowed value"});
    CHECK(check(schema, R"({"id": 1, "name": "n", "undeclared": 1, "tags": [null]})") ==
          Lines{"v.tags.0: type_error.none.not_allowed: none is not an allowed value"});
    CHECK(check(schema, R"({"id": 1, "name": "n", "undeclared": 1, "tags": null})", as_response) ==
          Lines{"v.tags: type_error.none.not_allowed: none is not an allowed value"});
  }
}

TEST_CASE("further properties are free unless the schema says otherwise") {
  CHECK(check("{type: object, properties: {a: {}}, additionalProperties: true}", R"({"b": 1})") == nothing);
  CHECK(check("{type: object, properties: {a: {}}, additionalProperties: {}}", R"({"b": 1})") == nothing);
  CHECK(check("{type: object, properties: {a: {}}, additionalProperties: false}",
              R"({"c": 1, "a": 1, "b": 2, "C": 3})") == Lines{"v.C: value_error.extra: extra fields not permitted",
                                                              "v.b: value_error.extra: extra fields not permitted",
                                                              "v.c: value_error.extra: extra fields not permitted"});
  CHECK(check("{type: object, properties: {a: {}}, additionalProperties: {type: integer}}",
              R"({"a": "x", "b": "y"})") == Lines{"v.b: type_error.integer: value is not a valid integer"});
}

TEST_CASE("a name that is only required is a further property") {
  CHECK(check("{type: object, required: [a], additionalProperties: {type: integer}}", R"({"a": "x"})") ==
        Lines{"v.a: type_error.integer: value is not a valid integer"});
  CHECK(check("{type: object, required: [a], additionalProperties: false}", R"({"a": 1})") ==
        Lines{"v.a: value_error.extra: extra fields not permitted"});
}

TEST_CASE("a likely slip is named where a field is missing") {
  const std::string schema =
      "{type: object, required: [name, config_id], properties: {name: {}, config_id: {}, names: {}}}";
  CHECK(check(schema, R"({"nmae": 1, "config_id": 1})") ==
        Lines{"v.name: value_error.missing: field required (did you mean 'name' instead of 'nmae'?)"});
  CHECK(check(schema, R"({"name": 1, "configId": 1})") ==
        Lines{"v.config_id: value_error.missing: field required (did you mean 'config_id' instead of 'configId'?)"});
  CHECK(check(schema, R"({"names": 1, "config_id": 1})") == Lines{"v.name: value_error.missing: field required"});
  CHECK(check(schema, R"({"title": 1, "config_id": 1})") == Lines{"v.name: value_error.missing: field required"});
}

TEST_CASE("a slip is not searched for among thousands of properties") {
  std::string schema = "{required: [a0000000";
  std::string object = "{";
  for (int i = 1; i < 1000; ++i) schema += ", a" + std::to_string(1000000 + i);
  for (int i = 0; i < 20'000; ++i) object += (i == 0 ? "\"b" : ", \"b") + std::to_string(1000000 + i) + "xxxxxx\": 1";
  const auto start = std::chrono::steady_clock::now();
  CHECK(check(schema + "]}", object + "}").size() == 100);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("readOnly properties are not asked of requests, writeOnly ones not of responses") {
  const std::string schema = R"(
required: [id, secret, ref, plain]
properties:
  id: {type: integer, readOnly: true}
  secret: {type: string, writeOnly: true}
  ref: {$ref: "#/definitions/Stamp"}
  plain: {type: string}
definitions:
  Stamp: {type: string, readOnly: true}
)";
  CHECK(check(schema, R"({"secret": "s", "plain": "p"})") == nothing);
  CHECK(check(schema, R"({"id": null, "secret": "s", "ref": null, "plain": "p"})") == nothing);
  CHECK(check(schema, R"({"id": "x", "secret": "s", "plain": "p"})") ==
        Lines{"v.id: type_error.integer: value is not a valid integer"});
  CHECK(check(schema, "{}") ==
        Lines{"v.secret: value_error.missing: field required", "v.plain: value_error.missing: field required"});
  CHECK(check(schema, R"({"id": 1, "ref": "r", "plain": "p"})", as_response) == nothing);
  CHECK(check(schema, R"({"plain": "p"})", as_response) ==
        Lines{"v.id: value_error.missing: field required", "v.ref: value_error.missing: field required"});
}

TEST_CASE("a part of an allOf may require what another part declares readOnly") {
  const std::string schema = R"(
allOf:
  - {$ref: "#/definitions/Stamped"}
  - {required: [id, stamp, name]}
definitions:
  Stamped: {properties: {id: {type: integer, readOnly: true}, stamp: {$ref: "#/definitions/Stamp"}, name: {type: string}}}
  Stamp: {type: string, readOnly: true}
)";
  CHECK(check(schema, "{}") == Lines{"v.name: value_error.missing: field required"});
  CHECK(check(schema, "{}", as_response).size() == 3);
}

TEST_CASE("properties are told in the order of the document") {
  CHECK(check("{required: [mid, alpha, zeta], properties: {zeta: {}, alpha: {}, mid: {}}}", "{}") ==
        Lines{"v.zeta: value_error.missing: field required", "v.alpha: value_error.missing: field required",
              "v.mid: value_error.missing: field required"});
}

TEST_CASE("anyOf takes what one alternative takes, and else tells what is wrong with each") {
  const std::string schema =
      "{anyOf: [{type: integer}, {type: object, required: [a], properties: {a: {type: boolean}}}]}";
  CHECK(check(schema, "1") == nothing);
  CHECK(check(schema, R"({"a": true})") == nothing);
  CHECK(check(schema, R"("x")") == Lines{no_integer, no_dict});
  CHECK(check(schema, "{}") == Lines{no_integer, "v.a: value_error.missing: field required"});
  CHECK(check(schema, "null") == Lines{not_none});
  CHECK(check("{anyOf: [{type: integer}, {type: string, nullable: true}]}", "null") == nothing);
  CHECK(check("{nullable: true, anyOf: [{type: integer}]}", "null") == nothing);
}

TEST_CASE("oneOf takes what exactly one alternative takes as it stands") {
  const std::string schema = "{oneOf: [{type: integer}, {type: number, minimum: 10}, {type: string}]}";
  CHECK(check(schema, "1") == nothing);
  CHECK(check(schema, "10.5") == nothing);
  CHECK(check(schema, R"("7")") == nothing);
  CHECK(check(schema, "12") ==
        Lines{"v: value_error.one_of: value matches more than one of the schemas of which it must match one"});
  CHECK(check("{oneOf: [{type: integer}, {type: boolean}]}", R"("1")") == nothing);
  CHECK(check("{oneOf: [{type: integer}, {type: boolean}]}", R"("x")") == Lines{no_integer, no_boolean});
  CHECK(check("{oneOf: [{type: integer}, {type: boolean}]}", "null") == Lines{not_none});

  const std::string nullable =
      "{oneOf: [{properties: {x: {type: string, nullable: true}}}, {properties: {x: {type: string}}}]}";
  CHECK(check(nullable, R"({"x": null})") == nothing);
  CHECK(check(nullable, R"({"x": null})", as_response) == nothing);
  CHECK(check(nullable, R"({"x": "both"})").size() == 1);
  const std::string optional = "{oneOf: [{type: object, properties: {x: {type: string}}}, {type: array}]}";
  CHECK(check(optional, R"({"x": null})") == nothing);
  CHECK(check(optional, R"({"x": null})", as_response) ==
        Lines{"v.x: type_error.none.not_allowed: none is not an allowed value", no_list});
}

TEST_CASE("allOf takes what every part takes") {
  const std::string schema =
      "{allOf: [{type: object, required: [a], properties: {a: {type: integer}}}, {required: [b], properties: {b: "
      "{type: string}}}]}";
  CHECK(check(schema, R"({"a": 1, "b": "x"})") == nothing);
  CHECK(check(schema, R"({"a": "x"})") ==
        Lines{"v.a: type_error.integer: value is not a valid integer", "v.b: value_error.missing: field required"});
  CHECK(check(schema, "null") == Lines{not_none});
  CHECK(check("{nullable: true, allOf: [{type: object}]}", "null") == nothing);
  CHECK(check("{allOf: [{type: object, nullable: true}]}", "null") == nothing);
  CHECK(check("{minLength: 3, allOf: [{type: string}]}", R"("ab")").size() == 1);
}

TEST_CASE("not refuses what its schema takes") {
  CHECK(check("{not: {type: string, minLength: 2}}", R"("a")") == nothing);
  CHECK(check("{not: {type: string, minLength: 2}}", R"("ab")") == Lines{"v: value_error.not: value is not permitted"});
  CHECK(check("{not: {nullable: true, type: string}}", "null") == Lines{not_none});
  CHECK(check("{type: integer, not: {enum: [13]}}", "13") == Lines{"v: value_error.not: value is not permitted"});
  // What it would only take for a leniency is not refused.
  CHECK(check("{not: {type: integer}}", "5").size() == 1);
  CHECK(check("{not: {type: integer}}", "5.5") == nothing);
  CHECK(check("{not: {type: integer}}", R"("5")") == nothing);
  CHECK(check("{not: {properties: {a: {type: integer}}}}", R"({"a": null})") == nothing);
}

constexpr const char* pets = R"(
components:
  schemas:
    Cat: {type: object, required: [kind, lives], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, required: [kind], properties: {kind: {type: string}, age: {type: integer}}}
    Mapped:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind, mapping: {cat: "#/components/schemas/Cat", kitten: Cat, dog: Dog}}
    Half:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind, mapping: {cat: "#/components/schemas/Cat"}}
    Named:
      anyOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind}
)";

TEST_CASE("a discriminator chooses the schema") {
  const auto [schema, value, line] = GENERATE(table<std::string, std::string, std::string>({
      {"Mapped", R"({"kind": "cat", "lives": 9})", right},
      {"Mapped", R"({"kind": "kitten", "lives": 9})", right},
      {"Mapped", R"({"kind": "dog"})", right},
      {"Mapped", R"({"kind": "cat", "lives": "x"})", "v.Cat.lives: type_error.integer: value is not a valid integer"},
      {"Mapped", R"({"kind": "cat"})", "v.Cat.lives: value_error.missing: field required"},
      {"Mapped", R"({"kind": "Cat"})",
       R"(v: value_error.discriminated_union.invalid_discriminator: No match for discriminator 'kind' and value 'Cat' )"
       R"((allowed values: 'cat', 'dog', 'kitten') {"allowed_values":"'cat', 'dog', 'kitten'","discriminator_key":"kind",)"
       R"("discriminator_value":"Cat"})"},
      {"Mapped", R"({"kind": 1})",
       R"(v: value_error.discriminated_union.invalid_discriminator: No match for discriminator 'kind' and value 1 )"
       R"((allowed values: 'cat', 'dog', 'kitten') {"allowed_values":"'cat', 'dog', 'kitten'","discriminator_key":"kind",)"
       R"("discriminator_value":1})"},
      {"Mapped", R"({})",
       R"(v: value_error.discriminated_union.missing_discriminator: Discriminator 'kind' is missing in value )"
       R"({"discriminator_key":"kind"})"},
      {"Mapped", R"("x")",
       R"(v: value_error.discriminated_union.missing_discriminator: Discriminator 'kind' is missing in value )"
       R"({"discriminator_key":"kind"})"},
      {"Mapped", "null", not_none},
      {"Half", R"({"kind": "cat", "lives": 1})", right},
      {"Half", R"({"kind": "Dog"})", right},
      {"Named", R"({"kind": "Cat", "lives": 9})", right},
      {"Named", R"({"kind": "Dog", "age": "x"})", "v.Dog.age: type_error.integer: value is not a valid integer"},
  }));
  CAPTURE(schema, value);
  CHECK(check(pets, value, as_request, "/components/schemas/" + schema) == expected(line));
}

TEST_CASE("a schema may refer to itself through a property or an item") {
  const std::string tree = R"(
required: [value]
properties:
  value: {type: integer}
  children: {type: array, items: {$ref: "#"}}
  parent: {allOf: [{$ref: "#"}]}
)";
  CHECK(check(tree, R"({"value": 1, "children": [{"value": 2, "children": []}], "parent": {"value": 3}})") == nothing);
  CHECK(check(tree, R"({"value": 1, "children": [{"children": [{"value": "x"}]}]})") ==
        Lines{"v.children.0.value: value_error.missing: field required",
              "v.children.0.children.0.value: type_error.integer: value is not a valid integer"});
}

TEST_CASE("alternatives that refer to themselves take time in proportion to the value") {
  const auto* combinator = GENERATE("oneOf", "anyOf");
  const std::string schema = std::string("{") + combinator +
                             ": [{type: integer}, {type: object, required: [a], properties: {a: {$ref: '#'}}},"
                             " {type: object, required: [a, b], properties: {a: {$ref: '#'}}}]}";
  const auto nested = [](const std::string& leaf) {
    std::string value;
    for (int i = 0; i < 60; ++i) value += R"({"a":)";
    return value + leaf + std::string(60, '}');
  };
  const auto start = std::chrono::steady_clock::now();
  CHECK(check(schema, nested("1")) == nothing);
  CHECK(check(schema, nested(R"("1")")) == nothing);
  CHECK_FALSE(check(schema, nested(R"("x")")).empty());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("at most a hundred violations are told") {
  std::string list = "[";
  for (int i = 0; i < 500; ++i) list += R"("x",)";
  list.back() = ']';
  const auto violations = check("{type: array, items: {type: integer}}", list);
  REQUIRE(violations.size() == 100);
  CHECK(violations.back() == "v.99: type_error.integer: value is not a valid integer");
  CHECK(check("{type: array, items: {anyOf: [{type: integer}, {type: boolean}]}}", list).size() == 100);
}

TEST_CASE("what can't be enforced is named at its place") {
  const auto [schema, problem] = GENERATE(table<std::string, std::string>({
      {"{type: string, patternn: x}", "test.yaml:1:16: warning: the schema keyword 'patternn' is not enforced"},
      {"{type: string, const: x}", "test.yaml:1:16: warning: the schema keyword 'const' is not enforced"},
      {"{type: string, format: phone}", "test.yaml:1:16: warning: the format 'phone' is not checked"},
      {"{type: string, pattern: '(a'}",
       "test.yaml:1:16: warning: this pattern is not checked: missing closing parenthesis"},
      {"{exclusiveMinimum: true}", "test.yaml:1:2: warning: exclusiveMinimum has no effect without minimum"},
      {"{minimum: 3, exclusiveMinimum: 4}", "test.yaml:1:2: warning: minimum has no effect beside exclusiveMinimum"},
      {"{properties: {a: {$ref: '#/properties/b', minLength: 1}, b: {}}}",
       "test.yaml:1:43: warning: 'minLength' beside $ref has no effect in OpenAPI 3.0 (put the $ref into an allOf)"},
      {"{type: string, nullable: true, enum: [a, null, 1.0]}",
       "test.yaml:1:48: warning: this value is a number, so no text equals it: put it in quotes"},
      {"{type: string, enum: ['1.0', null, 2024-01-01]}",
       "test.yaml:1:30: warning: this value is null, so no text equals it: put it in quotes"},
      {"{type: string, enum: [no, true]}",
       "test.yaml:1:27: warning: this value is a boolean, so no text equals it: put it in quotes"},
      {"{type: integer, enum: [1, 2.0, 2.5]}",
       "test.yaml:1:32: warning: this value is a number, which is not of the type that the schema names"},
      {"{type: integer, enum: [1, '2']}",
       "test.yaml:1:27: warning: this value is a text, which is not of the type that the schema names"},
      {"{discriminator: {propertyName: a}}",
       "test.yaml:1:2: warning: a discriminator without oneOf or anyOf is not enforced"},
  }));
  CAPTURE(schema);
  CHECK(schema_problems_of(schema) == Lines{problem});
}

TEST_CASE("annotations and extensions need no enforcement") {
  CHECK(schema_problems_of("{title: T, description: d, default: 1, example: 2, deprecated: true, externalDocs: {}, "
                           "xml: {}, x-any: 1}") == nothing);
}

TEST_CASE("what is wrong with a schema is an error at its place") {
  const auto [schema, problem] = GENERATE(table<std::string, std::string>({
      {"[]", "1:1: error: a schema must be an object, and this is a list"},
      {"{type: text}", "1:2: error: type must be one of string, integer, number, boolean, array and object"},
      {"{type: [string, 'null']}",
       "1:2: error: type must be one of string, integer, number, boolean, array and object (OpenAPI "
       "3.0 has no lists of types, and says 'nullable: true' for null)"},
      {"{enum: []}", "1:2: error: enum must be a list with at least one value"},
      {"{enum: x}", "1:2: error: enum must be a list with at least one value"},
      {"{minLength: -1}", "1:2: error: minLength must be a whole number, 0 or more"},
      {"{maxItems: 1.5}", "1:2: error: maxItems must be a whole number, 0 or more"},
      {"{minimum: '1'}", "1:2: error: minimum must be a number"},
      {"{multipleOf: 0}", "1:2: error: multipleOf must be greater than 0"},
      {"{nullable: 'yes'}", "1:2: error: nullable must be true or false"},
      {"{uniqueItems: 1}", "1:2: error: uniqueItems must be true or false"},
      {"{exclusiveMaximum: x}", "1:2: error: exclusiveMaximum must be true or false"},
      {"{pattern: 1}", "1:2: error: pattern must be a text"},
      {"{format: 1}", "1:2: error: format must be a text"},
      {"{items: x}", "1:2: error: a schema must be an object, and this is a text"},
      {"{properties: []}", "1:2: error: properties must be an object"},
      {"{properties: {a: {}, b: 1}}", "1:22: error: a schema must be an object, and this is a number"},
      {"{required: true}", "1:2: error: required must list names"},
      {"{required: {a: b}}", "1:2: error: required must list names"},
      {"{required: [1]}", "1:2: error: required must list names"},
      {"{additionalProperties: 1}", "1:2: error: a schema must be an object, and this is a number"},
      {"{allOf: []}", "1:2: error: this must be a list with at least one schema"},
      {"{anyOf: {}}", "1:2: error: this must be a list with at least one schema"},
      {"{not: 1}", "1:2: error: a schema must be an object, and this is a number"},
      {"{$ref: 1}", "1:1: error: $ref must be a text"},
      {"{items: {$ref: 'other.yaml#/A'}}",
       "1:2: error: the reference 'other.yaml#/A' leads out of this document: only references within it, and to files "
       "in its folder or below, are followed"},
      {"{items: {$ref: '#/nowhere'}}", "1:2: error: the reference '#/nowhere' leads nowhere"},
      {"{items: {$ref: '#nowhere'}}", "1:2: error: the reference '#nowhere' is malformed"},
      {"{items: {$ref: '#/a%zz'}}", "1:2: error: the reference '#/a%zz' is malformed"},
      {"{items: {$ref: '#/a~2'}}", "1:2: error: the reference '#/a~2' is malformed"},
      {"{required: [x], items: {$ref: '#/required/x'}}", "1:17: error: the reference '#/required/x' leads nowhere"},
      {"{required: [x], items: {$ref: '#/required/99999999999999999999'}}",
       "1:17: error: the reference '#/required/99999999999999999999' leads nowhere"},
      {"{$ref: '#'}", "1:1: error: this $ref only leads back to itself"},
      {"{oneOf: [{}], discriminator: {}}", "1:15: error: a discriminator needs a propertyName"},
      {"{oneOf: [{}], discriminator: {propertyName: a, mapping: {b: '#/x'}}}",
       "1:15: error: the reference '#/x' leads nowhere"},
      {"{oneOf: [{}], discriminator: {propertyName: a, mapping: {b: '#x'}}}",
       "1:15: error: the reference '#x' is malformed"},
      {"{oneOf: [{}], discriminator: {propertyName: a, mapping: {b: b.yaml}}}",
       "1:15: error: the reference 'b.yaml' leads out of this document: only references within it, and to files in its "
       "folder or below, are followed"},
      {"{oneOf: [{}], discriminator: {propertyName: a, mapping: [b]}}",
       "1:15: error: mapping must lead from values to schemas"},
  }));
  CAPTURE(schema);
  CHECK(schema_problems_of(schema) == Lines{"test.yaml:" + problem});
}

TEST_CASE("a schema that contains itself without a value in between is an error") {
  const auto* schema = GENERATE("{allOf: [{$ref: '#'}]}", "{description: d, allOf: [{$ref: '#'}]}",
                                "{type: object, anyOf: [{$ref: '#'}]}", "{oneOf: [{type: string}, {not: {$ref: '#'}}]}",
                                "{oneOf: [{type: object}], discriminator: {propertyName: a, mapping: {b: '#'}}}",
                                "{allOf: [{$ref: '#/definitions/A'}], definitions: {A: {allOf: [{$ref: '#'}, {}]}}}");
  CAPTURE(schema);
  const auto problems = schema_problems_of(schema);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(),
             Catch::Matchers::EndsWith("error: this schema contains itself without a property or item in between"));
}

TEST_CASE("references are followed through references, percent-encoding and escapes") {
  const std::string schema = R"(
properties:
  a: {$ref: "#/definitions/x%20y"}
definitions:
  "x y": {$ref: "#/definitions/p~1q"}
  "p/q": {allOf: [{$ref: "#/definitions/r"}]}
  r: {type: integer}
)";
  CHECK(check(schema, R"({"a": "x"})") == Lines{"v.a: type_error.integer: value is not a valid integer"});
}

TEST_CASE("a schema that isn't there is a problem") {
  const auto source = document("{a: {type: string}, b: [1]}");
  const auto* where = GENERATE("/c", "/a/type/x", "/b/x", "/b/-", "/b/7");
  const auto outcome = Schema::compile(*source, nlohmann::json::json_pointer(where));
  CHECK(outcome.schema == nullptr);
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems.front().message == std::string("there is no schema at ") + where);
}

}  // namespace
}  // namespace pgw::contract::test
