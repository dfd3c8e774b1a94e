// What holds where a document is read as JSON Schema says (coercion none), and what OpenAPI 3.1 adds.
#include <string>

#include <nlohmann/json.hpp>

#include "contract/contract.h"
#include "contract/schema.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

/// What is wrong with a body by the schema at components/schemas/S of an OpenAPI 3.1 document.
Lines check_3_1(const std::string& schema, const std::string& body, Direction direction = Direction::request) {
  const auto source = document("openapi: 3.1.0\ncomponents: {schemas: {S: " + schema + "}}\n");
  const auto outcome = Schema::compile(*source, nlohmann::json::json_pointer("/components/schemas/S"));
  INFO((outcome.problems.empty() ? "" : to_string(outcome.problems.front())));
  REQUIRE(outcome.schema != nullptr);
  std::vector<Violation> violations;
  outcome.schema->validate(nlohmann::json::parse(body), {std::string("v")}, violations, {direction, Coercion::none});
  return lines(violations);
}

TEST_CASE("the keywords of 2020-12 hold in a document of 3.1") {
  const auto [schema, body, line] = GENERATE(table<std::string, std::string, std::string>({
      {"true", "1", ""},
      {"false", "1", "v: value_error.never: no value is permitted here"},
      {"{properties: {a: false}}", R"({"b": 1})", ""},
      {"{properties: {a: false}}", R"({"a": 1})", "v.a: value_error.never: no value is permitted here"},
      {"{type: [string, 'null', number]}", "null", ""},
      {"{type: [string, number]}", "1.5", ""},
      {"{type: [string, number]}", "true",
       R"(v: type_error: value is of none of the permitted types: string, number {"types":"string, number"})"},
      {"{type: [string, number]}", "null", "v: type_error.none.not_allowed: none is not an allowed value"},
      {"{const: {a: 1}}", R"({"a": 1.0})", ""},
      {"{const: null}", "0",
       R"(v: value_error.const: unexpected value; permitted: null {"given":0,"permitted":[null]})"},
      {"{const: false}", "0",
       R"(v: value_error.const: unexpected value; permitted: false {"given":0,"permitted":[false]})"},
      {"{anyOf: [{type: 'null'}]}", "1",
       R"(v: value_error.const: unexpected value; permitted: null {"given":1,"permitted":[null]})"},
      {"{prefixItems: [{type: string}], items: {type: integer}}", R"(["a", 1, 2])", ""},
      {"{prefixItems: [{type: string}], items: {type: integer}}", R"([1, 1, "x"])", "2"},
      {"{prefixItems: [{type: string}], items: false}", R"(["a", 1])",
       "v.1: value_error.never: no value is permitted here"},
      {"{contains: {type: integer}}", R"(["a", 1])", ""},
      {"{contains: {type: integer}}", "[]",
       "v: value_error.list.min_contains: ensure this value has at least 1 items of the kind that it must contain "
       R"({"limit_value":1})"},
      {"{contains: {type: integer}, minContains: 0, maxContains: 1}", "[1, 2]",
       "v: value_error.list.max_contains: ensure this value has at most 1 items of the kind that it must contain "
       R"({"limit_value":1})"},
      {"{patternProperties: {'^x-': {type: integer}}, additionalProperties: false}", R"({"x-a": 1})", ""},
      {"{patternProperties: {'^x-': {type: integer}}}", R"({"x-a": "y"})",
       "v.x-a: type_error.integer: value is not a valid integer"},
      {"{patternProperties: {'^x-': {}}, additionalProperties: false}", R"({"y": 1})",
       "v.y: value_error.extra: extra fields not permitted"},
      {"{propertyNames: {maxLength: 2}}", R"({"abc": 1})",
       R"(v.abc: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})"},
      {"{dependentRequired: {a: [b]}}", R"({"c": 1})", ""},
      {"{dependentRequired: {a: [b]}}", R"({"a": 1})", "v.b: value_error.missing: field required where 'a' is given"},
      {"{dependentSchemas: {a: {required: [c]}}}", R"({"a": 1})", "v.c: value_error.missing: field required"},
      {"{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}", R"({"a": 1})",
       "v.b: value_error.missing: field required"},
      {"{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}", "{}",
       "v.c: value_error.missing: field required"},
      {"{properties: {a: {}}, allOf: [{properties: {b: {}}}], unevaluatedProperties: false}", R"({"a": 1, "b": 1})",
       ""},
      {"{properties: {a: {}}, allOf: [{properties: {b: {}}}], unevaluatedProperties: false}", R"({"c": 1})",
       "v.c: value_error.extra: extra fields not permitted"},
      {"{anyOf: [{required: [a], properties: {a: {}}}, {properties: {b: {}}}], unevaluatedProperties: false}",
       R"({"b": 1})", ""},
      {"{prefixItems: [{}], contains: {type: integer}, unevaluatedItems: false}", R"(["a", 1])", ""},
      {"{prefixItems: [{}], unevaluatedItems: false}", R"(["a", 1])",
       "v.1: value_error.extra: extra items not permitted"},
      {"{$ref: '#/components/schemas/S/$defs/T', maxLength: 2, $defs: {T: {type: string}}}", R"("abc")",
       R"(v: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})"},
      {"{$ref: '#/components/schemas/S/$defs/T', maxLength: 2, $defs: {T: {type: string}}}", "1",
       "v: type_error.str: str type expected"},
  }));
  CAPTURE(schema, body);
  if (line == "2") {
    CHECK(check_3_1(schema, body).size() == 2);
  } else {
    CHECK(check_3_1(schema, body) == (line.empty() ? nothing : Lines{line}));
  }
}

TEST_CASE("what gives a schema a name, an empty enum and a dynamic reference are named in a document of 3.1") {
  const auto source = document(
      "{openapi: 3.1.0, components: {schemas: {S: {$id: x, $anchor: y, properties: {a: {$dynamicRef: '#y'}, b: {enum: "
      "[]}}}}}}");
  const auto outcome = Schema::compile(*source, nlohmann::json::json_pointer("/components/schemas/S"));
  REQUIRE(outcome.schema != nullptr);
  Lines messages;
  for (const auto& problem : outcome.problems) messages.push_back(problem.message);
  CHECK(messages == Lines{"'$anchor' has no effect: references go by where a schema stands",
                          "'$id' has no effect: references go by where a schema stands",
                          "the schema keyword '$dynamicRef' is not enforced",
                          "this enum has no value, so nothing fits this schema"});
}

TEST_CASE("what can't be decided never refuses what is right") {
  const auto [schema, value] = GENERATE(table<std::string, std::string>({
      {"{not: {format: phone}}", R"("x")"},
      {"{not: {pattern: '(a'}}", R"("x")"},
      {"{not: {const: 1}}", "1"},
      {"{oneOf: [{type: string, format: phone}, {type: string, maxLength: 3}]}", R"("abc")"},
      {"{oneOf: [{type: string, pattern: '(a'}, {type: string, pattern: '^b'}]}", R"("b")"},
      {"{oneOf: [{type: object, patternProperties: {a: {}}}, {type: object}]}", "{}"},
      {"{properties: {a: {}}, patternProperties: {'^x-': {}}, additionalProperties: false}", R"({"a": 1, "x-b": 2})"},
      {"{prefixItems: [{type: string}], items: {type: integer}}", R"(["a", 1])"},
      {"{type: array, items: {not: {contains: {}}}}", "[[1]]"},
      {"{anyOf: [{type: integer}, {$dynamicRef: '#x'}]}", R"("x")"},
      {"{allOf: [{not: {if: {}}}, {not: {allOf: [{dependentRequired: {a: [b]}}]}}]}", R"({"a": 1})"},
  }));
  CAPTURE(schema, value);
  CHECK(check(schema, value, strictly) == nothing);
  CHECK(check(schema, value, strict_response) == nothing);
  CHECK(check(schema, value, as_request) == nothing);
  CHECK(check(schema, value, as_response) == nothing);
}

TEST_CASE("what can be decided beside it is still refused") {
  CHECK(check("{type: string, format: phone}", "1", strictly).size() == 1);
  CHECK(check("{anyOf: [{type: string, format: phone}, {type: integer}]}", "[]", strictly).size() == 2);
  CHECK(check("{oneOf: [{type: string, format: phone}, {type: string}, {type: string}]}", R"("x")", strictly).size() ==
        1);
  CHECK(check("{not: {type: string, format: phone}}", "1", strictly) == nothing);
}

constexpr const char* animals = R"(
components:
  schemas:
    Cat: {type: object, required: [lives], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, required: [bark], properties: {kind: {type: string}, bark: {type: string}}}
    Animal:
      oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]
      discriminator: {propertyName: kind}
)";

TEST_CASE("a discriminator chooses whose mistakes are told, and no verdict") {
  const auto [value, line] = GENERATE(table<std::string, std::string>({
      {R"({"lives": 9})", ""},
      {R"({"kind": "Dog", "lives": 9})", ""},
      {R"({"kind": "Cat", "lives": "x"})", "v.lives: type_error.integer: value is not a valid integer"},
      {R"({"kind": "Dog"})", "v.bark: value_error.missing: field required"},
      {R"({"kind": "Cow"})",
       R"(v: value_error.discriminated_union.invalid_discriminator: No match for discriminator 'kind' and value 'Cow' )"
       R"((allowed values: 'Cat', 'Dog') {"allowed_values":"'Cat', 'Dog'","discriminator_key":"kind",)"
       R"("discriminator_value":"Cow"})"},
      {R"({"kind": "Cat", "lives": 9, "bark": "wow"})",
       "v: value_error.one_of: value matches more than one of the schemas of which it must match one"},
  }));
  CAPTURE(value);
  const Lines expected = line.empty() ? nothing : Lines{line};
  CHECK(check(animals, value, strictly, "/components/schemas/Animal") == expected);
  CHECK(check(animals, value, strict_response, "/components/schemas/Animal") == expected);
}

TEST_CASE("patterns are those of ECMA 262") {
  const auto [pattern, text, is_right] = GENERATE(table<std::string, std::string, bool>({
      {R"(^\\w+$)", "abc_7", true},
      {R"(^\\w+$)", "Zoë", false},
      {R"(^\\W$)", "é", true},
      {R"(^\\d$)", "1", true},
      {R"(^\\d$)", "١", false},
      {R"(^[^\\D]$)", "١", false},
      {R"(^\\s$)", "\\ufeff", true},
      {R"(^\\s$)", "\\u0085", false},
      {R"(^[\\s\\S]$)", "x", true},
      {R"(^\\cC$)", "\\u0003", true},
      {R"(^\\cc$)", "\\u0003", true},
      {R"(^\\u00e9\\x41$)", "éA", true},
      {R"(^\\ud83d\\ude00$)", "😀", true},
      {R"(^\\u{1f600}$)", "😀", true},
      {R"(^.$)", "😀", true},
      {R"(^.$)", "\\u2028", false},
      {R"(^a$)", "a\\n", false},
      {R"(^\\p{L}+$)", "Zoë", true},
      {R"(^\\p{Letter}\\P{Letter}$)", "é7", true},
      {R"(^\\p{Script=Greek}+$)", "αβ", true},
      {R"(^\\p{Script=Greek}+$)", "ab", false},
      {R"(^[\\p{Lu}\\d-]+$)", "A-1", true},
      {R"(^(?!sk_)\\w+$)", "abc", true},
      {R"(^(?!sk_)\\w+$)", "sk_1", false},
      {R"((?<=a)b)", "ab", true},
      {R"((?<=a)b)", "cb", false},
      {R"(^(?<q>['.])x\\k<q>$)", "'x'", true},
      {R"(^(a|b)\\1$)", "ab", false},
      {R"(^[^]$)", "x", true},
      {R"(^[]$)", "x", false},
      {R"(^[[:a]+$)", "[:a", true},
      {R"(^a{2,3}$)", "aaa", true},
      {R"(^a{,3}$)", "a{,3}", true},
      {R"(^\\/v1\\/$)", "/v1/", true},
      {R"(^[\\w-.]+$)", "a-.", true},
      {R"(^\\bx\\b$)", "x", true},
      {R"(^[\\b]$)", "\\b", true},
  }));
  CAPTURE(pattern, text);
  const std::string schema = "{\"type\": \"string\", \"pattern\": \"" + pattern + "\"}";
  CHECK(schema_problems_of(schema) == nothing);
  CHECK(check(schema, "\"" + text + "\"", strictly).empty() == is_right);
}

TEST_CASE("why a pattern can't be used is named") {
  const auto [pattern, why] = GENERATE(table<std::string, std::string>({
      {"(a", "missing closing parenthesis"},
      {"[a", "a class is not closed"},
      {R"(\ud83d)", "half of a surrogate pair"},
      {R"(\p{Nonsense})", "unknown property after \\P or \\p"},
      {"(?i)a", "no such group: (?i"},
      {R"(\)", "the pattern ends in an escape"},
  }));
  const auto problems = schema_problems_of(nlohmann::json{{"pattern", pattern}}.dump());
  CHECK(problems == Lines{"test.yaml:1:2: warning: this pattern is not checked: " + why});
}

TEST_CASE("a pattern that runs away is refused in a request, and passes in a response") {
  const std::string schema = R"({type: string, pattern: '^(?=(a+)+$)x?'})";
  const std::string text = "\"" + std::string(5000, 'a') + "!\"";
  CHECK(check(schema, text, strictly) ==
        Lines{"v: value_error.str.regex_limit: string could not be matched within the step limit of the regex "
              R"("^(?=(a+)+$)x?" {"pattern":"^(?=(a+)+$)x?"})"});
  CHECK(check(schema, text, as_request).size() == 1);
  CHECK(check(schema, text, strict_response) == nothing);
  CHECK(check("{not: " + schema + "}", text, strictly).size() == 1);
  CHECK(check(schema, R"("ab")", strictly).size() == 1);
}

TEST_CASE("long texts and many texts are matched within the step limit") {
  const std::string schema = R"({type: array, items: {type: string, pattern: '^(?!.*--)[a-z0-9-]+$'}})";
  std::string list = "[\"" + std::string(200'000, 'a') + "\"";
  for (int i = 0; i < 5000; ++i) list += ",\"some-name-of-a-thing-" + std::to_string(i) + "\"";
  CHECK(check(schema, list + "]", strictly) == nothing);
}

TEST_CASE("formats of RFCs are checked") {
  const auto [format, value, is_right] = GENERATE(table<std::string, std::string, bool>({
      {"date-time", "2016-12-31T23:59:60Z", true},
      {"date-time", "1998-12-31T15:59:60.123-08:00", true},
      {"date-time", "2016-12-31T22:59:60Z", false},
      {"date-time", "1990-12-31T15:59:59-24:00", false},
      {"time", "08:30:06Z", true},
      {"time", "08:30:06", false},
      {"duration", "P4DT12H30M5S", true},
      {"duration", "P1D2H", false},
      {"duration", "PT", false},
      {"hostname", "www.example.com", true},
      {"hostname", "not_a_host", false},
      {"hostname", "example.", false},
      {"idn-hostname", "실례.테스트", true},
      {"email", "te~st@example.com", true},
      {"email", "te..st@example.com", false},
      {"email", "a@[127.0.0.1]", true},
      {"idn-email", "실례@실례.테스트", true},
      {"uri", "http://foo.bar/?baz=qux#quux", true},
      {"uri", "ldap://[2001:db8::7]/c=GB?objectClass?one", true},
      {"uri", "/abc", false},
      {"uri", "http://[::1::]/", false},
      {"uri", "https://example.org/foo bar", false},
      {"uri-reference", "/abc?d#e", true},
      {"uri-reference", "a\\\\b", false},
      {"iri", "http://ƒøø.ßår/", true},
      {"iri-reference", "//ƒøø.ßår/", true},
      {"uri-template", "/a/{id}{?q*,r:3}", true},
      {"uri-template", "/a/{id", false},
      {"ipv4", "192.168.0.1\\u0000.evil.com", false},
      {"ipv6", "fe80::a%eth1", false},
      {"uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true},
      {"uuid", "2eb8aa08aa9811eab4aa73b441d16380", false},
      {"json-pointer", "/a~0b/~1", true},
      {"json-pointer", "/a~2", false},
      {"relative-json-pointer", "1/a", true},
      {"relative-json-pointer", "01", false},
      {"regex", "^(a|b)$", true},
      {"regex", "^(a", false},
      {"regex", "^\\\\S(|(.|\\\\n)*\\\\S)\\\\Z", false},
  }));
  CAPTURE(format, value);
  CHECK(check("{format: " + format + "}", "\"" + value + "\"", strictly).empty() == is_right);
  CHECK(check("{format: " + format + "}", "1", strictly) == nothing);
}

TEST_CASE("a time-delta may be a duration for pydantic, and is a number else") {
  const std::string schema = "{type: number, format: time-delta}";
  CHECK(check(schema, "30", strictly) == nothing);
  CHECK(check(schema, R"("PT30S")", as_request) == nothing);
  CHECK(check(schema, R"("1 day, 0:00:30")", as_request) == nothing);
  CHECK(check(schema, R"("soon")", as_request) == Lines{"v: value_error.duration: invalid duration format"});
  CHECK(check(schema, R"("PT30S")", strictly).size() == 1);
  CHECK(check(schema, R"("PT30S")", as_response).size() == 1);
}

constexpr const char* shop = R"(
openapi: 3.0.3
paths:
  /things:
    get:
      operationId: list
      parameters:
        - {name: count, in: query, schema: {type: integer, minimum: 3}}
        - {name: price, in: query, schema: {type: number}}
        - {name: flag, in: query, schema: {type: boolean}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: either, in: query, schema: {anyOf: [{type: integer, maximum: 9}, {type: string, minLength: 3}]}}
        - {name: text, in: query, schema: {type: string}}
        - {name: one, in: query, schema: {enum: [1, two]}}
        - {name: part, in: query, schema: {allOf: [{type: integer}, {minimum: 3}]}}
      responses: {}
    post:
      operationId: add
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}, on: {type: boolean}}}
          application/json:
            schema: {type: object, nullable: true, properties: {name: {type: string}}}
      responses: {}
)";

TEST_CASE("parameters and form fields have the one reading that their schema's type gives them") {
  const auto api = contract(shop, Coercion::none);
  const auto [query, problems] = GENERATE(table<std::string, std::size_t>({
      {"count=3&price=1.5&flag=true&ids=1&ids=2&text=12", 0},
      {"price=1e3&flag=false&text=", 0},
      {"price=5", 0},
      {"count=2", 1},
      {"count=3.0", 1},
      {"count=%203", 1},
      {"count=1_000", 1},
      {"count=007", 1},
      {"count=99999999999999999999", 0},
      {"price=nan", 1},
      {"price=1.", 1},
      {"flag=1", 1},
      {"flag=yes", 1},
      {"flag=True", 1},
      {"ids=1&ids=x", 1},
      {"either=7", 0},
      {"either=700", 0},
      {"either=70", 2},
      {"either=abc", 0},
      {"one=1", 0},
      {"one=two", 0},
      {"one=2", 1},
      {"part=2", 1},
      {"part=3", 0},
  }));
  CAPTURE(query);
  CHECK(check_request(*api, {"GET /things?" + query}).size() == problems);

  const auto form = [&](const std::string& body) {
    return check_request(*api, {"POST /things", {{"Content-Type", "application/x-www-form-urlencoded"}}, body});
  };
  CHECK(form("name=5&count=5&on=true") == nothing);
  CHECK(form("name=a&count=") == Lines{"body.count: type_error.integer: value is not a valid integer"});
  CHECK(form("name=a&on=on") == Lines{"body.on: type_error.bool: value could not be parsed to a boolean"});
}

TEST_CASE("a JSON body is what JSON Schema says") {
  const auto api = contract(shop, Coercion::none);
  const auto post = [&](const std::string& body) {
    return check_request(*api, {"POST /things", {{"Content-Type", "application/json"}}, body});
  };
  CHECK(post(R"({"name": "5"})") == nothing);
  CHECK(post("null") == nothing);
  CHECK(post(R"({"name": 5})") == Lines{"body.name: type_error.str: str type expected"});
  CHECK(post(R"({"name": null})") == Lines{"body.name: type_error.none.not_allowed: none is not an allowed value"});
  CHECK(post("[]") == Lines{"body: type_error.dict: value is not a valid dict"});
}

TEST_CASE("problem details say where a mistake is, by JSON pointer") {
  const std::vector<Violation> violations{
      {{std::string("body"), std::string("a/b~c é"), std::int64_t{0}}, "str type expected", "type_error.str", nullptr},
      {{std::string("query"), std::string("page")}, "field required", "value_error.missing", nullptr},
      {{std::string("body"), std::int64_t{13}}, "Expecting value", "value_error.jsondecode", {{"pos", 13}}},
  };
  CHECK(nlohmann::json::parse(validation_problem_body(violations)) == nlohmann::json::parse(R"({
    "type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "the request has 3 mistakes",
    "errors": [
      {"in": "body", "pointer": "#/a~1b~0c%20%C3%A9/0", "detail": "str type expected", "type": "type_error.str"},
      {"in": "query", "name": "page", "pointer": "#", "detail": "field required", "type": "value_error.missing"},
      {"in": "body", "pointer": "#", "detail": "Expecting value", "type": "value_error.jsondecode", "ctx": {"pos": 13}}
    ]})"));
}

}  // namespace
}  // namespace pgw::contract::test
