// Connections that have to share what there is.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/raw_client.h"
#include "gateway/edge/test_server.h"
#include "support/catch.h"

namespace pgw::edge::test {
namespace {

using namespace std::chrono_literals;
using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients connect(TestServer& server, std::size_t count, const char* from = "127.0.0.1") {
  Clients clients;
  for (std::size_t i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(server.port(), 0, from));
  return clients;
}

// Connections are idle for longer than a moment once one with that idle time has been closed.
http::Limits with_clock(std::chrono::milliseconds idle_timeout) {
  http::Limits limits;
  limits.idle_timeout = idle_timeout;
  return limits;
}

// Lets more than a second pass by the server's own clock.
void wait_for_a_moment() {
  TestServer clock(with_clock(1100ms));
  RawClient client(clock.port());
  REQUIRE(client.is_closed_by_server());
}

TEST_CASE("beyond its share of connections an address loses the one that has been idle longest") {
  http::Limits limits;
  limits.connections_per_address = 3;
  TestServer server(limits);
  auto busy = connect(server, 1);
  busy[0]->send(get("/hold?a"));
  server.journal().await("held a");
  auto idle = connect(server, 2);
  for (auto& client : idle) CHECK(client->ask(get("/echo")).status == 200);
  CHECK(idle[0]->ask(get("/echo")).status == 200);  // now the second is idle longer
  auto other = connect(server, 1, "127.0.0.2");
  CHECK(other[0]->ask(get("/echo")).status == 200);
  wait_for_a_moment();

  auto next = connect(server, 1);
  CHECK(next[0]->ask(get("/echo")).status == 200);
  CHECK(idle[1]->is_closed_by_server());
  CHECK(idle[0]->ask(get("/echo")).status == 200);
  CHECK(other[0]->ask(get("/echo")).status == 200);
  server.release("a");
  CHECK(busy[0]->receive().body == "a");
  const auto figures = server->pressure();
  CHECK(figures.closed_for_address == 1);
  CHECK(figures.last_address == "127.0.0.1");
  CHECK(figures.refused == 0);
}

TEST_CASE("connections that come at once and are all about to be used are no excess") {
  http::Limits limits;
  limits.connections_per_address = 3;
  TestServer server(limits);
  auto clients = connect(server, 20);
  for (auto& client : clients) CHECK(client->ask(get("/echo")).status == 200);
  CHECK(server->pressure().closed_for_address == 0);
}

TEST_CASE("a share of 0 is no limit") {
  http::Limits limits;
  limits.connections_per_address = 0;
  TestServer server(limits);
  auto idle = connect(server, 5);
  wait_for_a_moment();
  auto next = connect(server, 5);
  for (auto& client : idle) CHECK(client->ask(get("/echo")).status == 200);
}

TEST_CASE("when every place is taken an idle connection makes room for a new one") {
  TestServer server({}, 1, 3);
  auto idle = connect(server, 3);
  for (auto& client : idle) REQUIRE(client->ask(get("/echo")).status == 200);
  RawClient next(server.port());
  CHECK(next.ask(get("/echo")).status == 200);
  CHECK(idle[0]->is_closed_by_server());
  CHECK(idle[1]->ask(get("/echo")).status == 200);
  CHECK(server->pressure().closed_for_room == 1);
}

TEST_CASE("when every place is taken and none idle a new connection is answered 503") {
  TestServer server({}, 1, 2);
  auto busy = connect(server, 2);
  busy[0]->send(get("/hold?a"));
  busy[1]->send(get("/hold?b"));
  server.journal().await("held a");
  server.journal().await("held b");
  RawClient beyond(server.port());
  const Response response = beyond.receive();
  CHECK(response.status == 503);
  CHECK(response.field("connection") == "close");
  CHECK(response.field("content-length") == std::to_string(response.body.size()));
  CHECK(beyond.is_closed_by_server());
  server.release("a");
  CHECK(busy[0]->receive().body == "a");
  CHECK(server->pressure().refused == 1);
}

TEST_CASE("a balancer has no share, those for whom it connects have one each") {
  http::Limits limits;
  limits.connections_per_address = 2;
  limits.trusted_proxies = {*base::IpNetwork::parse("127.0.0.1")};
  TestServer server(limits);
  auto plain = connect(server, 5);
  auto spoken = connect(server, 2);
  for (auto& client : spoken) {
    CHECK(client->ask("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n" + get("/echo")).status == 200);
  }
  wait_for_a_moment();
  RawClient next(server.port());
  CHECK(next.ask("PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n" + get("/echo")).status == 200);
  CHECK(spoken[0]->is_closed_by_server());
  for (auto& client : plain) CHECK(client->ask(get("/echo")).status == 200);
  CHECK(server->pressure().last_address == "203.0.113.7");
}

}  // namespace
}  // namespace pgw::edge::test
