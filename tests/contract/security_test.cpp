#include <string>
#include <vector>

#include "contract/support.h"
#include "support/catch.h"

using namespace pgw::contract;

namespace {

const std::string& document_text() {
  static const std::string text = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /v4}]
security: [{token: []}]
paths:
  /things:
    parameters: [{name: X_Tenant, in: header, schema: {type: string}}, {name: _method, in: query, schema: {type: string}}]
    get: {operationId: list, responses: {'200': {description: ok, content: {application/json: {schema: {type: array}}}}}}
    post:
      operationId: make
      security: [{session: [], key: []}, {token: []}]
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {_method: {type: string}}}}}}
      responses: {'200': {description: ok, content: {application/json: {}, text/event-stream: {schema: {type: string}}}}}
  /open:
    get: {operationId: open, security: [], responses: {'200': {description: ok}}}
components:
  securitySchemes:
    token: {type: apiKey, in: header, name: X-Auth-Token}
    session: {type: apiKey, in: cookie, name: session}
    key: {type: apiKey, in: query, name: api_key}
    alias: {$ref: '#/components/securitySchemes/token'}
    bearer: {type: http, scheme: bearer}
    tls: {type: mutualTLS}
    broken: {type: apiKey, in: body, name: x}
    odd: 7
)";
  return text;
}

}  // namespace

TEST_CASE("a contract tells where its clients put credentials of their own") {
  const auto contract = test::contract(document_text());
  std::vector<std::string> schemes;
  for (const auto& scheme : contract->security_schemes()) {
    schemes.push_back(scheme.name + " " + std::to_string(static_cast<int>(scheme.in)) + " " + scheme.parameter);
  }
  CHECK(schemes == std::vector<std::string>{"alias 0 X-Auth-Token", "bearer 0 Authorization", "key 1 api_key",
                                            "session 2 session", "token 0 X-Auth-Token"});
}

TEST_CASE("an operation's security requirements replace those of the document") {
  const auto contract = test::contract(document_text());
  CHECK(contract->find("list")->security() == std::vector<std::string>{"token"});
  CHECK(contract->find("make")->security() == std::vector<std::string>{"key", "session", "token"});
  CHECK(contract->find("open")->security().empty());
}

TEST_CASE("an operation tells which names it declares") {
  const auto contract = test::contract(document_text());
  const Operation& list = *contract->find("list");
  const Operation& make = *contract->find("make");
  CHECK(list.header_names() == std::vector<std::string>{"X_Tenant"});
  CHECK(list.declares_query("_method"));
  CHECK_FALSE(list.declares_query("x"));
  CHECK(make.declares_member("_method"));
  CHECK_FALSE(list.declares_member("_method"));
  CHECK(list.assumed_media_type().empty());
  CHECK(make.assumed_media_type() == "application/x-www-form-urlencoded");
}

TEST_CASE("a response without a schema is told from one that has one") {
  const auto contract = test::contract(document_text());
  const Operation& list = *contract->find("list");
  const Operation& make = *contract->find("make");
  CHECK(contract->has_response_schema(list, 200, "application/json; charset=utf-8"));
  CHECK_FALSE(contract->has_response_schema(list, 404, "application/json"));
  CHECK_FALSE(contract->has_response_schema(list, 200, "text/event-stream"));
  CHECK_FALSE(contract->has_response_schema(make, 200, "application/json"));
  CHECK_FALSE(contract->has_response_schema(make, 200, "text/event-stream"));
  CHECK_FALSE(contract->has_response_schema(*contract->find("open"), 200, ""));
}
