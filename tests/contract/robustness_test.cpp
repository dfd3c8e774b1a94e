// Whatever arrives, an answer comes, and of a form that a client can read. The seeds are fixed: a failure repeats.
#include <random>
#include <string>

#include "contract/contract.h"
#include "contract/json_body.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t any(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  template <typename T>
  const T& one_of(const std::vector<T>& values) {
    return values[any(values.size())];
  }

  std::string mutate(std::string text, const std::vector<std::string>& pieces) {
    for (std::size_t strokes = 1 + any(4); strokes > 0; --strokes) {
      const std::size_t at = any(text.size() + 1);
      const std::size_t length = any(4);
      switch (any(5)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, one_of(pieces));
          break;
        case 2:
          text.replace(at, std::min(length, text.size() - at), one_of(pieces));
          break;
        case 3:
          text.insert(at, text.substr(any(text.size() + 1), any(20)));
          break;
        default:
          text.insert(at, 1, static_cast<char>(any(256)));
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

void check_form(const std::vector<Violation>& violations, const std::string& first_of_loc) {
  REQUIRE(violations.size() <= 400);
  for (const auto& violation : violations) {
    REQUIRE_FALSE(violation.loc.empty());
    const auto* root = std::get_if<std::string>(&violation.loc.front());
    REQUIRE(root != nullptr);
    if (first_of_loc.empty()) {
      REQUIRE((*root == "path" || *root == "query" || *root == "header" || *root == "body"));
    } else {
      REQUIRE(*root == first_of_loc);
    }
    REQUIRE_FALSE(violation.msg.empty());
    REQUIRE((violation.type.starts_with("value_error") || violation.type.starts_with("type_error")));
    REQUIRE((violation.ctx.is_null() || violation.ctx.is_object()));
  }
  const auto body = nlohmann::json::parse(validation_error_body(violations));
  REQUIRE(body.at("detail").size() == violations.size());
  for (const auto& item : body.at("detail")) {
    REQUIRE((item.at("loc").is_array() && item.at("msg").is_string() && item.at("type").is_string()));
  }
}

const std::vector<std::string> json_pieces{"{",
                                           "}",
                                           "[",
                                           "]",
                                           ":",
                                           ",",
                                           "\"",
                                           "\\",
                                           "null",
                                           "true",
                                           "1e999",
                                           "-",
                                           "0",
                                           "1.5",
                                           "\\ud83d",
                                           "\\u00",
                                           " ",
                                           "\n",
                                           "\xc3",
                                           "\xff",
                                           "é",
                                           "😀",
                                           "\"\"",
                                           "[[[[[",
                                           "{}",
                                           "\"type\"",
                                           "\"id\"",
                                           "NaN",
                                           "99999999999999999999",
                                           "\"a\":1",
                                           std::string("\0x", 2),
                                           "'"};

TEST_CASE("mutated bodies are answered") {
  Mutator mutator(1);
  const std::vector<std::pair<std::string, std::string>> seeds{
      {"Projects_create", R"({"name":"P","directory_id":"dir_1"})"},
      {"Projects_update", R"({"name":"P","active_config_id":null})"},
      {"Projects_createFeedbackType",
       R"({"type":"mood","class":"select","values":[{"value":"up","sentiment":"positive"}]})"},
      {"Datasets_create", R"({"name":"d","description":"e"})"},
      {"Projects_deployConfig", R"({"config_id":"c","environments":[{"id":"e","name":"n"}]})"},
      {"Evaluations_create",
       R"({"config_id":"c","evaluator_ids":["a","b"],"dataset_id":"d","provider_api_keys":{"openai":"k"}})"},
  };
  std::size_t right = 0;
  for (int i = 0; i < 6000; ++i) {
    const auto& [id, seed] = mutator.one_of(seeds);
    const std::string body = mutator.mutate(seed, json_pieces);
    CAPTURE(id, body);
    const auto violations = projects().validate_body(*projects().find(id), body);
    check_form(violations, "body");
    right += violations.empty() ? 1 : 0;
  }
  CHECK(right > 100);
  CHECK(right < 5900);
}

TEST_CASE("mutated responses are answered") {
  Mutator mutator(2);
  const std::string seed =
      R"({"records":[{"id":"log_1","config":{"type":"model","id":"c","model":"m","stop":"x"},"evaluation_results":[{"id":"r",)"
      R"("evaluator_id":"e","evaluator_version_id":"v","log_id":"l","value":[true],"updated_at":"2024-05-01T12:00:00Z",)"
      R"("created_at":"2024-05-01T12:00:00Z","log":{"id":"x"}}],"observability_status":"completed","feedback":[{"type":"rating",)"
      R"("value":"good","id":"f"}],"tool_choice":{"type":"function","function":{"name":"n"}},"updated_at":"2024-05-01T12:00:00Z",)"
      R"("messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}],"page":0,"size":10,"total":1})";
  const Operation& operation = *projects().find("Projects_export");
  for (int i = 0; i < 3000; ++i) {
    const std::string body = mutator.mutate(seed, json_pieces);
    CAPTURE(body);
    check_form(projects().validate_response(operation, 200, "application/json", body), "body");
  }
}

TEST_CASE("mutated queries are answered") {
  Mutator mutator(3);
  const auto route = projects().match("GET", "/v4/projects");
  REQUIRE(route.status == Route::Status::found);
  const std::vector<std::string> pieces{"&",      "=",   "%", "+", "%20", "%ff",  "%00", "page", "size",
                                        "order=", "asc", "1", "-", "_",   "\xff", "[",   "nan"};
  for (int i = 0; i < 6000; ++i) {
    const std::string query = mutator.mutate("page=1&size=10&sort_by=name&order=asc&filter=x", pieces);
    CAPTURE(query);
    check_form(projects().validate_request({route.match, query, {}, std::nullopt, {}}), "query");
  }
}

TEST_CASE("mutated paths are routed to what their canonical path is routed to, or nowhere") {
  Mutator mutator(4);
  const std::vector<std::string> seeds{"/v4/projects", "/v4/projects/pr_1", "/v4/projects/pr_1/active-config",
                                       "/v4/projects/pr_1/deployed-config/env_1"};
  const std::vector<std::string> pieces{"/",    "..",       ".",    "%2f", "%2e", "%", "%00", "%c3%a9",
                                        "\xff", "projects", "pr_1", "//",  "?",   "#", "\x01"};
  std::size_t found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string path = mutator.mutate(mutator.one_of(seeds), pieces);
    CAPTURE(path);
    for (const auto* method : {"GET", "HEAD", "DELETE", "PATCH", "TRACE"}) {
      const auto route = projects().match(method, path);
      REQUIRE((route.status == Route::Status::method_not_allowed) == !route.allow.empty());
      if (route.status != Route::Status::found) continue;
      ++found;
      for (const auto& value : route.match.path_values) {
        REQUIRE_FALSE((value.empty() || value == "." || value == ".."));
      }
      const std::string canonical = projects().canonical_path(route.match);
      REQUIRE(canonical.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%"
                                          "!$&'()*+,;=:@[]") == std::string::npos);
      const auto again = projects().match(method, "/v4" + canonical);
      REQUIRE(again.status == Route::Status::found);
      REQUIRE(again.match.operation == route.match.operation);
      REQUIRE(again.match.path_values == route.match.path_values);
      check_form(projects().validate_request({route.match, {}, {}, std::nullopt, {}}), "");
    }
  }
  CHECK(found > 1000);
}

TEST_CASE("what is taken for JSON is what a JSON parser takes, and a mistake lies within the text") {
  Mutator mutator(5);
  const std::vector<std::string> seeds{
      R"({"a":[1,-2.5e3,"x\n\u00e9"],"b":{"c":null,"d":[true,false]}})",
      R"({"a":1,"b":{"a":2},"a":[{"c":3}],"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"a":14,"b":15})",
      R"(["a long text without anything to escape in it","and one \"with\" \ud83d\ude00 \u0000 \/ in it","é😀","\\"])",
      "[18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809,0.1,1e-400,5e-324,-0,-0.0,"
      "1E5]"};
  std::size_t right = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string body = mutator.mutate(mutator.one_of(seeds), json_pieces);
    CAPTURE(body);
    Violation violation;
    const auto value = parse_json_body(body, violation);
    // That parser takes a NUL for the end of the text.
    REQUIRE(value.has_value() == (nlohmann::json::accept(body) && body.find('\0') == std::string::npos));
    if (value) {
      REQUIRE(value->root().to_json() == nlohmann::json::parse(body));
      ++right;
      REQUIRE(JsonTape::of(nlohmann::json::parse(body)).root().to_json() == nlohmann::json::parse(body));
      continue;
    }
    REQUIRE(violation.loc.size() == 2);
    const auto position = violation.ctx.at("pos").get<std::size_t>();
    REQUIRE(position <= body.size());
    REQUIRE(std::get<std::int64_t>(violation.loc[1]) == static_cast<std::int64_t>(position));
    // No mistake is told of a text that begins with blanks alone or is right up to there: where it is, the text turns
    // wrong.
    if (position > 0 && violation.ctx.at("msg") == "Expecting value")
      REQUIRE(body.find_first_not_of(" \t\r\n") <= position);
  }
  CHECK(right > 1000);
}

TEST_CASE("mutated documents are compiled or refused, with a place for every problem") {
  Mutator mutator(6);
  const std::string seed = R"(openapi: 3.0.2
servers: [{url: '/{v}', variables: {v: {default: v4}}}]
paths:
  /a/{id}:
    parameters: [{name: id, in: path, required: true, schema: {$ref: '#/components/schemas/S'}}]
    post:
      operationId: a
      parameters: [{name: q, in: query, style: deepObject, schema: {type: object, properties: {x: {type: integer}}}}]
      requestBody: {required: true, content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/S'}]}}}}
      responses: {200: {description: d, content: {'*/*': {schema: {items: {$ref: '#/components/schemas/T'}}}}}}
components:
  schemas:
    S: {type: string, minLength: 1, pattern: '^a', enum: [a, b]}
    T: {required: [u], properties: {u: {$ref: '#/components/schemas/T'}, k: {}}, discriminator: {propertyName: k}, anyOf: [{}]}
)";
  const std::vector<std::string> pieces{
      "[",  "]",       "{",        "}",      ": ",         ", ",        "\n",      "  ",        "null",      "1",
      "-1", "true",    "$ref",     "'#'",    "'#/a~2'",    "x",         "*a",      "&a ",       "''",        "%",
      "/",  "oneOf: ", "schema: ", "type: ", "required: ", "mapping: ", "items: ", "content: ", "'#/paths'", "!!int "};
  std::size_t compiled = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = mutator.mutate(seed, pieces);
    CAPTURE(text);
    const auto read = Document::parse(text, "f");
    REQUIRE((read.document == nullptr) == !read.problems.empty());
    if (read.document == nullptr) continue;
    const auto outcome = Contract::compile(*read.document);
    for (const auto& problem : outcome.problems) {
      REQUIRE(problem.place.file == "f");
      REQUIRE((problem.place.line > 0 && problem.place.column > 0 && !problem.message.empty()));
    }
    if (outcome.contract == nullptr) continue;
    ++compiled;
    for (const auto& operation : outcome.contract->operations()) {
      check_form(outcome.contract->validate_body(operation, R"("abc")"), "body");
      check_form(outcome.contract->validate_response(operation, 200, "application/json", R"([{"u":{"k":1}}])"), "body");
    }
  }
  CHECK(compiled > 100);
}

}  // namespace
}  // namespace pgw::contract::test
