// One connection, many requests (RFC 9112 section 9).
#include <algorithm>
#include <string>
#include <sys/socket.h>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

TEST_CASE("connections are kept alive unless someone says otherwise") {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const Response response = client.ask(get("/echo?" + std::to_string(i)));
    CHECK(response.status == 200);
    CHECK_FALSE(response.has("connection"));
    CHECK(response.body.find("query=" + std::to_string(i)) != std::string::npos);
  }
  CHECK(server->open_connections() == 1);
}

TEST_CASE("the server closes after Connection: close") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("/echo", "Connection: close\r\n"));
  CHECK(response.status == 200);
  CHECK(response.field("connection") == "close");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("HTTP/1.0 is closed by the server, and needs no Host") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask("GET /echo HTTP/1.0\r\n\r\n");
  CHECK(response.status == 200);
  CHECK(response.field("connection") == "close");
  CHECK(response.body.find("version=1.0") != std::string::npos);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("HTTP/1.0 that asks for keep-alive gets it and is told so") {
  TestServer server;
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    const Response response = client.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(response.status == 200);
    CHECK(response.field("connection") == "keep-alive");
  }
}

TEST_CASE("empty lines before a request are ignored") {
  TestServer server;
  RawClient client(server.port());
  CHECK(client.ask("\r\n" + get("/echo")).status == 200);
  CHECK(client.ask("\r\n\r\n" + get("/echo")).status == 200);
  client.send_bytewise("\r\n" + get("/echo"));
  CHECK(client.receive().status == 200);
}

TEST_CASE("pipelined requests that came in one packet are answered in order") {
  TestServer server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i)
    requests += i % 2 == 0 ? get("/echo?" + std::to_string(i)) : post("/echo?" + std::to_string(i), "body");
  client.send(requests);
  for (int i = 0; i < 200; ++i) {
    const Response response = client.receive();
    REQUIRE(response.status == 200);
    REQUIRE(response.body.find("query=" + std::to_string(i) + "\n") != std::string::npos);
  }
}

TEST_CASE("pipelined requests are answered in order however slow the first ones are") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/hold?a") + get("/later?b") + get("/hold?c") + get("/echo?d"));
  server.release("a");
  server.release("c");
  CHECK(client.receive().body == "a");
  CHECK(client.receive().body == "b");
  CHECK(client.receive().body == "c");
  CHECK(client.receive().body.find("query=d") != std::string::npos);
}

TEST_CASE("a request is not begun while the one before is unanswered") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/hold?a") + get("/echo?b"));
  server.journal().await("held a");
  CHECK(server.journal().count("head") == 1);
  server.release("a");
  CHECK(client.receive().body == "a");
  CHECK(client.receive().status == 200);
}

TEST_CASE("nothing after a request with Connection: close is answered") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/echo", "Connection: close\r\n") + get("/echo"));
  CHECK(client.receive().status == 200);
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("request") == 1);
}

TEST_CASE("requests and bodies may come byte by byte") {
  TestServer server;
  RawClient client(server.port());
  client.send_bytewise(post("/echo?x", "hello"));
  CHECK(client.receive().body.find("body=hello") != std::string::npos);
  client.send_bytewise(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n");
  CHECK(client.receive().body.find("body=hello") != std::string::npos);
}

TEST_CASE("a client that floods an unanswered connection is held back by TCP") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/hold?a"));
  server.journal().await("held a");

  // More than every buffer on the way: the kernel's two and ours. A send that would block proves that reading paused.
  const std::string request = get("/echo");
  std::string flood;
  while (flood.size() < 256UL * 1024) flood += request;
  std::size_t sent = 0;
  for (std::string_view rest = flood; sent < 64UL * 1024 * 1024;) {
    const ssize_t taken = ::send(client.fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0) break;
    sent += static_cast<std::size_t>(taken);
    rest.remove_prefix(static_cast<std::size_t>(taken));
    if (rest.empty()) rest = flood;
  }
  CHECK(sent < 64UL * 1024 * 1024);

  // And once answered, every request that was sent whole is answered too.
  server.release("a");
  CHECK(client.receive().body == "a");
  const std::size_t whole =
      sent / flood.size() * (flood.size() / request.size()) + sent % flood.size() / request.size();
  for (std::size_t i = 0; i < std::min<std::size_t>(whole, 5000); ++i) REQUIRE(client.receive().status == 200);
}

TEST_CASE("a client that closed its sending side while it waits has left") {
  const std::string path = GENERATE(as<std::string>(), "/hold?a", "/stream/50000000");
  TestServer server;
  RawClient client(server.port(), 4096);
  client.send(get(path));
  server.journal().await("request");
  client.shutdown_write();
  server.journal().await("disconnected");
  server.journal().await("gone");
  if (path == "/hold?a") {
    CHECK(client.is_closed_by_server());
    server.release("a");
  }
}

TEST_CASE("a client that closes its sending side with its request gets the answer that is there at once") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/echo?a") + get("/big/3000000"));
  client.shutdown_write();
  CHECK(client.receive().status == 200);
  CHECK(client.receive().body.size() == 3'000'000);
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
  CHECK(server.journal().count("gone") == 0);
}

TEST_CASE("with half_close: serve, a client that closed its sending side still gets its answers") {
  http::Limits limits;
  limits.half_close = http::HalfClose::serve;
  TestServer server(limits);
  RawClient client(server.port());
  client.send(get("/hold?a") + get("/later?b"));
  client.shutdown_write();
  server.release("a");
  CHECK(client.receive().body == "a");
  CHECK(client.receive().body == "b");
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
  CHECK(server.journal().count("gone") == 0);
}

TEST_CASE("a client that leaves in the middle of a request is forgotten") {
  const std::string part = GENERATE(as<std::string>(), "GET /ec", "GET /echo HTTP/1.1\r\nHost: a\r\n",
                                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello",
                                    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  TestServer server;
  RawClient client(server.port());
  client.send(part);
  client.shutdown_write();
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("request") == 0);
  const bool seen = part.rfind("POST", 0) == 0;
  if (seen) server.journal().await("gone");
  CHECK(server.journal().count("disconnected") == (seen ? 1 : 0));
}

TEST_CASE("a reset while a request is being answered is reported once and harms nothing") {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(get("/hold?a") + get("/hold?b"));
    server.journal().await("held a");
    client.reset();
    server.journal().await("disconnected");
    server.journal().await("gone");
  }
  server.release("a");
  RawClient other(server.port());
  CHECK(other.ask(get("/echo")).status == 200);
  CHECK(server.journal().count("disconnected") == 1);
  CHECK(server.journal().count("gone") == 1);
  CHECK(server.journal().count("held b") == 0);
}

TEST_CASE("a reset in the middle of a large response ends it") {
  TestServer server;
  RawClient client(server.port(), 4096);
  client.send(get("/stream/50000000"));
  CHECK_FALSE(client.receive_some().empty());
  client.reset();
  server.journal().await("disconnected");
  server.journal().await("gone");
}

TEST_CASE("a handler's exception costs its connection only") {
  TestServer server;
  RawClient client(server.port());
  RawClient other(server.port());
  CHECK(other.ask(get("/echo")).status == 200);
  client.send(get("/throw"));
  CHECK(client.is_closed_by_server());
  CHECK(other.ask(get("/echo")).status == 200);
}

}  // namespace
}  // namespace pgw::edge::test
