#include "gateway/pipeline/field_policy.h"

#include <string>
#include <string_view>
#include <vector>

#include "gateway/pipeline/contracts.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;

namespace {

constexpr std::string_view plain_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /r:
    parameters:
      - {name: X_Tenant, in: header, schema: {type: string}}
      - {name: X-Declared, in: header, schema: {type: string}}
      - {name: X-Forwarded-Host, in: header, schema: {type: string}}
      - {name: X_Api_Key, in: header, schema: {type: string}}
      - {name: Client-IP, in: header, schema: {type: string}}
    get: {operationId: r, responses: {'200': {description: ok}}}
    post:
      operationId: w
      requestBody: {content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: string}}}}}}
      responses: {'200': {description: ok}}
)";

constexpr std::string_view api_with_credentials = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /r:
    parameters: [{name: _method, in: query, schema: {type: string}}]
    get: {operationId: r, responses: {'200': {description: ok}}}
components:
  securitySchemes:
    session: {type: apiKey, in: cookie, name: session}
    token: {type: apiKey, in: header, name: X-Auth-Token}
    key: {type: apiKey, in: query, name: api_key}
)";

struct Given {
  std::string_view api = plain_api;
  bool callers_have_keys = true;
  std::string_view upstream_credential = "X-API-KEY";
  bool is_stored_by_rule = false;
  std::optional<std::vector<std::string>> listed = std::nullopt;
};

FieldPolicy policy(const Given& given) {
  const auto contract = test::contract_of(given.api);
  return FieldPolicy({.contract = *contract,
                      .operation = *contract->find("r"),
                      .callers_have_keys = given.callers_have_keys,
                      .upstream_credential = given.upstream_credential,
                      .is_stored_by_rule = given.is_stored_by_rule,
                      .listed = given.listed});
}

}  // namespace

TEST_CASE("what a client says of routing, of its address or identity ends here, declared or not") {
  const auto fields = policy({});
  const auto* const name = GENERATE(
      "X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "X-FORWARDED-PREFIX", "Forwarded", "X-Forwarded",
      "X-Remote-Group", "Remote-Groups", "X-Auth-Request-User", "X-Envoy-Original-Path", "X.Forwarded.For", "X-Real-IP",
      "X-Original-URL", "X-Original-Method", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method",
      "X-Method-Override", "Remote-User", "X-Remote-User", "True-Client-IP", "X-SSL-Client-Cert", "Proxy", "Via");
  CHECK(fields.role_of(name) == FieldRole::ends_here);
}

TEST_CASE("a name with '_' passes only as the document spells it, and never as the twin of one that ends here") {
  const auto fields = policy({});
  CHECK(fields.role_of("X_Tenant") == FieldRole::goes_on);
  CHECK(fields.role_of("x_tenant") == FieldRole::goes_on);
  CHECK(fields.role_of("X_Other") == FieldRole::ends_here);
  CHECK(fields.role_of("X_API_KEY") == FieldRole::ends_here);  // declared, and a twin of the credential's field
  CHECK(fields.role_of("X_Forwarded_For") == FieldRole::ends_here);
  CHECK(policy({.upstream_credential = "My_Key"}).role_of("My-Key") == FieldRole::ends_here);
}

TEST_CASE("a rarer name of an address is the document's to use") {
  CHECK(policy({}).role_of("Client-IP") == FieldRole::goes_on);
  CHECK(policy({.api = api_with_credentials}).role_of("Client-IP") == FieldRole::ends_here);
}

TEST_CASE("other fields go on") {
  const auto fields = policy({});
  const auto* const name = GENERATE("Accept", "X-Anything", "Idempotency-Key", "traceparent", "Cache-Control", "A");
  CHECK(fields.role_of(name) == FieldRole::goes_on);
}

TEST_CASE("a range and its condition never go upstream, other conditions where the cache has no part") {
  const auto fields = policy({});
  CHECK(fields.role_of("Range") == FieldRole::for_cache);
  CHECK(fields.role_of("If-Range") == FieldRole::for_cache);
  CHECK(fields.role_of("If-None-Match") == FieldRole::condition);
}

TEST_CASE("where a rule stores the answers, nothing undeclared shapes them") {
  const auto fields = policy({.is_stored_by_rule = true});
  const auto* const kept =
      GENERATE("Accept", "Accept-Language", "User-Agent", "traceparent", "tracestate", "X-Declared", "X_Tenant");
  CHECK(fields.role_of(kept) == FieldRole::goes_on);
  const auto* const dropped = GENERATE("X-Anything", "X-Host", "Accept-Charset", "Origin", "Prefer");
  CHECK(fields.role_of(dropped) == FieldRole::ends_here);
  CHECK(fields.role_of("Cache-Control") == FieldRole::for_cache);
  CHECK(fields.role_of("If-None-Match") == FieldRole::condition);
  CHECK_FALSE(fields.tells_host());
}

TEST_CASE("forward_fields narrows what goes on to a list, and lets a credential pass") {
  const auto fields = policy({.upstream_credential = "X-Secret", .listed = {{"X-Listed", "cookie", "X_Listed_Too"}}});
  CHECK(fields.role_of("x-listed") == FieldRole::goes_on);
  CHECK(fields.role_of("X_Listed_Too") == FieldRole::goes_on);
  CHECK(fields.role_of("Cookie") == FieldRole::credential);
  CHECK(fields.role_of("X-Other") == FieldRole::ends_here);
  CHECK(fields.role_of("Content-Type") == FieldRole::goes_on);
  CHECK(policy({.listed = {{"X-Forwarded-Host"}}}).role_of("X-Forwarded-Host") == FieldRole::ends_here);
}

TEST_CASE("a client's credential goes on only where a scheme of the document says so") {
  CHECK(policy({}).role_of("Cookie") == FieldRole::ends_here);
  const auto fields = policy({.api = api_with_credentials});
  CHECK(fields.role_of("Cookie") == FieldRole::credential);
  CHECK(fields.role_of("X-Auth-Token") == FieldRole::credential);
  CHECK(fields.has_credential_in("a=1&api%5Fkey=x"));
  CHECK_FALSE(fields.has_credential_in("a=api_key&b"));
}

TEST_CASE("keys of ours and the gateway's own credential stay here") {
  const auto with_keys = policy({});
  CHECK(with_keys.role_of("Authorization") == FieldRole::ends_here);
  CHECK(with_keys.role_of("X-API-KEY") == FieldRole::ends_here);
  const auto open = policy({.callers_have_keys = false});
  CHECK(open.role_of("Authorization") == FieldRole::credential);
  CHECK(open.role_of("X-API-KEY") == FieldRole::ends_here);
  const auto own = policy({.callers_have_keys = false, .upstream_credential = "Authorization"});
  CHECK(own.role_of("authorization") == FieldRole::ends_here);
}
