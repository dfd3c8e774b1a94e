#include "gateway/pipeline/client_address.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;

namespace {

const std::vector<base::IpNetwork>& balancers() {
  static const std::vector<base::IpNetwork> networks{*base::IpNetwork::parse("10.0.0.0/8"),
                                                     *base::IpNetwork::parse("fd00::/8")};
  return networks;
}

http::Request request(const std::string& peer, bool is_trusted, const std::vector<std::string>& forwarded_for = {}) {
  http::Request made;
  made.peer = peer;
  made.from_trusted_proxy = is_trusted;
  made.host = "gw.example:8080";
  for (const auto& value : forwarded_for) made.fields.add("X-Forwarded-For", value);
  return made;
}

std::string way_of(const http::Request& request) {
  return forwarded_for_value(client_address(request, balancers()));
}

}  // namespace

TEST_CASE("what stands in X-Forwarded-For counts only where a trusted balancer wrote it") {
  CHECK(way_of(request("192.0.2.7", false, {"10.0.0.1", "198.51.100.1"})) == "192.0.2.7");
  CHECK(way_of(request("10.0.0.1", true, {"198.51.100.1"})) == "198.51.100.1, 10.0.0.1");
  CHECK(way_of(request("10.0.0.1", true)) == "10.0.0.1");
}

TEST_CASE(
    "the client is the rightmost address that is no trusted balancer, and what stands before it is the client's word") {
  CHECK(way_of(request("10.0.0.1", true, {"6.6.6.6, 198.51.100.1, 10.0.0.2"})) == "198.51.100.1, 10.0.0.2, 10.0.0.1");
  CHECK(way_of(request("10.0.0.1", true, {"6.6.6.6", "198.51.100.1:4711 ,10.0.0.2"})) ==
        "198.51.100.1, 10.0.0.2, 10.0.0.1");
  CHECK(way_of(request("10.0.0.1", true, {"10.0.0.3, 10.0.0.2"})) == "10.0.0.3, 10.0.0.2, 10.0.0.1");
}

TEST_CASE("what is no address in X-Forwarded-For hides everything before it") {
  CHECK(way_of(request("10.0.0.1", true, {"6.6.6.6, unknown, 10.0.0.2"})) == "10.0.0.2, 10.0.0.1");
  CHECK(way_of(request("10.0.0.1", true, {"198.51.100.1, <script>"})) == "10.0.0.1");
}

TEST_CASE("Forwarded quotes what RFC 7239 wants quoted") {
  const auto behind = request("fd00::1", true, {"[2001:db8::1]:80, 10.0.0.2"});
  CHECK(forwarded_value(client_address(behind, balancers()), "https", "gw.example:8080") ==
        "for=\"[2001:db8::1]\";host=\"gw.example:8080\";proto=https, for=10.0.0.2, for=\"[fd00::1]\"");
  CHECK(forwarded_value(client_address(request("192.0.2.7", false), balancers()), "http", "") ==
        "for=192.0.2.7;proto=http");
}

TEST_CASE("scheme and host are a trusted balancer's to tell, the host else the request's") {
  auto direct = request("192.0.2.7", false);
  direct.fields.add("X-Forwarded-Proto", "https");
  direct.fields.add("X-Forwarded-Host", "evil.example");
  CHECK(client_scheme(direct) == "http");
  CHECK(client_host(direct) == "gw.example:8080");
  direct.from_trusted_proxy = true;
  CHECK(client_scheme(direct) == "https");
  CHECK(client_host(direct) == "evil.example");
  direct.fields.set("X-Forwarded-Host", "a\"b");
  CHECK(client_host(direct) == "gw.example:8080");
}
