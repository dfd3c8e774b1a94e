// Bodies, expectations and forms of targets, as a client meets them.
#include <string>
#include <sys/socket.h>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

http::Limits with_max_body(std::size_t size) {
  http::Limits limits;
  limits.max_body = size;
  return limits;
}

TEST_CASE("repeated fields reach the handler, in order") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("/echo?a=1&b=2&a=3", "X-Tag: 1\r\nAccept: */*\r\nx-tag: 2\r\n"));
  CHECK(response.body.find("X-Tag: 1\nAccept: */*\nx-tag: 2\n") != std::string::npos);
  CHECK(response.body.find("query=a=1&b=2&a=3\n") != std::string::npos);
  CHECK(response.body.find("peer=127.0.0.1\n") != std::string::npos);
}

TEST_CASE("the host of an absolute target wins over the Host field") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("http://other.example:81/echo/a?b"));
  CHECK(response.body.find("path=/echo/a\nhost=other.example:81\n") != std::string::npos);
  CHECK(response.body.find("query=b\n") != std::string::npos);
}

TEST_CASE("OPTIONS of the server itself reaches the handler as an asterisk") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(response.status == 200);
  CHECK(response.body.find("OPTIONS *\npath=*\n") == 0);
}

TEST_CASE("every known method is let through") {
  const std::string method = GENERATE(as<std::string>(), "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(method + " /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
  CHECK(response.status == 200);
  CHECK(response.body.find(method + " /echo") == 0);
  CHECK(response.body.find("body=ab") != std::string::npos);
}

TEST_CASE("a body of the largest size is taken, whole") {
  TestServer server(with_max_body(300'000));
  RawClient client(server.port());
  const std::string body(300'000, 'b');
  CHECK(client.ask(post("/echo", body)).body.find("body=" + body) != std::string::npos);

  std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 300; ++i) chunked += "3e8\r\n" + std::string(1000, 'b') + "\r\n";
  CHECK(client.ask(chunked + "0\r\n\r\n").body.find("body=" + body) != std::string::npos);
}

TEST_CASE("a body that is too large is refused before it is read, and the client gets to see the answer") {
  TestServer server(with_max_body(1000));
  RawClient client(server.port());
  // The client is still sending when the answer leaves: without a lingering close it would meet a reset.
  client.send(post("/echo", std::string(20'000'000, 'b')));
  const Response response = client.receive();
  CHECK(response.status == 413);
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
  CHECK(server.journal().count("head") == 0);
  CHECK(server.journal().count("finished 413") == 1);
}

TEST_CASE("a chunked body that grows too large is refused when it does") {
  TestServer server(with_max_body(1000));
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  server.journal().await("head");
  for (int i = 0; i < 3; ++i) client.send("190\r\n" + std::string(400, 'b') + "\r\n");
  CHECK(client.receive().status == 413);
  CHECK(client.is_closed_by_server());
  CHECK(server.journal().count("request") == 0);
  CHECK(server.journal().count("finished 413") == 1);
}

TEST_CASE("a handler may allow less of a body than the server does") {
  TestServer server;
  RawClient sized(server.port());
  CHECK(sized.ask(post("/small", "0123456789")).status == 200);
  CHECK(sized.ask(post("/small", "0123456789a")).status == 413);
  CHECK(sized.is_closed_by_server());
  RawClient chunked(server.port());
  const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(chunked.ask(head + "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n").status == 200);
  CHECK(chunked.ask(head + "5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n").status == 413);
  CHECK(server.journal().count("request") == 2);
}

TEST_CASE("a body goes to its sink in pieces, none of it is collected, and the next request is served") {
  http::Limits limits;
  limits.max_body = 2'000'000;
  TestServer server(limits);
  RawClient client(server.port());
  CHECK(client.ask(post("/sink", std::string(1'000'000, 'b'))).body == "streamed 1000000");
  CHECK(server.journal().count("piece") >= 1'000'000 / (64 * 1024));
  CHECK(server.journal().count("request") == 0);
  const std::string chunked = "POST /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(client.ask(chunked + "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n").body == "streamed 8");
  CHECK(client.ask(post("/sink", "")).body.find("body=\n") == std::string::npos);
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("a sink that pauses holds its client back by TCP") {
  http::Limits limits;
  limits.max_body = 1UL << 30U;
  TestServer server(limits);
  RawClient client(server.port());
  client.send("POST /sink?hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const std::string piece(256UL * 1024, 'b');
  std::size_t sent = 0;
  for (ssize_t taken = 0; sent < 64UL * 1024 * 1024; sent += static_cast<std::size_t>(taken)) {
    taken = ::send(client.fd(), piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken < 0) break;
  }
  CHECK(sent < 64UL * 1024 * 1024);
  server.journal().await("piece");
  CHECK(server.journal().count("piece") == 1);
  client.reset();
  server.journal().await("gone");
}

TEST_CASE("a response may begin before the body has come to its end, and be made of it") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhello");
  CHECK(client.receive_until("5\r\nhello\r\n").starts_with("HTTP/1.1 200 "));
  client.send("you");
  CHECK(client.receive_until("0\r\n\r\n") == "3\r\nyou\r\n0\r\n\r\n");
  CHECK(client.ask(get("/echo")).status == 200);

  client.send("POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nenough");
  CHECK(client.receive_until("0\r\n\r\n").ends_with("6\r\nenough\r\n0\r\n\r\n"));
  CHECK(client.is_closed_by_server());

  RawClient leaving(server.port());
  leaving.send("POST /mirror HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhello");
  leaving.receive_until("hello\r\n");
  leaving.shutdown_write();
  server.journal().await("disconnected");
}

TEST_CASE("a malformed body is refused though its sink has had a part of it") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /sink HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  server.journal().await("piece");
  CHECK(client.ask("x\r\n").status == 400);
  CHECK(client.is_closed_by_server());
  server.journal().await("rejected bad-chunk");
}

TEST_CASE("a client that waits for 100 (Continue) gets it when its head was accepted") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(client.receive().status == 100);
  const Response response = client.ask("hello");
  CHECK(response.status == 200);
  CHECK(response.body.find("body=hello") != std::string::npos);
}

TEST_CASE("100 (Continue) is left out when the body is there already, or none is announced, or HTTP/1.0 asks") {
  const std::string request = GENERATE(
      as<std::string>(), "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
  TestServer server;
  RawClient client(server.port());
  CHECK(client.ask(request).status == 200);

  RawClient old(server.port());
  old.send("POST /echo HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  server.journal().await("head", 2);
  CHECK(old.ask("hello").status == 200);
}

TEST_CASE("a client that waits for 100 (Continue) and is refused gets the refusal instead") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  const Response response = client.receive();
  CHECK(response.status == 401);
  CHECK(response.field("connection") == "close");
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("a request answered at its head keeps its connection if the rest of the body is short") {
  TestServer server;
  RawClient client(server.port());
  client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  const Response response = client.receive();
  CHECK(response.status == 401);
  CHECK_FALSE(response.has("connection"));
  client.send("hello");
  CHECK(client.ask(get("/echo")).status == 200);
  CHECK(server.journal().count("request") == 1);
  CHECK(server.journal().count("finished 401") == 1);
}

TEST_CASE("a request answered at its head loses its connection if the rest is long or of unknown length") {
  const auto [fields, body] = GENERATE(table<std::string, std::string>({
      {"Content-Length: 900000\r\n", std::string(900'000, 'b')},
      {"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"},
  }));
  TestServer server;
  RawClient client(server.port());
  client.send("POST /early HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body);
  const Response response = client.receive();
  CHECK(response.status == 401);
  CHECK(response.field("connection") == "close");
  CHECK(client.is_closed_by_server());
  CHECK_FALSE(client.was_reset());
}

}  // namespace
}  // namespace pgw::edge::test
