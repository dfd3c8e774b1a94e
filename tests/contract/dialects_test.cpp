// Documents as others write them: what OpenAPI allows and the Projects API doesn't use, and OpenAPI 3.1 as FastAPI
// writes it.
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* not_an_integer = ": type_error.integer: value is not a valid integer";

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
          {"GET", "/things/:archive", "get", ":archive", "/things/:archive"},
          {"POST", "/things/7:archive", "archive", "7", "/things/7:archive"},
          {"POST", "/things/7%3Aarchive", "archive", "7", "/things/7%3Aarchive"},
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
  const auto* path = GENERATE("/v2/.json", "/v2/report.xml", "/v/report.json", "/things/..:archive/log",
                              "/things/:archive/log", "/things/a%2Fb:archive");
  CAPTURE(path);
  CHECK(api->match("GET", path).status == Route::Status::not_found);
  CHECK(check_request(*api, {"POST /things/x:archive"}) == Lines{std::string("path.id") + not_an_integer});
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
      {"/compare/a...b...2", "compare", "a...b...2", "/compare/a...b...2", {std::string("path.head") + not_an_integer}},
      {"/compare/branch...x",
       "compare",
       "branch...x",
       "/compare/branch...x",
       {"path.base: value_error.any_str.max_length: ensure this value has at most 4 characters {\"limit_value\":4}",
        std::string("path.head") + not_an_integer}},
      {"/compare/v1.2,3-final", "version", "1.2,3", "/compare/v1.2,3-final", {}},
      {"/compare/v1.2%2C3-final", "version", "1.2,3", "/compare/v1.2%2C3-final", {}},
      {"/compare/v1.x,3-final",
       "version",
       "1.x,3",
       "/compare/v1.x,3-final",
       {std::string("path.minor") + not_an_integer}},
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

TEST_CASE("an OpenAPI 3.1 document is read as FastAPI writes it") {
  CHECK(problems_of(fastapi_now) == nothing);
  const auto api = contract(fastapi_now);
  const auto [query, body, problems] = GENERATE(table<std::string, std::string, Lines>({
      {"tags=1&tags=2&page=3", R"({"kind":"item","size":null,"note":null,"either":1,"nothing":null})", {}},
      {"", R"({"kind":"item","size":1,"note":"n","either":"x"})", {}},
      {"tags=x&page=y",
       R"({"kind":"item","size":1,"note":"n","either":"x"})",
       {std::string("query.tags.0") + not_an_integer, std::string("query.page") + not_an_integer}},
      {"",
       R"({"kind":"thing","size":0,"note":[],"either":[],"nothing":1})",
       {R"(body.kind: value_error.const: unexpected value; permitted: 'item' {"given":"thing","permitted":["item"]})",
        R"(body.size: value_error.number.not_gt: ensure this value is greater than 0 {"limit_value":0})",
        "body.note: type_error.str: str type expected",
        "body.either: type_error: value is of none of the permitted types: string, integer "
        R"({"types":"string, integer"})",
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

constexpr const char* objects_in_queries = R"(
openapi: 3.0.3
paths:
  /free:
    get:
      operationId: free
      parameters: [{name: any, in: query, required: true, schema: {type: object, additionalProperties: {type: string}}}]
      responses: {}
  /counted:
    get:
      operationId: counted
      parameters: [{name: any, in: query, schema: {type: object, minProperties: 2, properties: {a: {type: integer}}}}]
      responses: {}
  /parts:
    get:
      operationId: parts
      parameters:
        - {name: where, in: query, required: true, schema: {allOf: [{$ref: '#/components/schemas/Page'}, {$ref: '#/components/schemas/Tags'}]}}
      responses: {}
  /deep:
    get:
      operationId: deep
      parameters:
        - {name: f, in: query, style: deepObject, schema: {allOf: [{$ref: '#/components/schemas/Page'}, {$ref: '#/components/schemas/Tags'}]}}
        - name: g
          in: query
          style: deepObject
          schema: {type: object, additionalProperties: false, required: [at], properties: {at: {type: object, required: [gte]}}}
      responses: {}
  /lists:
    get:
      operationId: lists
      parameters: [{name: l, in: query, schema: {type: array, items: {type: object}}}]
      responses: {}
components:
  schemas:
    Page: {type: object, required: [page], properties: {page: {type: integer}}}
    Tags: {type: object, properties: {tags: {type: array, maxItems: 2, items: {type: integer}}}}
)";

TEST_CASE("an object that a query spells out is put together from all parts of its schema") {
  const auto api = contract(objects_in_queries);
  const auto [query, problems] = GENERATE(table<std::string, Lines>({
      {"/free?a=1&b=2", {}},
      {"/free", {}},
      {"/counted?a=1&b=2", {}},
      {"/parts?page=1&tags=1&tags=2&more=x", {}},
      {"/parts?page=x&tags=1&tags=y",
       {std::string("query.where.page") + not_an_integer, std::string("query.where.tags.1") + not_an_integer}},
      {"/parts?tags=1", {"query.where.page: value_error.missing: field required"}},
      {"/parts?more=1", {"query.where: value_error.missing: field required"}},
      {"/deep?f[page]=1&f[tags]=1", {}},
      {"/deep?f[page]=1&f[tags]=x", {std::string("query.f.tags.0") + not_an_integer}},
      {"/deep?g[at][gte]=1&g[at][lt]=2", {}},
      {"/deep?g[at]=1", {}},
      {"/deep?g[on][gte]=1",
       {"query.g.at: value_error.missing: field required",
        "query.g.on: value_error.extra: extra fields not permitted"}},
      {"/lists?l={}", {}},
  }));
  CAPTURE(query);
  CHECK(check_request(*api, {"GET " + query}) == problems);
}

TEST_CASE("what of a query can't be told apart is named") {
  const std::string why = "is not checked, for it comes in a style that can't be read";
  CHECK(problems_of(objects_in_queries) == Lines{"test.yaml:7:20: warning: the value of the parameter 'any' " + why,
                                                 "test.yaml:12:20: warning: the value of the parameter 'any' " + why,
                                                 "test.yaml:28:11: warning: the member 'at' is not checked, for it may "
                                                 "have members of its own: OpenAPI says how "
                                                 "those of a deepObject are written, and of none within them",
                                                 "test.yaml:33:20: warning: the value of the parameter 'l' " + why});
}

constexpr const char* forms = R"(
openapi: 3.0.3
paths:
  /form:
    post:
      operationId: form
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              allOf:
                - {type: object, required: [name], properties: {name: {type: string}, age: {type: integer}}}
                - {type: object, properties: {tags: {type: array, items: {type: string, maxLength: 2}}}}
      responses: {}
  /unclear:
    post:
      operationId: unclear
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [clear]
              additionalProperties: false
              properties:
                clear: {anyOf: [{type: array, items: {type: string}}, {type: string, enum: ['']}]}
                map: {type: object, properties: {k: {type: integer}}}
                maps: {type: array, items: {type: object}}
                plain: {oneOf: [{type: integer}, {enum: ['']}]}
      responses: {}
  /either:
    post:
      operationId: either
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              oneOf:
                - {required: [map], properties: {map: {type: object, required: [a]}}}
                - {required: [map], properties: {map: {type: object, required: [b]}}}
              not: {required: [map], properties: {map: {type: object, required: [c]}}}
      responses: {}
  /others:
    post:
      operationId: others
      requestBody: {$ref: '#/components/requestBodies/Others'}
      responses: {}
  /others/again:
    post: {operationId: again, requestBody: {$ref: '#/components/requestBodies/Others'}, responses: {}}
  /lists:
    post:
      operationId: lists
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, additionalProperties: {type: array, items: {type: integer}}}
      responses: {}
components:
  requestBodies:
    Others:
      content:
        application/x-www-form-urlencoded:
          schema: {type: object, additionalProperties: {type: object}}
)";

TEST_CASE("a form's fields are read as FastAPI reads them") {
  const auto api = contract(forms);
  const Lines no_name{"body.name: value_error.missing: field required"};
  const auto [path, body, problems] = GENERATE_COPY(table<std::string, std::string, Lines>({
      {"/form", "name=a&tags=a&tags=b", {}},
      {"/form",
       "name=a&tags=a&tags=long",
       {R"(body.tags.1: value_error.any_str.max_length: ensure this value has at most 2 characters {"limit_value":2})"}},
      {"/form", "name=a&age=", {}},
      {"/form", "name=a&age=x", {std::string("body.age") + not_an_integer}},
      {"/form", "name=a&tags=", {}},
      {"/form", "name=&name=a", {}},
      {"/form", "name=", no_name},
      {"/form", "name=a&name=", no_name},
      {"/unclear", "clear=x", {}},
      {"/unclear", "clear=&map=%7B%22k%22:1%7D&plain=1", {}},
      {"/unclear", "clear=x&clear=y&maps=%7B%7D", {}},
      {"/unclear", "map=%7B%7D", {"body.clear: value_error.missing: field required"}},
      {"/either", "map=%7B%22a%22:1%7D", {}},
      {"/others", "a=%7B%7D", {}},
      {"/lists", "a=1&a=2&b=3", {}},
      {"/lists", "a=1&b=x", {std::string("body.b.0") + not_an_integer}},
      {"/unclear", "clear=x&other=", {"body.other: value_error.extra: extra fields not permitted"}},
  }));
  CAPTURE(path, body);
  CHECK(check_request(*api, {"POST " + path, {{"Content-Type", "application/x-www-form-urlencoded"}}, body}) ==
        problems);
}

TEST_CASE("fields of a form of which no one can tell how they are written are named, once") {
  const std::string why =
      " is not checked, for it may be an object or a list, of which no one can tell here how it is written";
  CHECK(problems_of(forms) ==
        Lines{"test.yaml:21:13: warning: the member 'clear'" + why, "test.yaml:21:13: warning: the member 'map'" + why,
              "test.yaml:21:13: warning: the member 'maps'" + why, "test.yaml:37:13: warning: the member 'map'" + why,
              "test.yaml:64:11: warning: a member that is not named" + why});
}

TEST_CASE("an empty object that a query spells out is written as nothing at all") {
  const auto api = contract(R"(
openapi: 3.0.3
paths:
  /a:
    get:
      operationId: a
      parameters:
        - {name: s, in: query, required: true, schema: {type: object, properties: {q: {type: string}, n: {type: integer}}}}
        - {name: d, in: query, required: true, style: deepObject, schema: {type: object, properties: {q: {type: string}}}}
      responses: {}
)");
  CHECK(check_request(*api, {"GET /a"}) == nothing);
  CHECK(check_request(*api, {"GET /a?n=x"}) == Lines{std::string("query.s.n") + not_an_integer});
}

TEST_CASE("media types are told in the order of the document") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a: {post: {operationId: a, requestBody: {content: {text/plain: {}, application/json: {}, image/png: {}}}, responses: {}}}
)");
  CHECK(check_request(*api, {"POST /a", {{"Content-Type", "x/y"}}, "z"}) ==
        Lines{"415 Unsupported Media Type: send text/plain, application/json, image/png"});
}

}  // namespace
}  // namespace pgw::contract::test
