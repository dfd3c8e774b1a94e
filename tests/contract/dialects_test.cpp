// Documents as others write them: what OpenAPI allows and the Projects API doesn't use, and OpenAPI 3.1 as FastAPI
// writes it.
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* no_integer = ": type_error.integer: value is not a valid integer";

constexpr const char* google_like = R"(
openapi: 3.0.3
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: get, responses: {}}
  /things/{id}:archive:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    post: {operationId: archive, responses: {}}
  /things/{id}:archive/log:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: log, responses: {}}
  /v{version}/{name}.json:
    parameters:
      - {name: version, in: path, required: true, schema: {type: integer}}
      - {name: name, in: path, required: true, schema: {type: string}}
    get: {operationId: file, responses: {}}
)";

TEST_CASE("a segment may hold more than its parameter, and the closest shape wins") {
  const auto api = contract(google_like);
  const auto [method, path, id, value, canonical] =
      GENERATE(table<std::string, std::string, std::string, std::string, std::string>({
          {"GET", "/things/7", "get", "7", "/things/7"},
          {"GET", "/things/:archive", "get", ":archive", "/things/%3Aarchive"},
          {"POST", "/things/7:archive", "archive", "7", "/things/7:archive"},
          {"POST", "/things/7%3Aarchive", "archive", "7", "/things/7:archive"},
          {"POST", "/things/a%2Fb:archive", "archive", "a/b", "/things/a%2Fb:archive"},
          {"GET", "/things/7:archive/log", "log", "7", "/things/7:archive/log"},
          {"GET", "/v2/report.json", "file", "2", "/v2/report.json"},
          {"GET", "/v2/a.json.json", "file", "2", "/v2/a.json.json"},
      }));
  CAPTURE(method, path);
  const auto route = api->match(method, path);
  REQUIRE(route.status == Route::Status::found);
  CHECK(route.match.operation->id() == id);
  CHECK(route.match.path_values.front() == value);
  CHECK(api->canonical_path(route.match) == canonical);
}

TEST_CASE("what is not of a segment's shape is not found, nor is a value that steps out of its tree") {
  const auto api = contract(google_like);
  const auto* path =
      GENERATE("/v2/.json", "/v2/report.xml", "/v/report.json", "/things/..:archive/log", "/things/:archive/log");
  CAPTURE(path);
  CHECK(api->match("GET", path).status == Route::Status::not_found);
  CHECK(check_request(*api, {"POST /things/x:archive"}) == Lines{std::string("path.id") + no_integer});
}

constexpr const char* github_like = R"(
openapi: 3.0.2
info: {title: t, version: '1'}
paths:
  /compare/{base}...{head}:
    parameters:
      - {name: base, in: path, required: true, schema: {type: string, maxLength: 4}}
      - {name: head, in: path, required: true, schema: {type: integer}}
    get: {operationId: compare, responses: {}}
  /compare/v{major}.{minor},{patch}-final:
    parameters:
      - {name: patch, in: path, required: true, schema: {type: string}}
      - {name: minor, in: path, required: true, schema: {type: integer}}
      - {name: major, in: path, required: true, schema: {type: integer}}
    get: {operationId: version, responses: {}}
  /compare/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: name, responses: {}}
)";

TEST_CASE("a segment may hold several parameters, which are one value and checked one by one") {
  CHECK(problems_of(github_like) == nothing);
  const auto api = contract(github_like);
  const auto [path, id, value, canonical,
              problems] = GENERATE(table<std::string, std::string, std::string, std::string, Lines>({
      {"/compare/main...2", "compare", "main...2", "/compare/main...2", {}},
      {"/compare/a%20b...2", "compare", "a b...2", "/compare/a%20b...2", {}},
      {"/compare/a...b...2", "compare", "a...b...2", "/compare/a...b...2", {std::string("path.head") + no_integer}},
      {"/compare/branch...x",
       "compare",
       "branch...x",
       "/compare/branch...x",
       {"path.base: value_error.any_str.max_length: ensure this value has at most 4 characters {\"limit_value\":4}",
        std::string("path.head") + no_integer}},
      {"/compare/v1.2,3-final", "version", "1.2,3", "/compare/v1.2,3-final", {}},
      {"/compare/v1.2%2C3-final", "version", "1.2,3", "/compare/v1.2,3-final", {}},
      {"/compare/v1.x,3-final", "version", "1.x,3", "/compare/v1.x,3-final", {std::string("path.minor") + no_integer}},
      {"/compare/main..2", "name", "main..2", "/compare/main..2", {}},
      {"/compare/...2", "name", "...2", "/compare/...2", {}},
      {"/compare/main...", "name", "main...", "/compare/main...", {}},
  }));
  CAPTURE(path);
  const auto route = api->match("GET", path);
  REQUIRE(route.status == Route::Status::found);
  CHECK(route.match.operation->id() == id);
  CHECK(route.match.path_values == std::vector<std::string>{value});
  CHECK(api->canonical_path(route.match) == canonical);
  CHECK(check_request(*api, {"GET " + path}) == problems);
}

constexpr const char* fastapi_now = R"(
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /items:
    post:
      operationId: add
      parameters:
        - {name: tags, in: query, schema: {anyOf: [{type: array, items: {type: integer}}, {type: 'null'}]}}
        - {name: page, in: query, schema: {anyOf: [{type: integer}, {type: 'null'}]}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}}
      responses: {}
components:
  schemas:
    Item:
      type: object
      required: [kind, size, note, either]
      properties:
        kind: {const: item}
        size: {type: [integer, 'null'], exclusiveMinimum: 0}
        note: {anyOf: [{type: string}, {type: 'null'}]}
        either: {type: [string, integer]}
        nothing: {type: 'null'}
)";

TEST_CASE("an OpenAPI 3.1 document is read as far as it says what 3.0 can") {
  CHECK(problems_of(fastapi_now) ==
        Lines{"test.yaml:2:1: warning: this is OpenAPI 3.1.0; it is read by the rules of 3.0, with the types and the "
              "const of 3.1",
              "test.yaml:22:18: warning: of several types none is enforced; put them into an anyOf"});
  const auto api = contract(fastapi_now);
  const auto [query, body, problems] = GENERATE(table<std::string, std::string, Lines>({
      {"tags=1&tags=2&page=3", R"({"kind":"item","size":null,"note":null,"either":1,"nothing":null})", {}},
      {"", R"({"kind":"item","size":1,"note":"n","either":"x"})", {}},
      {"tags=x&page=y",
       R"({"kind":"item","size":1,"note":"n","either":"x"})",
       {std::string("query.tags.0") + no_integer, std::string("query.page") + no_integer}},
      {"",
       R"({"kind":"thing","size":0,"note":[],"either":1,"nothing":1})",
       {R"(body.kind: value_error.const: unexpected value; permitted: 'item' {"given":"thing","permitted":["item"]})",
        R"(body.size: value_error.number.not_gt: ensure this value is greater than 0 {"limit_value":0})",
        "body.note: type_error.str: str type expected",
        R"(body.nothing: value_error.const: unexpected value; permitted: None {"given":1,"permitted":[null]})"}},
  }));
  CAPTURE(query, body);
  CHECK(check_request(*api, {"POST /items?" + query, {}, body}) == problems);
}

TEST_CASE("a list may be made of parts") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a:
    get:
      operationId: a
      parameters:
        - {name: q, in: query, schema: {allOf: [{type: array, items: {type: integer}}, {maxItems: 2}]}}
        - {name: r, in: query, explode: false, schema: {anyOf: [{type: array, items: {type: integer}}, {type: array, items: {type: boolean}}]}}
      responses: {}
)");
  CHECK(check_request(*api, {"GET /a?q=1&q=2&r=1,2"}) == nothing);
  CHECK(check_request(*api, {"GET /a?q=1&q=x&q=3&r=yes,no"}).size() == 2);
}

TEST_CASE("media types are told in the order of the document") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a: {post: {operationId: a, requestBody: {content: {text/plain: {}, application/json: {}, image/png: {}}}, responses: {}}}
)");
  CHECK(check_request(*api, {"POST /a", {{"Content-Type", "x/y"}}, "z"}) ==
        Lines{"unsupported: text/plain, application/json, image/png"});
}

}  // namespace
}  // namespace pgw::contract::test
