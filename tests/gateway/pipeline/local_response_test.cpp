#include "gateway/pipeline/local_response.h"

#include <nlohmann/json.hpp>

#include "support/catch.h"

using namespace pgw::pipeline;
using nlohmann::json;

TEST_CASE("the gateway's own errors look like the upstream's") {
  const auto response = error_response(404, "Not \"Found\"\n\xff");
  CHECK(response.status == 404);
  CHECK(json::parse(response.body) == json{{"detail", "Not \"Found\"\n\xef\xbf\xbd"}});
  CHECK(response.fields == "Content-Type: application/json\r\n");
}

TEST_CASE("errors carry the fields that their status asks for") {
  CHECK(unauthorized("no key").fields.find("WWW-Authenticate: Bearer realm=") != std::string::npos);
  CHECK(method_not_allowed("GET, HEAD").fields.find("Allow: GET, HEAD\r\n") != std::string::npos);
  const auto wrong_type = refused_body({.detail = "no", .accepted_media_types = "application/json"});
  CHECK(wrong_type.status == 415);
  CHECK(wrong_type.fields == "Content-Type: application/json\r\nAccept: application/json\r\n");
  const auto coded = refused_body({.detail = "no", .wants_identity = true});
  CHECK(coded.fields == "Content-Type: application/json\r\nAccept-Encoding: identity\r\n");
  CHECK(refused_body({.status = 400, .detail = "no"}).fields == "Content-Type: application/json\r\n");
  CHECK(elsewhere("/v4/a?b").status == 307);
  CHECK(elsewhere("/v4/a?b").fields.find("Location: /v4/a?b\r\n") != std::string::npos);
  CHECK(upstream_failure(pgw::upstream::Failure::destination_unavailable).fields.find("Retry-After: ") !=
        std::string::npos);
  CHECK(upstream_failure(pgw::upstream::Failure::response_timeout).status == 504);
}
