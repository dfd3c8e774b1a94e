// Requests and responses against a document that has nothing in common with the Projects API: a library, and every way
// in which OpenAPI 3.0 lets a value travel.
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* library = R"(
openapi: 3.0.3
servers: [{url: 'https://{host}/lib/', variables: {host: {default: library.example}}}]
paths:
  /books:
    get:
      operationId: searchBooks
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 0}}
        - {name: text, in: query, schema: {type: string, minLength: 2}}
        - {name: free, in: query, schema: {type: string}}
        - {name: available, in: query, schema: {type: boolean}}
        - {name: ids, in: query, schema: {type: array, items: {type: integer}}}
        - {name: csv, in: query, explode: false, schema: {type: array, maxItems: 3, items: {type: integer}}}
        - {name: ssv, in: query, style: spaceDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: psv, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: many, in: query, style: pipeDelimited, explode: true, schema: {type: array, items: {type: integer}}}
        - {name: range, in: query, schema: {type: object, required: [from], properties: {from: {type: integer}, to: {type: integer}}}}
        - name: flat
          in: query
          explode: false
          schema: {type: object, additionalProperties: false, properties: {R: {type: integer}, G: {type: integer}}}
        - name: filter
          in: query
          style: deepObject
          schema:
            type: object
            additionalProperties: false
            properties: {year: {type: integer}, tags: {type: array, items: {enum: [a, b]}}}
        - name: where
          in: query
          content: {application/json: {schema: {type: object, required: [field], properties: {field: {type: string}}}}}
        - {name: sort, in: query, schema: {allOf: [{$ref: "#/components/schemas/Sort"}]}}
        - {name: wrapped, in: query, schema: {allOf: [{$ref: "#/components/schemas/Numbers"}]}}
        - {name: flag, in: query, allowEmptyValue: true, schema: {type: integer}}
      responses:
        200: {description: d, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Book"}}}}}
        4XX: {description: d, content: {application/problem+json: {schema: {type: object, required: [title]}}}}
        default: {description: d, content: {"*/*": {schema: {type: object, required: [oops]}}}}
    post:
      operationId: addBook
      parameters:
        - {name: dry, in: query, required: true, schema: {type: boolean}}
        - {name: X-Batch, in: header, required: true, schema: {type: string, format: uuid}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Book"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Book"}}
      responses:
        201: {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
  /books/{isbn}:
    parameters:
      - {name: isbn, in: path, required: true, schema: {type: string, pattern: '^[0-9]{3}$'}}
    get:
      operationId: getBook
      parameters:
        - {name: X-Count, in: header, schema: {type: integer}}
        - {name: X-Ids, in: header, schema: {type: array, items: {type: integer}}}
        - {name: X-Color, in: header, explode: true, schema: {type: object, properties: {R: {type: integer}, G: {type: integer}}}}
        - {name: X-Text, in: header, content: {application/json: {schema: {type: array}}}}
        - {name: Accept, in: header, required: true, schema: {type: integer}}
        - {name: Content-Type, in: header, required: true, schema: {type: integer}}
        - {name: authorization, in: header, required: true, schema: {type: integer}}
      responses: {}
    patch:
      operationId: changeBook
      requestBody:
        content:
          application/merge-patch+json: {schema: {$ref: "#/components/schemas/Change"}}
      responses: {}
    put:
      operationId: replaceBook
      requestBody: {content: {application/json: {schema: {type: object, nullable: true, required: [title]}}}}
      responses: {}
  /shelves/{numbers}/{color}/{spread}:
    get:
      operationId: getShelf
      parameters:
        - {name: numbers, in: path, required: true, schema: {type: array, minItems: 2, items: {type: integer}}}
        - {name: color, in: path, required: true, schema: {type: object, properties: {R: {type: integer}}}}
        - {name: spread, in: path, required: true, explode: true, schema: {type: object, properties: {R: {type: integer}}}}
      responses: {}
  /covers:
    put:
      operationId: putCover
      requestBody: {required: true, content: {image/png: {}, "text/*": {}}}
      responses: {}
    post:
      operationId: postAnything
      requestBody: {required: true, content: {"*/*": {schema: {type: object, required: [n], properties: {n: {type: integer}}}}}}
      responses: {}
components:
  schemas:
    Sort: {type: string, enum: [title, year]}
    Numbers: {type: array, items: {type: integer}}
    Change: {type: object, additionalProperties: false, properties: {title: {type: string, maxLength: 3}}}
    Book:
      type: object
      required: [id, title, tags]
      properties:
        id: {type: integer, readOnly: true}
        code: {type: string, writeOnly: true}
        title: {type: string, minLength: 1}
        year: {type: integer}
        tags: {type: array, items: {type: string, maxLength: 5}}
)";

const Contract& api() {
  static const auto compiled = contract(library);
  return *compiled;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr const char* no_integer_value = ": type_error.integer: value is not a valid integer";

TEST_CASE("the document compiles without a word, and its base path comes from the server's URL") {
  CHECK(problems_of(library) == nothing);
  CHECK(api().base_path() == "/lib");
  CHECK(api().operations().size() == 8);
}

TEST_CASE("query parameters are read in every style") {
  const auto [query, line] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"&&=&x", ""},
      {"unknown=1&Page=x", ""},
      {"page=1", ""},
      {"page=%20+10", ""},
      {"page=1_0", ""},
      {"page=x&page=2", ""},
      {"page=2&page=x", std::string("query.page") + no_integer_value},
      {"page=", std::string("query.page") + no_integer_value},
      {"page", std::string("query.page") + no_integer_value},
      {"page=-1",
       "query.page: value_error.number.not_ge: ensure this value is greater than or equal to 0 {\"limit_value\":0}"},
      {"p%61ge=x", std::string("query.page") + no_integer_value},
      {"page=%", std::string("query.page") + no_integer_value},
      {"text=%C3%A9%C3%A9", ""},
      {"text=%C3%A9",
       "query.text: value_error.any_str.min_length: ensure this value has at least 2 characters {\"limit_value\":2}"},
      {"text=+%2B", ""},
      {"text=%zz", ""},
      {"free=%FF%00", ""},
      {"available=true", ""},
      {"available=OFF", ""},
      {"available=1", ""},
      {"available=2", "query.available: type_error.bool: value could not be parsed to a boolean"},
      {"available=", "query.available: type_error.bool: value could not be parsed to a boolean"},
      {"ids=1&ids=2", ""},
      {"ids=1&ids=x&ids=3", std::string("query.ids.1") + no_integer_value},
      {"ids=1,2", std::string("query.ids.0") + no_integer_value},
      {"csv=1,2", ""},
      {"csv=1%2C2", ""},
      {"csv=1,x", std::string("query.csv.1") + no_integer_value},
      {"csv=1,2,3,4",
       "query.csv: value_error.list.max_items: ensure this value has at most 3 items {\"limit_value\":3}"},
      {"csv=x&csv=1", ""},
      {"ssv=1%202+3", ""},
      {"ssv=1%20x", std::string("query.ssv.1") + no_integer_value},
      {"psv=1|2%7C3", ""},
      {"psv=1|x", std::string("query.psv.1") + no_integer_value},
      {"many=1&many=2", ""},
      {"many=1|2", std::string("query.many.0") + no_integer_value},
      {"from=1&to=2", ""},
      {"from=x", std::string("query.range.from") + no_integer_value},
      {"to=2", "query.range.from: value_error.missing: field required"},
      {"flat=R,1,G,2", ""},
      {"flat=R,x", std::string("query.flat.R") + no_integer_value},
      {"flat=R,1,B,2", "query.flat.B: value_error.extra: extra fields not permitted"},
      {"filter[year]=1999&filter%5Btags%5D=a&filter[tags]=b", ""},
      {"filter[year]=x", std::string("query.filter.year") + no_integer_value},
      {"filter[other]=x", "query.filter.other: value_error.extra: extra fields not permitted"},
      {"filter[tags]=a&filter[tags]=c",
       "query.filter.tags.1: value_error.const: unexpected value; permitted: 'a', 'b' "
       "{\"given\":\"c\",\"permitted\":[\"a\",\"b\"]}"},
      {"filter=1&filter[=2&filter[]=3&filterx[year]=x", ""},
      {"where=%7B%22field%22:%22x%22%7D", ""},
      {"where={}", "query.where.field: value_error.missing: field required"},
      {"where={",
       "query.where: value_error.jsondecode: Expecting property name enclosed in double quotes: line 1 column 2 "
       "(char 1) {\"colno\":2,\"lineno\":1,\"msg\":\"Expecting property name enclosed in double quotes\",\"pos\":1}"},
      {"sort=year", ""},
      {"sort=Year",
       "query.sort: type_error.enum: value is not a valid enumeration member; permitted: 'title', 'year' "
       "{\"enum_values\":[\"title\",\"year\"]}"},
      {"wrapped=1&wrapped=x", std::string("query.wrapped.1") + no_integer_value},
      {"flag", ""},
      {"flag=", ""},
      {"flag=7", ""},
      {"flag=x", std::string("query.flag") + no_integer_value},
  }));
  CAPTURE(query);
  CHECK(check_request(api(), {"GET /lib/books?" + query}) == (line.empty() ? nothing : Lines{line}));
}

TEST_CASE("header parameters are read whatever their case, lists over all their lines") {
  const auto [headers, line] = GENERATE(table<Headers, std::string>({
      {Headers{}, ""},
      {{{"x-COUNT", "12"}}, ""},
      {{{"x-count", "x"}}, std::string("header.X-Count") + no_integer_value},
      {{{"X-Count", "1"}, {"X-Count", "x"}}, ""},
      {{{"X-Counts", "x"}}, ""},
      {{{"X-Ids", "1, 2 ,3"}, {"x-ids", " 4,"}}, ""},
      {{{"X-Ids", "1, 2"}, {"x-ids", "x"}}, std::string("header.X-Ids.2") + no_integer_value},
      {{{"X-Ids", ""}}, ""},
      {{{"X-Color", "R=1,G=2"}}, ""},
      {{{"X-Color", "R=1,G=x"}}, std::string("header.X-Color.G") + no_integer_value},
      {{{"X-Text", "[1]"}}, ""},
      {{{"X-Text", "{}"}}, "header.X-Text: type_error.list: value is not a valid list"},
      {{{"Accept", "text/html"}, {"Authorization", "x"}, {"Content-Type", "x"}}, ""},
  }));
  CAPTURE(headers);
  CHECK(check_request(api(), {"GET /lib/books/123", headers}) == (line.empty() ? nothing : Lines{line}));
}

TEST_CASE("path parameters are checked decoded") {
  CHECK(check_request(api(), {"GET /lib/books/%31%32%33"}) == nothing);
  CHECK(
      check_request(api(), {"GET /lib/books/12"}) ==
      Lines{R"(path.isbn: value_error.str.regex: string does not match regex "^[0-9]{3}$" {"pattern":"^[0-9]{3}$"})"});
  CHECK(check_request(api(), {"GET /lib/shelves/1,2/R,1/R=1"}) == nothing);
  CHECK(check_request(api(), {"GET /lib/shelves/x/R,y/R=z"}) ==
        Lines{R"(path.numbers: value_error.list.min_items: ensure this value has at least 2 items {"limit_value":2})",
              std::string("path.color.R") + no_integer_value, std::string("path.spread.R") + no_integer_value});
}

const Headers batch{{"X-Batch", "12345678-1234-5678-1234-567812345678"}};

Request add_book(const std::string& body, const std::optional<std::string>& content_type) {
  Request request{"POST /lib/books?dry=1", batch, body};
  if (content_type) request.headers.emplace_back("Content-Type", *content_type);
  return request;
}

TEST_CASE("a body is read by its content type") {
  using Type = std::optional<std::string>;
  const auto [type, body, problems] = GENERATE(table<Type, std::string, Lines>({
      {"application/json", R"({"title":"T","tags":[]})", {}},
      {"Application/JSON; charset=utf-8", R"({"title":"T","tags":[]})", {}},
      {"application/json;charset=\"utf-8\"",
       R"({"title":"","tags":["toolong"]})",
       {R"(body.title: value_error.any_str.min_length: ensure this value has at least 1 characters {"limit_value":1})",
        R"(body.tags.0: value_error.any_str.max_length: ensure this value has at most 5 characters {"limit_value":5})"}},
      {std::nullopt, R"({"title":"T"})", {"body.tags: value_error.missing: field required"}},
      {"application/vnd.book+json", R"({"title":"T"})", {"body.tags: value_error.missing: field required"}},
      {"application/x-www-form-urlencoded", "title=T&tags=a&tags=b&year=+7", {}},
      {"application/x-www-form-urlencoded",
       "title=%54&title=&year=x&tags=toolong",
       {"body.title: value_error.missing: field required",
        "body.year: type_error.integer: value is not a valid integer",
        R"(body.tags.0: value_error.any_str.max_length: ensure this value has at most 5 characters {"limit_value":5})"}},
      {"text/plain", "hello", {"415 Unsupported Media Type: send application/json, application/x-www-form-urlencoded"}},
      {"", R"({"title":"T"})", {"body.tags: value_error.missing: field required"}},
      {"nonsense", "{}", {"415 Unsupported Media Type: send application/json, application/x-www-form-urlencoded"}},
      {"multipart/form-data; boundary=x",
       "--x--",
       {"415 Unsupported Media Type: send application/json, application/x-www-form-urlencoded"}},
      {"application/json", "", {"body: value_error.missing: field required"}},
      {"text/plain", "", {"body: value_error.missing: field required"}},
      {"application/json", "null", {"body: value_error.missing: field required"}},
      {"application/json", " null ", {"body: value_error.missing: field required"}},
      {"application/json",
       "[]",
       {"body.title: value_error.missing: field required", "body.tags: value_error.missing: field required"}},
      {"application/json", "[[]]", {"body: type_error.dict: value is not a valid dict"}},
      {"application/json", "\"x\"", {"body: type_error.dict: value is not a valid dict"}},
      {"application/json",
       "  ",
       {R"(body.2: value_error.jsondecode: Expecting value: line 1 column 3 (char 2) )"
        R"({"colno":3,"lineno":1,"msg":"Expecting value","pos":2})"}},
  }));
  CAPTURE(type.value_or("none"), body);
  CHECK(check_request(api(), add_book(body, type)) == problems);
}

TEST_CASE("an optional body may be absent, but not wrong") {
  const Headers patch{{"Content-Type", "application/merge-patch+json"}};
  CHECK(check_request(api(), {"PATCH /lib/books/123"}) == nothing);
  CHECK(check_request(api(), {"PATCH /lib/books/123", patch}) == nothing);
  CHECK(check_request(api(), {"PATCH /lib/books/123", patch, "null"}) == nothing);
  CHECK(check_request(api(), {"PATCH /lib/books/123", patch, R"({"title": null})"}) == nothing);
  CHECK(
      check_request(api(), {"PATCH /lib/books/123", patch, R"({"title": "long", "x": 1})"}) ==
      Lines{
          R"(body.title: value_error.any_str.max_length: ensure this value has at most 3 characters {"limit_value":3})",
          "body.x: value_error.extra: extra fields not permitted"});
  CHECK(check_request(api(), {"PATCH /lib/books/123", {{"Content-Type", "application/json"}}, "{}"}) ==
        Lines{"415 Unsupported Media Type: send application/merge-patch+json"});
  CHECK(check_request(api(), {"PUT /lib/books/123", {}, "null"}) == nothing);
  CHECK(check_request(api(), {"PUT /lib/books/123", {}, "{}"}) ==
        Lines{"body.title: value_error.missing: field required"});
}

TEST_CASE("a body of a type that can't be read passes, and of a range what it says it is") {
  CHECK(check_request(api(), {"PUT /lib/covers", {{"Content-Type", "image/png"}}, "\x89PNG"}) == nothing);
  CHECK(check_request(api(), {"PUT /lib/covers", {{"Content-Type", "text/csv"}}, "a,b"}) == nothing);
  CHECK(check_request(api(), {"PUT /lib/covers", {{"Content-Type", "image/gif"}}, "GIF"}) ==
        Lines{"415 Unsupported Media Type: send image/png, text/*"});
  CHECK(check_request(api(), {"PUT /lib/covers", {}, "anything"}) == nothing);
  CHECK(check_request(api(), {"POST /lib/covers", {{"Content-Type", "image/gif"}}, "GIF"}) == nothing);
  CHECK(check_request(api(), {"POST /lib/covers", {{"Content-Type", "application/json"}}, R"({"n":"x"})"}) ==
        Lines{std::string("body.n") + no_integer_value});
  CHECK(check_request(api(), {"POST /lib/covers", {{"Content-Type", "application/x-www-form-urlencoded"}}, "n=x"}) ==
        Lines{std::string("body.n") + no_integer_value});
  CHECK(check_request(api(), {"POST /lib/covers", {}, R"({"n":1})"}) == nothing);
}

TEST_CASE("a body that an operation doesn't declare is refused, and an empty one is none") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a:
    get: {operationId: get, responses: {}}
    head: {operationId: head, responses: {}}
    delete: {operationId: delete, responses: {}}
    trace: {operationId: trace, responses: {}}
    options: {operationId: options, responses: {}}
    post: {operationId: post, responses: {}}
    put: {operationId: put, responses: {}}
    patch: {operationId: patch, responses: {}}
)");
  const auto [method, status] = GENERATE(table<std::string, std::string>({
      {"GET", "400"},
      {"HEAD", "400"},
      {"DELETE", "400"},
      {"TRACE", "400"},
      {"OPTIONS", "415"},
      {"POST", "415"},
      {"PUT", "415"},
      {"PATCH", "415"},
  }));
  CAPTURE(method);
  const Headers json{{"Content-Type", "application/json"}};
  CHECK(check_request(*api, {method + " /a", json, "{}"}) == Lines{status + " This operation takes no body"});
  CHECK(check_request(*api, {method + " /a", {}, " "}) == Lines{status + " This operation takes no body"});
  CHECK(check_request(*api, {method + " /a", json}) == nothing);
}

std::string refused(const std::string& content_type, std::string_view content_encoding = "") {
  static const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a:
    post:
      operationId: a
      requestBody: {content: {application/json: {}, text/plain: {}, 'image/*': {}, application/x-www-form-urlencoded: {}}}
      responses: {}
)");
  const auto refusal = api->find("a")->refusal_of(
      {.has_body = true, .content_type = content_type, .content_encoding = content_encoding});
  if (!refusal) return "passes";
  return std::to_string(refusal->status) + (refusal->accepted_media_types.empty() ? "" : " Accept") +
         (refusal->wants_identity ? " identity" : "");
}

TEST_CASE("a body whose type several parsers read differently is refused") {
  const auto [content_type, verdict] = GENERATE(table<std::string, std::string>({
      {"application/json", "passes"},
      {"", "passes"},
      {"application/json;", "passes"},
      {"application/json; charset=utf-8", "passes"},
      {"application/json ; CHARSET=\"UTF-8\"", "passes"},
      {"application/json; charset=utf8; x=y", "passes"},
      {"application/json; x=\"a,b;charset=utf-7\"", "passes"},
      {"application/json; charset=utf-7", "415 Accept"},
      {"application/json;charset = 'utf-7'", "415 Accept"},
      {"application/json; x=y; charset=\"utf\\-16\"", "415 Accept"},
      {"application/json; charset=iso-8859-1", "415 Accept"},
      {"application/json; charset=", "415 Accept"},
      {"application/json; charset*=utf-8''utf-7", "415 Accept"},
      {"application/json; charset*0=utf; charset*1=-7", "400"},
      {"application/json; charset=utf-8; charset=utf-7", "400"},
      {"application/json; charset=\"utf-8", "400"},
      {"text/plain, application/json", "400"},
      {"application/json, application/json", "400"},
      {"application/json, ", "400"},
      {"application/json; x=y, text/plain", "400"},
      {"application/x-www-form-urlencoded; charset=utf-16", "415 Accept"},
      {"application/x-www-form-urlencoded", "passes"},
      {"text/plain; charset=iso-8859-1", "passes"},
      {"image/png", "passes"},
      {"text/html", "415 Accept"},
      {"application/vnd.api+json; charset=utf-16", "415 Accept"},
  }));
  CAPTURE(content_type);
  CHECK(refused(content_type) == verdict);
}

TEST_CASE("a body that is read takes no content coding") {
  CHECK(refused("application/json", "gzip") == "415 identity");
  CHECK(refused("", "br") == "415 identity");
  CHECK(refused("application/json", "identity, gzip") == "415 identity");
  CHECK(refused("application/x-www-form-urlencoded", "x-gzip") == "415 identity");
  CHECK(refused("application/json", "identity") == "passes");
  CHECK(refused("application/json", " , ") == "passes");
  CHECK(refused("text/plain", "gzip") == "passes");
}

TEST_CASE("what is checked once and sent twice is refused, where repetition is") {
  constexpr const char* scalars = R"(
openapi: 3.0.2
paths:
  /a:
    post:
      operationId: a
      parameters:
        - {name: n, in: query, schema: {type: integer}}
        - {name: list, in: query, schema: {type: array, items: {type: integer}}}
        - {name: csv, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: deep, in: query, style: deepObject, schema: {type: object, properties: {x: {type: integer}, l: {type: array, items: {type: string}}}}}
        - {name: flat, in: query, explode: false, schema: {type: object, properties: {x: {type: integer}}}}
        - {name: spread, in: query, schema: {type: object, properties: {s: {type: integer}}}}
        - {name: json, in: query, content: {application/json: {schema: {type: object}}}}
        - {name: X-One, in: header, schema: {type: integer}}
        - {name: X-Many, in: header, schema: {type: array, items: {type: integer}}}
      requestBody:
        content:
          application/json: {schema: {type: object}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {x: {type: integer}, l: {type: array, items: {type: string}}}}
      responses: {}
)";
  static const auto strict = Contract::compile(*document(scalars), {.coercion = Coercion::none}).contract;
  static const auto lenient = contract(scalars);
  struct Case {
    std::string query;
    Headers headers;
    bool is_form;
    std::string body;
    std::string twice;  // what stands twice; empty: nothing
  };
  const Case request = GENERATE(values<Case>({
      {"n=1&n=2", {}, false, "", "query.n"},
      {"n=1&%6e=1", {}, false, "", "query.n"},
      {"n=1&n=2&n=3", {}, false, "", "query.n"},
      {"csv=1&csv=2,3", {}, false, "", "query.csv"},
      {"deep[x]=1&deep[x]=2", {}, false, "", "query.deep.x"},
      {"flat=x,1,x,2", {}, false, "", "query.flat.x"},
      {"s=1&s=2", {}, false, "", "query.spread.s"},
      {"json={}&json={}", {}, false, "", "query.json"},
      {"json={\"a\":1,\"a\":2}", {}, false, "", "query.json.a"},
      {"", {{"X-One", "1"}, {"X-One", "2"}}, false, "", "header.X-One"},
      {"", {}, false, R"({"a":1,"a":2})", "body.a"},
      {"", {}, false, R"({"b":[0,{"c":1,"\u0063":2}]})", "body.b.1.c"},
      {"",
       {},
       false,
       R"({"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"12":0,"13":0,"x":{"y":1,"y":2}})",
       "body.x.y"},
      {"", {}, true, "x=1&x=2", "body.x"},
      {"list=1&list=2&a=1&a=2", {{"X-Many", "1"}, {"X-Many", "2"}}, false, R"({"a":1,"b":{"a":1}})", ""},
      {"deep[l]=1&deep[l]=2&csv=1,2", {}, true, "l=1&l=2&y=1&y=2", ""},
  }));
  CAPTURE(request.query, request.body);
  Headers headers = request.headers;
  headers.emplace_back("Content-Type", request.is_form ? "application/x-www-form-urlencoded" : "application/json");
  const Lines told =
      request.twice.empty() ? nothing : Lines{request.twice + ": value_error.repeated: stands here more than once"};
  CHECK(check_request(*strict, {"POST /a?" + request.query, headers, request.body}) == told);
  CHECK(check_request(*lenient, {"POST /a?" + request.query, headers, request.body}) == nothing);
}

TEST_CASE("all errors of a request are told at once: path, query, header, body") {
  CHECK(check_request(api(), {"GET /lib/books?page=x&available=x&ids=x"}) ==
        Lines{std::string("query.page") + no_integer_value,
              "query.available: type_error.bool: value could not be parsed to a boolean",
              std::string("query.ids.0") + no_integer_value});
  CHECK(check_request(api(), {"POST /lib/books", {{"X-Batch", "x"}}, R"({"title":1,"tags":{},"year":"x"})"}) ==
        Lines{"query.dry: value_error.missing: field required",
              "header.X-Batch: type_error.uuid: value is not a valid uuid",
              "body.year: type_error.integer: value is not a valid integer",
              "body.tags: type_error.list: value is not a valid list"});
  CHECK(check_request(api(), {"POST /lib/books", {{"Content-Type", "text/plain"}}, "x"}) ==
        Lines{"415 Unsupported Media Type: send application/json, application/x-www-form-urlencoded"});
  CHECK(check_request(api(), {"GET /lib/books/1", {{"X-Count", "x"}}}).size() == 2);
}

TEST_CASE("a body alone is checked as JSON") {
  const Operation& add = *api().find("addBook");
  CHECK(lines(api().validate_body(add, R"({"title":"T","tags":[]})")) == nothing);
  CHECK(lines(api().validate_body(add, "")) == Lines{"body: value_error.missing: field required"});
  CHECK(lines(api().validate_body(add, "{}")) ==
        Lines{"body.title: value_error.missing: field required", "body.tags: value_error.missing: field required"});
  CHECK(api().validate_body(*api().find("getBook"), "{").empty());
  CHECK(api().validate_body(*api().find("changeBook"), "").empty());
  CHECK(api().validate_body(*api().find("putCover"), "{").empty());
}

TEST_CASE("responses are checked strictly, where the document describes them") {
  using Check = std::tuple<std::string, int, std::string, std::string, std::string>;
  const auto [operation, status, type, body, line] = GENERATE(values<Check>({
      {"addBook", 201, "application/json", R"({"id":1,"title":"T","tags":[]})", ""},
      {"addBook", 201, "application/json; charset=utf-8", R"({"id":"1","title":"T","tags":[]})",
       std::string("body.id") + no_integer_value},
      {"addBook", 201, "application/json", R"({"title":"T","tags":[]})",
       "body.id: value_error.missing: field required"},
      {"addBook", 200, "application/json", "{", ""},
      {"addBook", 201, "text/html", "<", ""},
      {"addBook", 201, "application/problem+json", R"({"title":"out of shelves"})", ""},
      {"addBook", 201, "", "<", ""},
      {"searchBooks", 200, "application/json", R"([{"id":1,"title":"T","tags":[]}])", ""},
      {"searchBooks", 200, "application/json", R"([{"id":1,"title":"T","tags":[],"year":null}])",
       "body.0.year: type_error.none.not_allowed: none is not an allowed value"},
      {"searchBooks", 200, "application/json", R"({})", "body: type_error.list: value is not a valid list"},
      {"searchBooks", 404, "application/problem+json", "{}", "body.title: value_error.missing: field required"},
      {"searchBooks", 404, "application/json", "{}", ""},
      {"searchBooks", 500, "application/json", "{}", "body.oops: value_error.missing: field required"},
      {"searchBooks", 500, "text/html", "<html>", ""},
      {"searchBooks", 302, "application/vnd.x+json", "{}", "body.oops: value_error.missing: field required"},
      {"getBook", 200, "application/json", "{", ""},
      {"searchBooks", 200, "application/json", "[",
       "body.1: value_error.jsondecode: Expecting value: line 1 column 2 (char 1) "
       R"({"colno":2,"lineno":1,"msg":"Expecting value","pos":1})"},
  }));
  CAPTURE(operation, status, type, body);
  CHECK(lines(api().validate_response(*api().find(operation), status, type, body)) ==
        (line.empty() ? nothing : Lines{line}));
}

TEST_CASE("the body of a 422 has the form that FastAPI gives it") {
  const auto route = api().match("POST", "/lib/books");
  const std::vector<std::pair<std::string_view, std::string_view>> headers{{"X-Batch", batch.front().second}};
  const auto violations =
      api().validate_request({route.match, "dry=\xff", headers, std::nullopt, R"({"title":"","tags":[1,[]]})"});
  CHECK(validation_error_body(violations) ==
        R"({"detail":[{"loc":["query","dry"],"msg":"value could not be parsed to a boolean","type":"type_error.bool"},)"
        R"({"loc":["body","title"],"msg":"ensure this value has at least 1 characters",)"
        R"("type":"value_error.any_str.min_length","ctx":{"limit_value":1}},)"
        R"({"loc":["body","tags",1],"msg":"str type expected","type":"type_error.str"}]})");
  CHECK(validation_error_body({}) == R"({"detail":[]})");
  const Violation binary{{std::string("query"), std::string("\xff")}, "\xfe", "t", {{"given", "\xc3"}}};
  CHECK(validation_error_body(std::span(&binary, 1)) ==
        "{\"detail\":[{\"loc\":[\"query\",\"\ufffd\"],\"msg\":\"\ufffd\",\"type\":\"t\",\"ctx\":{\"given\":\"\ufffd\"}}"
        "]}");
}

}  // namespace
}  // namespace pgw::contract::test
