#include "gateway/pipeline/response_fields.h"

#include <optional>
#include <string>

#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;

namespace {

const config::Url the_upstream{"https", "api.internal", 8443, "/base/v4"};

std::string own(std::string_view reference, std::string_view base_path = "/v4") {
  return own_reference({the_upstream, base_path}, reference).value_or("as it is");
}

}  // namespace

TEST_CASE("a reference to the upstream becomes a path of the gateway") {
  CHECK(own("https://api.internal:8443/base/v4/projects/1?a=b#c") == "/v4/projects/1?a=b#c");
  CHECK(own("https://API.internal:8443/base/v4") == "/v4");
  CHECK(own("//api.internal:8443/base/v4/x") == "/v4/x");
  CHECK(own("http://api.internal/base/v4/x") == "/v4/x");
  CHECK(own("https://user:pw@api.internal:8443/base/v4/x") == "/v4/x");
  CHECK(own("/base/v4/x") == "/v4/x");
  CHECK(own("/base/v4x") == "/base/v4x");
  CHECK(own("https://api.internal:8443/login") == "/login");
  CHECK(own("https://api.internal:8443?x") == "/?x");
}

TEST_CASE("a reference to elsewhere, and a relative one, stay as they are") {
  CHECK(own("https://other.example/base/v4/x") == "as it is");
  CHECK(own("https://api.internal:9999/base/v4/x") == "as it is");
  CHECK(own("https://api.internal.evil.example/x") == "as it is");
  CHECK(own("x/y?u=https://api.internal:8443/") == "as it is");
  CHECK(own("/base/v4/x", "/base/v4") == "as it is");
  CHECK(own("https://api.internal:bad/x") == "as it is");
}

TEST_CASE("an IPv6 upstream is known by its brackets") {
  const config::Url v6{"http", "::1", 8080, ""};
  CHECK(own_reference({v6, ""}, "http://[::1]:8080/x") == "/x");
}

TEST_CASE("what an upstream says of itself, and a session of the shared credential, end here") {
  http::Fields fields;
  fields.add("X-Request-ID", "theirs");
  fields.add("Proxy-Status", "internal-lb; error=connection_refused");
  fields.add("Set-Cookie", "session=shared");
  fields.add("location", "https://api.internal:8443/base/v4/projects/1");
  fields.add("Content-Location", "/base/v4/projects/1");
  fields.add("X-Other", "kept");
  auto without_credential = fields;
  take_over(fields, {the_upstream, "/v4", true});
  CHECK(fields.size() == 3);
  CHECK(*fields.find("Location") == "/v4/projects/1");
  CHECK(*fields.find("Content-Location") == "/v4/projects/1");
  CHECK(fields.contains("X-Other"));
  take_over(without_credential, {the_upstream, "/v4", false});
  CHECK(without_credential.contains("Set-Cookie"));
}

TEST_CASE("an origin's own tags are taken out of their field, however they are separated and spelt") {
  http::Fields fields;
  fields.add("Surrogate-Key", " user:1  all,b/c\tall");
  fields.add("surrogate-key", "d");
  fields.add("X", "y");
  const auto tags = take_origin_tags(fields, "Surrogate-Key");
  REQUIRE(tags);
  CHECK(cache::join_tags(*tags) == "user%3A1 all b/c d");
  CHECK(fields.size() == 1);
  CHECK_FALSE(take_origin_tags(fields, "Surrogate-Key"));
  CHECK_FALSE(take_origin_tags(fields, ""));
}

TEST_CASE("a response that varies by what the gateway writes for each client is one client's") {
  http::Fields fields;
  fields.add("Vary", "Accept");
  CHECK_FALSE(varies_by_client(fields, true));
  fields.add("Vary", "Accept-Language, x-forwarded-host");
  CHECK(varies_by_client(fields, false));
  http::Fields proto;
  proto.add("Vary", "X-Forwarded-Proto");
  CHECK(varies_by_client(proto, true));
  CHECK_FALSE(varies_by_client(proto, false));
}
