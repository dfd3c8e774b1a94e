// Clients that are slow, silent or stuck.
#include <chrono>
#include <string>
#include <string_view>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::chrono_literals;

// Everything generous but what the test is about.
http::Limits generous() {
  http::Limits limits;
  limits.header_timeout = limits.idle_timeout = limits.body_timeout = limits.write_timeout = 1h;
  return limits;
}

TEST_CASE("a head that takes too long is answered 408") {
  http::Limits limits = generous();
  limits.header_timeout = 50ms;
  TestServer server(limits);
  RawClient client(server.port());
  REQUIRE(client.ask(get("/echo")).status == 200);
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  const Response response = client.receive();
  CHECK(response.status == 408);
  CHECK(response.field("x-reason") == "head-timeout");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a head that keeps dripping is cut all the same") {
  http::Limits limits = generous();
  limits.header_timeout = 60ms;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("GET /echo HTTP/1.1\r\n");
  while (client.is_quiet()) {
    if (!client.send_bytewise("X")) break;
  }
  CHECK(client.receive().status == 408);
}

TEST_CASE("a body that takes too long is answered 408") {
  http::Limits limits = generous();
  limits.body_timeout = 50ms;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  const Response response = client.receive();
  CHECK(response.status == 408);
  CHECK(response.field("x-reason") == "body-timeout");
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("request") == 0);
  CHECK(server.journal().count("finished 408") == 1);
}

TEST_CASE("the rest of a body that nobody wants is not waited for without end") {
  http::Limits limits = generous();
  limits.body_timeout = 50ms;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
  CHECK(client.receive().status == 401);
  CHECK(client.is_closed_by_server());
  server.journal().await("finished 401");
}

TEST_CASE("idle connections are closed without a word") {
  const bool used = GENERATE(false, true);
  const std::string empty_lines = GENERATE(as<std::string>(), "", "\r\n", "\r\n\r");
  http::Limits limits = generous();
  limits.idle_timeout = 50ms;
  TestServer server(limits);
  RawClient client(server.port());
  if (used) CHECK(client.ask(get("/echo")).status == 200);
  client.send(empty_lines);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a handler may take longer than any limit") {
  http::Limits limits;
  limits.header_timeout = limits.idle_timeout = limits.body_timeout = limits.write_timeout = 30ms;
  TestServer server(limits);
  RawClient client(server.port());
  client.send(post("/hold?a", "body"));
  server.journal().await("held a");
  RawClient idle(server.port());  // measures the time: it is closed when the limits have passed
  REQUIRE(idle.is_closed_by_server());
  RawClient again(server.port());
  REQUIRE(again.is_closed_by_server());
  server.release("a");
  CHECK(client.receive().body == "a");
}

TEST_CASE("a client that never reads is dropped") {
  const std::string path = GENERATE(as<std::string>(), "/stream/50000000", "/sized/50000000", "/big/50000000");
  http::Limits limits = generous();
  limits.write_timeout = 50ms;
  TestServer server(limits);
  RawClient client(server.port(), 4096);
  client.send(get(path));
  server.journal().await("disconnected");
  server.journal().await("gone");
}

TEST_CASE("a client that reads slowly but steadily is not dropped") {
  http::Limits limits = generous();
  limits.write_timeout = 500ms;
  TestServer server(limits);
  RawClient client(server.port(), 4096);
  client.send(get("/big/3000000"));
  const auto began = std::chrono::steady_clock::now();
  CHECK(client.receive().body.size() == 3'000'000);
  CHECK(std::chrono::steady_clock::now() - began < patience);
}

TEST_CASE("a client that reads slowly is not dropped however much the kernel holds for it") {
  http::Limits limits = generous();
  limits.write_timeout = 1s;
  limits.idle_timeout = 25ms;
  TestServer server(limits);
  RawClient client(server.port(), 4096);
  client.send(get("/big/8000000"));
  // For longer than the limit, and far too slowly for the kernel, which has some megabytes, to ask for more meanwhile.
  std::size_t received = 0;
  for (int i = 0; i < 60; ++i) {
    RawClient clock(server.port());  // is closed when the idle time has passed
    REQUIRE(clock.is_closed_by_server());
    received += client.receive_some(4096).size();
    REQUIRE(server.journal().count("gone") == 0);
  }
  while (received < 8'000'000) {
    const std::size_t more = client.receive_some().size();
    REQUIRE(more > 0);
    received += more;
  }
  server.journal().await("finished 200");
}

TEST_CASE("a body that is taken in pieces is timed from piece to piece") {
  http::Limits limits = generous();
  limits.body_timeout = 100ms;
  limits.idle_timeout = 30ms;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
  for (const std::string_view byte : {"h", "e", "l", "l", "o"}) {
    RawClient clock(server.port());
    REQUIRE(clock.is_closed_by_server());
    client.send(byte);
  }
  server.journal().await("piece", 5);
  CHECK(client.receive().status == 408);
  CHECK(server.journal().count("rejected body-timeout") == 1);
}

TEST_CASE("a closed connection whose client stays is not kept for ever") {
  TestServer server;
  RawClient client(server.port());
  CHECK(client.ask(get("/echo", "Connection: close\r\n")).status == 200);
  CHECK(client.is_closed_by_server());
  CHECK(server->open_connections() == 1);  // lingering
  server->drain(patience);
  CHECK(server->open_connections() == 0);
}

TEST_CASE("new limits hold from the next request on") {
  http::Limits limits = generous();
  TestServer server(limits);
  RawClient client(server.port());
  CHECK(client.ask(post("/echo", "hello")).status == 200);
  limits.max_body = 3;
  server.set_limits(limits);
  CHECK(client.ask(post("/echo", "hello")).status == 413);
}

}  // namespace
}  // namespace pgw::edge::test
