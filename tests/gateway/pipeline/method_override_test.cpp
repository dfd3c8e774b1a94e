// A request stays the method that it was checked as.
#include "gateway/pipeline/method_override.h"

#include <string>
#include <string_view>
#include <tuple>

#include "gateway/pipeline/contracts.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;

namespace {

constexpr std::string_view overriding_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /plain:
    get: {operationId: read, responses: {'200': {description: ok}}}
    post:
      operationId: write
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {type: string}}}}
          application/json: {schema: {type: object, properties: {a: {type: string}}}}
      responses: {'200': {description: ok}}
  /declaring:
    post:
      operationId: declaring
      parameters:
        - {name: _method, in: query, schema: {type: string}}
        - {name: method, in: query, schema: {type: string}}
      requestBody:
        content:
          application/x-www-form-urlencoded: {schema: {type: object, properties: {_method: {type: string}}}}
          application/json: {schema: {allOf: [{type: object, properties: {_method: {type: string}}}]}}
      responses: {'200': {description: ok}}
)";

constexpr std::string_view form_type = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
constexpr std::string_view parts_type = "multipart/form-data; boundary=x";

std::string part(std::string_view disposition) {
  return "--x\r\n" + std::string(disposition) + "\r\n\r\nPUT\r\n--x--\r\n";
}

}  // namespace

TEST_CASE("a query and a form lose every spelling of an override of the method, and nothing else") {
  const auto contract = test::contract_of(overriding_api);
  const auto& operation = *contract->find("write");
  const auto [pairs, kept] = GENERATE(table<std::string, std::string>({
      {"_method=DELETE", ""},
      {"a=1&_method=DELETE&b=%2F", "a=1&b=%2F"},
      {"%5Fmethod=PUT&a", "a"},
      {"a&_m%65thod", "a"},
      {"_METHOD=PUT&a=1", "a=1"},
      {"_method%5B%5D=PUT&a=1", "a=1"},
      {"_method[x]=PUT&a=1", "a=1"},
      {"%5B_method%5D=PUT&a=1", "a=1"},
      {"]_method=PUT&a=1", "a=1"},
      {".method=PUT&a=1", "a=1"},
      {"+_method=PUT&a=1", "a=1"},
      {"_method%00x=PUT&a=1", "a=1"},
      {"a=1;_method=PUT&b=2", "a=1&b=2"},
      {"a=1;_method=PUT;b=2", "a=1;b=2"},
      {"a&_method=PUT;b", "a&b"},
      {"X-HTTP-Method-Override=PUT&a=1", "a=1"},
      {"a=1&x-http-method=PUT", "a=1"},
      {"a=1&x-tunneled-method=PUT", "a=1"},
  }));
  CAPTURE(pairs);
  CHECK(without_method_override(pairs, operation) == kept);
  CHECK(without_method_override(form_type, pairs, operation).form == kept);
  for (const auto* const other :
       {"method=x&x_method=1&a=_method", "a;b=%5F", "_methods=PUT", "a.method=1", "-method=1"}) {
    CAPTURE(other);
    CHECK(without_method_override(other, operation) == std::nullopt);
    CHECK_FALSE(without_method_override(form_type, other, operation).form);
  }
}

TEST_CASE("a parameter called method is an override of POST, if it says a method") {
  const auto contract = test::contract_of(overriding_api);
  CHECK(without_method_override("method=delete&a=1", *contract->find("write")) == "a=1");
  CHECK(without_method_override("method=card", *contract->find("write")) == std::nullopt);
  CHECK(without_method_override("method=delete", *contract->find("read")) == std::nullopt);
  CHECK(without_method_override("method=delete", *contract->find("declaring")) == std::nullopt);
}

TEST_CASE("what the document declares stays, as it is spelt there") {
  const auto contract = test::contract_of(overriding_api);
  const auto& operation = *contract->find("declaring");
  CHECK(without_method_override("_method=x&a", operation) == std::nullopt);
  CHECK(without_method_override("_method=x&.method=DELETE", operation) == "_method=x");
  CHECK_FALSE(without_method_override(form_type, "_method=x", operation).form);
  CHECK_FALSE(without_method_override("application/json", R"({"_method": "PUT"})", operation).refused);
}

TEST_CASE("a multipart body with a part of such a name is refused, however the name is written") {
  const auto contract = test::contract_of(overriding_api);
  const auto& operation = *contract->find("write");
  const auto* const refused = GENERATE(
      R"(Content-Disposition: form-data; name="_method")", R"(content-disposition:form-data;NAME=_method)",
      R"(Content-Disposition: form-data; name = "_METHOD"; x=1)", R"(Content-Disposition: form-data; name='_method')",
      R"(Content-Disposition: form-data; name="_m\ethod")", R"(Content-Disposition: form-data; name="%5Fmethod")",
      R"(Content-Disposition: form-data; name=".method")", "Content-Disposition: form-data;\r\n name=\"_method\"",
      R"(Content-Disposition: form-data; filename="a"; name="_method[]")",
      R"(Content-Disposition: form-data; name*=utf-8''_method)",
      R"(Content-Disposition: form-data; name*0="_met"; name*1="hod")");
  CAPTURE(refused);
  CHECK(without_method_override(parts_type, part(refused), operation).refused);
  CHECK(without_method_override("Multipart/Mixed; boundary=x", part(refused), operation).refused);
  const auto* const taken =
      GENERATE(R"(Content-Disposition: form-data; name="a"; filename="_method")",
               R"(Content-Disposition: form-data; name="a"; filename*=utf-8''_method)",
               R"(Content-Disposition: form-data; name="the_method_x")", "X-Other: name=\"_method\"");
  CAPTURE(taken);
  CHECK_FALSE(without_method_override(parts_type, part(taken), operation).refused);
}

TEST_CASE("a JSON object with such a member is refused, deeper ones are data") {
  const auto contract = test::contract_of(overriding_api);
  const auto& operation = *contract->find("write");
  CHECK(without_method_override("application/json", R"({"a": 1, "_method": "PUT"})", operation).refused == "_method");
  CHECK(without_method_override("Application/Vnd.A+JSON", R"({"\u005fmeth\u006fd": "PUT"})", operation).refused);
  CHECK(without_method_override("text/json", R"({"_method": 1, "_method": 2})", operation).refused);
  CHECK_FALSE(without_method_override("application/json", R"({"a": {"_method": "PUT"}})", operation).refused);
  CHECK_FALSE(without_method_override("application/json", R"([{"_method": "PUT"}])", operation).refused);
  CHECK_FALSE(without_method_override("application/json", R"({"method": "PUT", ".method": 1})", operation).refused);
  CHECK_FALSE(without_method_override("application/json", R"({"_method": )", operation).form);
  CHECK_FALSE(without_method_override("text/plain", "_method=PUT", operation).form);
}

TEST_CASE("an override is found in a multipart body that comes piece by piece, wherever the pieces meet") {
  const auto contract = test::contract_of(overriding_api);
  const auto& operation = *contract->find("write");
  const std::string body =
      part("Content-Disposition: form-data; name=\"a\"") + part("Content-Disposition: form-data;\r\n name=\"_method\"");
  for (std::size_t size = 1; size <= body.size(); ++size) {
    CAPTURE(size);
    MultipartOverride search(parts_type, operation);
    bool is_found = false;
    for (std::size_t at = 0; at < body.size(); at += size) {
      is_found = search.find_in(std::string_view(body).substr(at, size)) || is_found;
    }
    CHECK(is_found);
  }
  CHECK_FALSE(MultipartOverride("application/octet-stream", operation).find_in(body));
  MultipartOverride without_lines(parts_type, operation);
  CHECK_FALSE(without_lines.find_in("Content-Disposition: " + std::string(100'000, 'x')));
  CHECK(without_lines.find_in(body));
}
