#include "gateway/pipeline/method_override.h"

#include <string>

#include "gateway/pipeline/contracts.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;

namespace {

constexpr std::string_view override_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /r: {get: {operationId: r, responses: {'200': {description: ok}}}}
  /w: {post: {operationId: w, requestBody: {content: {'*/*': {}}}, responses: {'200': {description: ok}}}}
  /d:
    get:
      operationId: d
      parameters: [{name: _method, in: query, schema: {type: string}}]
      responses: {'200': {description: ok}}
)";

}  // namespace

TEST_CASE("a query loses an override of the method that nobody declared, and nothing else") {
  const auto contract = test::contract_of(override_api);
  const auto& operation = *contract->find("r");
  auto [query, kept] = GENERATE(table<std::string, std::string>({
      {"_method=DELETE", ""},
      {"a=1&_method=DELETE&b=%2F", "a=1&b=%2F"},
      {"%5Fmethod=PUT&a", "a"},
      {"a&_m%65thod", "a"},
      {"_METHOD=PUT&a=1", "a=1"},
      {"_method%5B%5D=PUT&a=1", "a=1"},
  }));
  CHECK(without_method_override(query, operation) == kept);
  CHECK(without_method_override("method=x&x_method=1&a=_method", operation) == std::nullopt);
  CHECK(without_method_override("_method=x", *contract->find("d")) == std::nullopt);
}

TEST_CASE("a form loses an override of the method, and a multipart form with one is refused") {
  const auto contract = test::contract_of(override_api);
  const auto& operation = *contract->find("w");
  const auto form =
      without_method_override("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1&_method=PUT", operation);
  CHECK(form.body == "a=1");
  CHECK_FALSE(form.is_refused);
  const std::string parts = "--x\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--x--\r\n";
  CHECK(without_method_override("multipart/form-data; boundary=x", parts, operation).is_refused);
  CHECK_FALSE(without_method_override("application/json", R"({"_method": "PUT"})", operation).body);
}

TEST_CASE("an override is found in a multipart form that comes piece by piece, wherever the pieces meet") {
  const auto contract = test::contract_of(override_api);
  const auto& operation = *contract->find("w");
  const std::string parts = "--x\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--x--\r\n";
  const auto is_found = [&](std::string_view type, std::size_t size) {
    MultipartOverride search(type, operation);
    bool found = false;
    for (std::size_t at = 0; at < parts.size(); at += size) {
      found = search.is_in(std::string_view(parts).substr(at, size)) || found;
    }
    return found;
  };
  for (std::size_t size = 1; size <= parts.size(); ++size) {
    CAPTURE(size);
    CHECK(is_found("multipart/form-data; boundary=x", size));
  }
  CHECK_FALSE(is_found("application/octet-stream", parts.size()));
}
