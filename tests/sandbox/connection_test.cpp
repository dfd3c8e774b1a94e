// HTTP/1.1 as an upstream must speak it: connections that live on, pipelining, HEAD, 100 Continue, malformed requests.
#include <tuple>

#include "sandbox/fixture.h"

using pgw::sandbox::test::Client;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::RawConnection;
using pgw::sandbox::test::Response;
using pgw::sandbox::test::start;

namespace {

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET /v4" + path + " HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("libcurl's second request goes over the first one's connection, whatever the first one's answer") {
  const auto [method, path] = GENERATE(table<std::string, std::string>(
      {{"GET", "/projects"}, {"GET", "/projects/pr_none"}, {"DELETE", "/projects/pr_sales"}, {"PUT", "/projects"}}));
  const auto sandbox = start();
  Client client(sandbox->url());
  const Response first = client.send({method, path});
  CHECK(first.new_connection);
  CHECK(first.header("Connection") != "close");
  const Response second = client.send({"GET", "/projects"});
  CHECK(second.status == 200);
  CHECK_FALSE(second.new_connection);
}

TEST_CASE("a request without Connection keeps HTTP/1.1 open, and close and HTTP/1.0 end the connection") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write(get("/projects/pr_sales"));
  CHECK(raw.read_response().starts_with("HTTP/1.1 200 OK\r\n"));

  SECTION("Connection: close") {
    raw.write(get("/projects/pr_sales", "Connection: close\r\n"));
    const std::string last = raw.read_to_end();
    CHECK(last.find("Connection: close\r\n") != std::string::npos);
    CHECK(last.ends_with('}'));
  }
  SECTION("HTTP/1.0") {
    raw.write("GET /v4/projects/pr_sales HTTP/1.0\r\nX-API-KEY: k\r\n\r\n");
    CHECK(raw.read_to_end().ends_with('}'));
  }
}

TEST_CASE("pipelined requests are answered in their order") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write(get("/projects/pr_one") + get("/projects/pr_two") + get("/projects/pr_three"));
  CHECK(raw.read_response().find("'pr_one'") != std::string::npos);
  CHECK(raw.read_response().find("'pr_two'") != std::string::npos);
  CHECK(raw.read_response().find("'pr_three'") != std::string::npos);
}

TEST_CASE("a request that comes byte by byte is the same request") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  const std::string body = R"({"name":"Bytes"})";
  const std::string request =
      "POST /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  for (const char byte : request) raw.write(std::string(1, byte));
  CHECK(raw.read_response().starts_with("HTTP/1.1 201 Created\r\n"));
}

TEST_CASE("a chunked body is put together") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write(
      "POST /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n9\r\n\"Chunks\"}\r\n0\r\n\r\n");
  CHECK(raw.read_response().find("\"name\":\"Chunks\"") != std::string::npos);
}

TEST_CASE("HEAD gets the head of GET, and the next response begins right after it") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write("HEAD /v4/projects/pr_sales HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\n\r\n" + get("/projects/pr_none"));
  const std::string head = raw.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Content-Length: 0\r\n") == std::string::npos);
  CHECK(raw.read_response().starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST_CASE("100 Continue is sent once, before the body") {
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write(
      "POST /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nContent-Type: application/json\r\n"
      "Content-Length: 19\r\nExpect: 100-continue\r\n\r\n");
  CHECK(raw.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  raw.write(R"({"name":"Patience"})");
  CHECK(raw.read_response().starts_with("HTTP/1.1 201 Created\r\n"));
}

TEST_CASE("a body of 2 MiB passes") {
  Fixture api;
  const std::string padding(2U << 20U, ' ');
  CHECK(api.send({"PATCH", "/projects/pr_sales", R"({"name":"Large"})" + padding}).status == 200);
}

TEST_CASE("a request that can't be read is refused and ends the connection") {
  const auto [request, status] = GENERATE(table<std::string, int>({
      {"nonsense\r\n\r\n", 400},
      {"GET /v4/projects HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400},
      {"POST /v4/projects HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413},
      {"GET /v4/projects HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(70'000, 'x') + "\r\n\r\n", 431},
  }));
  const auto sandbox = start();
  RawConnection raw(sandbox->url());
  raw.write(request);
  const std::string answer = raw.read_until("}");
  CHECK(answer.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
  CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
}

TEST_CASE("stop ends idle connections and refuses new ones") {
  const auto sandbox = start();
  RawConnection idle(sandbox->url());
  idle.write(get("/projects/pr_sales"));
  idle.read_response();
  sandbox->stop();
  CHECK(idle.read_to_end().empty());
  Client late(sandbox->url());
  CHECK(late.send({"GET", "/projects"}).status == 0);
  sandbox->stop();
}
