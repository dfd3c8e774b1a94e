// Responses that are written in pieces, and clients that take their time.
#include <string>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

constexpr std::size_t large = 16 * 1024 * 1024;

// Of the producer's letters.
bool is_produced(const std::string& body) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != static_cast<char>('a' + i % 23)) return false;
  }
  return true;
}

TEST_CASE("a streamed response arrives whole, chunked or with its length") {
  const auto [path, sized] = GENERATE(table<std::string, bool>({{"/stream/", false}, {"/sized/", true}}));
  const std::size_t size = GENERATE(as<std::size_t>(), 0, 1, 29'999, 30'001, 1'000'000);
  TestServer server;
  RawClient client(server.port());
  client.send(get(path + std::to_string(size)) + get("/echo?next"));
  const Response response = client.receive();
  CHECK(response.status == 200);
  CHECK(response.has("content-length") == sized);
  CHECK((response.field("transfer-encoding") == "chunked") == !sized);
  CHECK(response.body.size() == size);
  CHECK(is_produced(response.body));
  CHECK(client.receive().body.find("query=next") != std::string::npos);
}

TEST_CASE("16 MiB reach a slow reader through bounded memory, and others are served meanwhile") {
  const std::string path = GENERATE(as<std::string>(), "/stream/", "/sized/");
  TestServer server;
  RawClient slow(server.port(), 4096);
  slow.send(get(path + std::to_string(large)));
  RawClient other(server.port());
  for (int i = 0; i < 50; ++i) REQUIRE(other.ask(get("/echo")).status == 200);

  const Response response = slow.receive();
  CHECK(response.body.size() == large);
  CHECK(is_produced(response.body));
  // One piece beyond the high-water mark, and the head and chunk lines: nothing grows with the response.
  CHECK(server.peak_backlog() > http::Exchange::low_water);
  CHECK(server.peak_backlog() < http::Exchange::high_water + 64 * 1024);
  CHECK(slow.ask(get("/echo")).status == 200);
}

TEST_CASE("a large body that is answered at once reaches a slow reader too") {
  TestServer server;
  RawClient slow(server.port(), 4096);
  slow.send(get("/big/" + std::to_string(large)));
  RawClient other(server.port());
  CHECK(other.ask(get("/echo")).status == 200);
  const Response response = slow.receive();
  CHECK(response.body.size() == large);
  CHECK(response.body.find_first_not_of('z') == std::string::npos);
}

TEST_CASE("HTTP/1.0 gets a stream of unknown length up to the end of the connection") {
  TestServer server;
  RawClient client(server.port());
  const Response response = client.ask("GET /stream/100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(response.field("connection") == "close");
  CHECK_FALSE(response.has("transfer-encoding"));
  CHECK(response.body.size() == 100'000);
  CHECK(is_produced(response.body));
}

TEST_CASE("a stream that is aborted can't be taken for a whole one") {
  TestServer server;
  const std::string request =
      GENERATE(as<std::string>(), "GET /abort HTTP/1.1\r\nHost: a\r\n\r\n", "GET /abort HTTP/1.0\r\n\r\n");
  RawClient client(server.port());
  client.send(request);
  std::string all;
  for (std::string some = client.receive_some(); !some.empty(); some = client.receive_some()) all += some;
  CHECK(client.was_reset());
  CHECK(all.find("0\r\n\r\n") == std::string::npos);
  server.journal().await("gone");
}

TEST_CASE("a stream that ends before its announced length is cut, not completed") {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/short"));
  std::string all;
  for (std::string some = client.receive_some(); !some.empty(); some = client.receive_some()) all += some;
  CHECK(client.was_reset());
  server.journal().await("gone");
}

}  // namespace
}  // namespace pgw::edge::test
