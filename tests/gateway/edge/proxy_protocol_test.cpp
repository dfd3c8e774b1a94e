// Who the client is, when a balancer stands between.
#include <chrono>
#include <string>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

http::Limits trusting(const char* network) {
  http::Limits limits;
  limits.trusted_proxies = {*base::IpNetwork::parse(network)};
  return limits;
}

const std::string version_1 = "PROXY TCP4 203.0.113.7 10.0.0.1 12345 8080\r\n";
const std::string version_2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\x0a\0\0\x01\x30\x39\x1f\x90"s;

TEST_CASE("a trusted balancer tells the client's address for all requests of its connection") {
  const std::string header = GENERATE(version_1, version_2);
  TestServer server(trusting("127.0.0.0/8"));
  RawClient client(server.port());
  const Response first = client.ask(header + get("/echo"));
  CHECK(first.body.find("peer=203.0.113.7\n") != std::string::npos);
  CHECK(client.ask(get("/echo")).body.find("peer=203.0.113.7\n") != std::string::npos);
  RawClient slow(server.port());
  slow.send_bytewise(header + get("/echo"));
  CHECK(slow.receive().body.find("peer=203.0.113.7\n") != std::string::npos);
}

TEST_CASE("a trusted balancer need not speak the PROXY protocol, or may speak for itself") {
  const std::string header =
      GENERATE(as<std::string>(), "", "\r\n", "PROXY UNKNOWN\r\n", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s);
  TestServer server(trusting("127.0.0.1"));
  RawClient client(server.port());
  CHECK(client.ask(header + get("/echo")).body.find("peer=127.0.0.1 by a trusted proxy\n") != std::string::npos);
}

TEST_CASE("anybody else who speaks the PROXY protocol is refused") {
  const std::string header = GENERATE(version_1, version_2);
  TestServer server(trusting("127.0.0.2"));
  RawClient client(server.port());
  CHECK(client.ask(header + get("/echo")).status == 400);
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("head") == 0);
  RawClient plain(server.port());
  CHECK(plain.ask(get("/echo")).body.find("peer=127.0.0.1\n") != std::string::npos);
}

TEST_CASE("a malformed PROXY header is refused, and one is all that a connection has") {
  const std::string header =
      GENERATE_COPY(as<std::string>(), "PROXY TCP4 nobody 10.0.0.1 1 2\r\n", version_1 + version_1);
  TestServer server(trusting("127.0.0.1"));
  RawClient client(server.port());
  const Response response = client.ask(header + get("/echo"));
  CHECK(response.status == 400);
  CHECK(response.field("x-reason") == "proxy-protocol");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a balancer that only looks whether somebody is there is no request") {
  const std::string part = GENERATE(as<std::string>(), "", "PROXY TC", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s);
  TestServer server(trusting("127.0.0.1"));
  RawClient client(server.port());
  client.send(part);
  client.shutdown_write();
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("rejected proxy-protocol") == 0);
  CHECK(server.journal().count("gone") == 0);
}

TEST_CASE("a PROXY header that does not come to its end is not waited for") {
  http::Limits limits = trusting("127.0.0.1");
  limits.header_timeout = 50ms;
  limits.idle_timeout = 1h;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("PROXY TCP4 203.0.113.7 ");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a client of an IPv6 listener that comes by IPv4 has an IPv4 address") {
  Server::Options options;
  options.host = "::";
  TestServer server({}, options);
  RawClient client(server.port());
  CHECK(client.ask(get("/echo")).body.find("peer=127.0.0.1\n") != std::string::npos);
}

}  // namespace
}  // namespace pgw::edge::test
