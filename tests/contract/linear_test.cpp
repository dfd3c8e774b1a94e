// What a check costs is linear in the value, whatever the document says, and no document is too deep to be compiled.
#include <ctime>
#include <string>

#include "contract/contract.h"
#include "contract/schema.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

/// Far more time of the processor than linear cost takes, and far less than a cost that doubles sixty times.
constexpr std::clock_t enough = 20 * CLOCKS_PER_SEC;

std::string nested(const std::string& name, const std::string& leaf, int levels = 60) {
  std::string value;
  for (int i = 0; i < levels; ++i) value.append("{\"").append(name).append("\":");
  return value + leaf + std::string(static_cast<std::size_t>(levels), '}');
}

Lines check_in_time(const std::string& schema, const std::string& value, const Reading& reading,
                    const std::string& where = "") {
  const auto start = std::clock();
  const auto problems = check(schema, value, reading, where);
  CHECK(std::clock() - start < enough);
  return problems;
}

TEST_CASE("a value that several schemas lead to is checked once by each") {
  const auto& reading = GENERATE(as_request, as_response, strictly);
  const auto* schema = GENERATE(
      "{allOf: [{properties: {a: {$ref: '#'}}}, {properties: {a: {$ref: '#'}}}]}",
      "{properties: {a: {$ref: '#'}}, allOf: [{properties: {a: {$ref: '#'}}}]}",
      "{anyOf: [{type: integer}, {required: [b], properties: {a: {$ref: '#'}}}, {properties: {a: {$ref: '#'}}}]}",
      "{oneOf: [{type: integer}, {type: object, properties: {a: {$ref: '#'}, b: {$ref: '#'}}}]}",
      "{not: {properties: {a: {not: {$ref: '#'}}}, required: [b]}, properties: {a: {$ref: '#'}}}",
      "{additionalProperties: {allOf: [{$ref: '#'}, {additionalProperties: {$ref: '#'}}]}}");
  CAPTURE(schema);
  CHECK(check_in_time(schema, nested("a", "{}"), reading) == nothing);
}

TEST_CASE("what is wrong with such a value is told once") {
  const std::string schema =
      "{allOf: [{$ref: '#/definitions/S'}, {properties: {a: {$ref: '#'}}}], definitions: {S: {properties: {a: {$ref: "
      "'#'}, b: {type: integer}}}}}";
  const auto& reading = GENERATE(as_request, as_response, strictly);
  const auto problems = check_in_time(schema, nested("a", R"({"b": "x"})", 50), reading);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(), Catch::Matchers::EndsWith("a.b: type_error.integer: value is not a valid integer"));
}

TEST_CASE("schemas that share their parts are checked once each, for a plain value too") {
  std::string schema = "definitions:\n";
  for (int i = 0; i < 50; ++i) {
    const std::string next = "{$ref: '#/definitions/S" + std::to_string(i + 1) + "'}";
    const char* combinator = i % 2 == 0 ? "allOf" : "anyOf";
    schema += "  S" + std::to_string(i) + ": {" + combinator + ": [" + next + ", " + next + "]}\n";
  }
  schema += "  S50: {type: integer, allOf: [{minimum: 3}]}\n";
  CHECK(check_in_time(schema, "5", strictly, "/definitions/S0") == nothing);
  CHECK_FALSE(check_in_time(schema, "2", strictly, "/definitions/S0").empty());
  CHECK_FALSE(check_in_time(schema, R"("x")", as_request, "/definitions/S0").empty());
}

std::string chain(std::size_t length, const std::string& before, const std::string& after) {
  std::string text = "definitions:\n";
  for (std::size_t i = 0; i + 1 < length; ++i) {
    text += "  S" + std::to_string(i) + ": " + before + "{$ref: '#/definitions/S" + std::to_string(i + 1) + "'}" +
            after + "\n";
  }
  return text + "  S" + std::to_string(length - 1) + ": {type: integer}\n";
}

TEST_CASE("a chain of thousands of schemas is compiled, whatever links it") {
  const auto [before, after] = GENERATE(
      table<std::string, std::string>({{"{properties: {p: ", "}}"}, {"{items: ", "}"}, {"", ""}, {"{allOf: [", "]}"}}));
  CAPTURE(before);
  CHECK(check_in_time(chain(12'000, before, after), "null", as_request, "/definitions/S0").size() <= 1);
}

TEST_CASE("schemas that stand within each other for one value are at most 64 deep") {
  const auto source = document(chain(12'000, "{minLength: 1, allOf: [", "]}"));
  const auto outcome = Schema::compile(*source, nlohmann::json::json_pointer("/definitions/S0"));
  CHECK(outcome.schema == nullptr);
  REQUIRE_FALSE(outcome.problems.empty());
  CHECK(outcome.problems.front().place.line > 0);
  CHECK(outcome.problems.front().message ==
        "more than 64 schemas stand within each other here without a property or item in between");
  CHECK(check(chain(60, "{minLength: 1, allOf: [", "]}"), "1", as_request, "/definitions/S0") == nothing);
}

TEST_CASE("a body as deep as bodies may be, against schemas as deep as they may be, is answered") {
  std::string schema = "definitions:\n";
  for (int i = 0; i < 60; ++i) {
    schema += "  S" + std::to_string(i) + ": {minProperties: 0, allOf: [{$ref: '#/definitions/S" +
              std::to_string(i + 1) + "'}]}\n";
  }
  schema += "  S60: {properties: {a: {$ref: '#/definitions/S0'}}}\n";
  const auto problems = check_in_time(schema, nested("a", "1", 63), strictly, "/definitions/S0");
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(), Catch::Matchers::EndsWith("value_error.depth: nested too deeply to be checked"));
  CHECK(check_in_time(schema, nested("a", "1", 63), strict_response, "/definitions/S0") == nothing);
}

/// Operations 0 to `count`, each of which says `operation(i)` beside its id.
template <typename Say>
std::string document_of(int count, const Say& operation, const std::string& components) {
  std::string text = "openapi: 3.0.3\npaths:\n";
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    text += "  /o" + number + ": {post: {operationId: o" + number + ", responses: {200: {description: d}}, " +
            operation(number) + "}}\n";
  }
  return text + "components:\n" + components;
}

void compile_in_time(const std::string& text) {
  const auto source = document(text);
  const auto start = std::clock();
  CHECK(lines(Contract::compile(*source).problems) == nothing);
  CHECK(std::clock() - start < enough);
}

TEST_CASE("a chain of references is walked once, from whichever of its links it is entered") {
  constexpr int links = 10'000;
  const std::string kind = GENERATE("parameters", "schemas");
  const auto link = [&](const std::string& number) { return "{$ref: '#/components/" + kind + "/l" + number + "'}"; };
  std::string components = "  " + kind + ":\n";
  for (int i = 0; i + 1 < links; ++i)
    components += "    l" + std::to_string(i) + ": " + link(std::to_string(i + 1)) + "\n";
  components += "    l" + std::to_string(links - 1) + ": ";
  components += kind == "schemas" ? "{type: string}\n" : "{name: q, in: query, schema: {type: string}}\n";
  compile_in_time(document_of(
      links,
      [&](const std::string& number) {
        return "parameters: [" +
               (kind == "schemas" ? "{name: q, in: query, schema: " + link(number) + "}" : link(number)) + "]";
      },
      components));
}

TEST_CASE("what many operations say with one large schema is looked at once") {
  constexpr int size = 4'000;
  const bool is_form = GENERATE(true, false);
  std::string components = is_form ? "  schemas:\n    S: {type: object, properties: {" : "  schemas:\n    S: {anyOf: [";
  for (int i = 0; i < size; ++i) {
    const std::string name = "m" + std::to_string(i);
    components +=
        is_form ? name + ": {type: string}, " : "{type: object, properties: {" + name + ": {type: string}}}, ";
  }
  components += is_form ? "}}\n" : "]}\n";
  compile_in_time(document_of(
      size,
      [is_form](const std::string&) -> std::string {
        return is_form ? "requestBody: {content: {application/x-www-form-urlencoded: {schema: {$ref: "
                         "'#/components/schemas/S'}}}}"
                       : "parameters: [{name: q, in: query, explode: false, schema: {$ref: '#/components/schemas/S'}}]";
      },
      components));
}

}  // namespace
}  // namespace pgw::contract::test
