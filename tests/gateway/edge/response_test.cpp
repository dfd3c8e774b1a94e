// What the edge adds to the handler's responses.
#include <regex>
#include <string>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "gateway/http/response_head.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

TEST_CASE("a response has a status line, a date and a length, and keeps the handler's fields") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("/status/422"));
  CHECK(response.head.rfind("HTTP/1.1 422 Unprocessable Content\r\n", 0) == 0);
  CHECK(response.field("x-kind") == "status");
  CHECK(response.field("content-length") == "11");
  CHECK_FALSE(response.has("transfer-encoding"));
  CHECK(std::regex_match(response.field("date"),
                         std::regex("(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] [A-Z][a-z]{2} 20[0-9]{2} "
                                    "[0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT")));
  CHECK(response.body == "body of 422");
}

TEST_CASE("a method beyond those of HTTP is served where it is named") {
  http::Limits limits;
  limits.extra_methods = {"GET", "M-SEARCH"};
  TestServer server(limits);
  RawClient client(server.port());
  CHECK(client.ask("M-SEARCH /echo HTTP/1.1\r\nHost: a\r\n\r\n").body.rfind("M-SEARCH /echo", 0) == 0);
  CHECK(client.ask("SEARCH /echo HTTP/1.1\r\nHost: a\r\n\r\n").status == 501);
}

TEST_CASE("interim responses come before the answer, and to those who know them") {
  TestServer server;
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n";
  RawClient client(server.port());
  client.send(get("/hints"));
  const Response interim = client.receive(true);
  CHECK(interim.head == hints);
  CHECK(client.receive().body == "hinted");
  RawClient old(server.port());
  const Response response = old.ask("GET /hints HTTP/1.0\r\nHost: a\r\n\r\n");
  CHECK(response.status == 200);
  CHECK(response.body == "hinted");
}

TEST_CASE("the handler's own Date is kept") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("/dated"));
  CHECK(response.field("date") == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(response.head.find("Date:") == std::string::npos);
}

TEST_CASE("HEAD gets the fields of GET and no body") {
  TestServer server;
  RawClient client(server.port());
  const auto [path, length] = GENERATE(table<std::string, std::string>({
      {"/status/200", "11"},
      {"/length/12345", "12345"},
      {"/sized/70000", "70000"},
  }));
  client.send("HEAD " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo?next"));
  const Response response = client.receive(true);
  CHECK(response.status == 200);
  CHECK(response.field("content-length") == length);
  CHECK(client.receive().body.find("query=next") != std::string::npos);
}

TEST_CASE("HEAD of a response of unknown length announces none") {
  TestServer server;
  RawClient client(server.port());
  client.send("HEAD /stream/70000 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo?next"));
  const Response response = client.receive(true);
  CHECK_FALSE(response.has("content-length"));
  CHECK_FALSE(response.has("transfer-encoding"));
  CHECK(client.receive().body.find("query=next") != std::string::npos);
}

TEST_CASE("204 and 304 carry no body whatever the handler gave") {
  const int status = GENERATE(204, 304);
  TestServer server;
  RawClient client(server.port());
  client.send(get("/status/" + std::to_string(status)) + get("/echo?next"));
  const Response response = client.receive();
  CHECK(response.status == status);
  CHECK(response.field("x-kind") == "status");
  if (status == 204) CHECK_FALSE(response.has("content-length"));
  CHECK(client.receive().body.find("query=next") != std::string::npos);
}

TEST_CASE("a length without a body is believed for HEAD only") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask(get("/length/12345"));
  CHECK(response.field("content-length") == "0");
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("only the first answer counts") {
  TestServer server;
  RawClient client(server.port());
  CHECK(client.ask(get("/twice")).body == "first");
  CHECK(client.ask(get("/echo")).status == 200);
  server.journal().await("finished 200", 2);
  CHECK(server.journal().count("gone") == 0);
}

TEST_CASE("dates are those of RFC 9110") {
  http::DateClock clock;
  std::string head;
  http::append_head(head, {200, "DATE: x\r\n"}, {false, 5}, http::Persistence::keep_alive, clock);
  CHECK(head == "HTTP/1.1 200 OK\r\nDATE: x\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
  head.clear();
  http::append_head(head, {404, "X-Date: x\r\n"}, {true, {}}, http::Persistence::close, clock);
  CHECK(head == "HTTP/1.1 404 Not Found\r\nDate: " + std::string(clock.now()) +
                    "\r\nX-Date: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace pgw::edge::test
