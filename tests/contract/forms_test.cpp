// Forms and deepObject parameters: how a document says that members are written, and what is told of them.
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* orders = R"(
openapi: 3.0.3
paths:
  /orders:
    get:
      operationId: findOrders
      parameters:
        - name: filter
          in: query
          style: deepObject
          explode: true
          schema:
            type: object
            additionalProperties: false
            required: [state]
            properties:
              state: {type: string, enum: [open, paid]}
              total: {type: integer, minimum: 1}
              tags: {type: array, maxItems: 2, items: {type: string}}
              range: {type: object, properties: {from: {type: integer}}}
      responses: {}
    post:
      operationId: addOrder
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              additionalProperties: false
              properties:
                id: {type: integer}
                each: {type: array, items: {type: integer}}
                commas: {type: array, maxItems: 3, items: {type: integer}}
                spaces: {type: array, items: {type: integer}}
                pipes: {type: array, items: {type: integer}}
                card: {type: object, required: [number], properties: {number: {type: string, maxLength: 4}, year: {type: integer}}}
                expand: {type: array, items: {type: string}}
                meta: {type: object, required: [a], properties: {a: {type: integer}}}
                odd: {type: string}
            encoding:
              each: {style: form, explode: true}
              commas: {style: form, explode: false}
              spaces: {style: spaceDelimited}
              pipes: {style: pipeDelimited, explode: false}
              card: {style: deepObject, explode: true}
              expand: {style: deepObject, explode: true}
              meta: {contentType: application/json}
              odd: {contentType: application/xml}
      responses: {}
)";

const Contract& order_api() {
  static const auto strict = contract(orders, Coercion::none);
  return *strict;
}

TEST_CASE("the members of a deepObject parameter are checked one by one") {
  const auto [query, told] = GENERATE(table<std::string, Lines>({
      {"", {}},
      {"filter[state]=open&filter[total]=3&filter[tags]=a&filter[tags]=b", {}},
      {"filter%5Bstate%5D=paid", {}},
      {"filter[state]=open&filter[range][from]=x&filter[range][to]=y", {}},
      {"filter[total]=3", {"query.filter.state: value_error.missing: field required"}},
      {"filter[state]=open&filter[total]=0",
       {"query.filter.total: value_error.number.not_ge: ensure this value is greater than or equal to 1 "
        R"({"limit_value":1})"}},
      {"filter[state]=open&filter[total]=x", {"query.filter.total: type_error.integer: value is not a valid integer"}},
      {"filter[state]=open&filter[tags]=a&filter[tags]=b&filter[tags]=c",
       {R"(query.filter.tags: value_error.list.max_items: ensure this value has at most 2 items {"limit_value":2})"}},
      {"filter[state]=open&filter[more]=1", {"query.filter.more: value_error.extra: extra fields not permitted"}},
      {"filter[state]=open&filter[state]=paid",
       {"query.filter.state: value_error.repeated: stands here more than once"}},
  }));
  CAPTURE(query);
  CHECK(check_request(order_api(), {"GET /orders?" + query}) == told);
}

TEST_CASE("the members of a form are read as its encoding says") {
  const auto [body, told] = GENERATE(table<std::string, Lines>({
      {"id=3&each=1&each=2&commas=1,2&spaces=1+2&pipes=1%7C2", {}},
      {"card[number]=1234&card[year]=2027&expand[]=a&expand[]=b&meta=%7B%22a%22:1%7D&odd=%3Ca/%3E", {}},
      {"expand[0]=a&expand[1][x]=b", {}},
      {"each=x", {"body.each.0: type_error.integer: value is not a valid integer"}},
      {"commas=1,x", {"body.commas.1: type_error.integer: value is not a valid integer"}},
      {"commas=1,2,3,4",
       {R"(body.commas: value_error.list.max_items: ensure this value has at most 3 items {"limit_value":3})"}},
      {"commas=1&commas=2", {"body.commas: value_error.repeated: stands here more than once"}},
      {"spaces=1+x", {"body.spaces.1: type_error.integer: value is not a valid integer"}},
      {"pipes=1|x", {"body.pipes.1: type_error.integer: value is not a valid integer"}},
      {"card[year]=2027", {"body.card.number: value_error.missing: field required"}},
      {"card[number]=12345",
       {"body.card.number: value_error.any_str.max_length: ensure this value has at most 4 characters "
        R"({"limit_value":4})"}},
      {"card[number]=1&card[number]=2", {"body.card.number: value_error.repeated: stands here more than once"}},
      {"meta={}", {"body.meta.a: value_error.missing: field required"}},
      {R"(meta={"a":1,"a":2})", {"body.meta.a: value_error.repeated: stands here more than once"}},
      {"meta=1&meta=2",
       {"body.meta: value_error.repeated: stands here more than once",
        "body.meta: type_error.dict: value is not a valid dict"}},
      {"meta=x",
       {R"(body.meta: value_error.jsondecode: Expecting value: line 1 column 1 (char 0) )"
        R"({"colno":1,"lineno":1,"msg":"Expecting value","pos":0})"}},
      {"more[x]=1", {"body.more[x]: value_error.extra: extra fields not permitted"}},
  }));
  CAPTURE(body);
  CHECK(check_request(order_api(), {"POST /orders", {{"Content-Type", "application/x-www-form-urlencoded"}}, body}) ==
        told);
}

TEST_CASE("members that can't be read are told of by name") {
  CHECK(
      problems_of(orders) ==
      Lines{"test.yaml:12:11: warning: the member 'range' is not checked, for it may have members of its own: OpenAPI "
            "says how those of a deepObject are written, and of none within them",
            "test.yaml:46:15: warning: this member is not checked: OpenAPI says how objects are written as deepObject, "
            "nothing else",
            "test.yaml:48:15: warning: this member is not checked, for it is of the type 'application/xml'"});
}

TEST_CASE("an encoding of a form that can't be is told of") {
  const std::string before =
      "openapi: 3.0.3\npaths: {/a: {post: {operationId: a, responses: {}, requestBody: {content: "
      "{application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: "
      "string}}}, encoding: ";
  CHECK(problems_of(before + "[]}}}}}}\n").at(0).ends_with("error: encoding must be an object"));
  CHECK(problems_of(before + "{a: 1}}}}}}}\n").at(0).ends_with("error: an encoding must be an object"));
  CHECK(problems_of(before + "{b: {style: form}}}}}}}}\n")
            .at(0)
            .ends_with("warning: the encoding of 'b' has no effect: the schema has no such property"));
  CHECK(problems_of(before + "{a: {style: matrix}}}}}}}}\n")
            .at(0)
            .ends_with("warning: this member is not checked, for 'matrix' is no style of such a member"));
}

}  // namespace
}  // namespace pgw::contract::test
