#include "gateway/admin/admin_server.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include "gateway/edge/raw_client.h"
#include "support/catch.h"

using namespace pgw::admin;
using nlohmann::json;
using pgw::edge::test::RawClient;

namespace {

Hooks hooks() {
  return {.metrics = [] { return std::string("up 1\n"); },
          .ready = [] { return true; },
          .readiness =
              [] {
                return json{{"credential", "refused"}};
              },
          .configuration =
              [] {
                return json{{"workers", 1}};
              },
          .cache_statistics = []() -> json { throw std::runtime_error("the inner workings"); },
          .cache_entries =
              [](const EntryFilter&) {
                return json{{"path", "/\xff"}};
              },
          .cache_why =
              [](const WhyRequest& request) {
                return request.url == "/none" ? std::nullopt : std::optional(json{{"url", request.url}});
              },
          .purge =
              [](const PurgeRequest& request) {
                return std::optional(json{{"purged", 1}, {"url", request.url.value_or("")}});
              }};
}

struct Listener {
  explicit Listener(Access access = {}) : server("127.0.0.1", 0, std::move(access), hooks()) { server.start(); }

  pgw::edge::test::Response ask(const std::string& line, const std::string& fields = "Host: localhost\r\n") const {
    RawClient client(server.port());
    return client.ask(line + " HTTP/1.1\r\n" + fields + "\r\n");
  }

  AdminServer server;
};

const std::string read_token = "read-0123456789abcdef";
const std::string change_token = "change-0123456789abcdef";
Access token_access() {
  return {{}, {{Right::read, pgw::config::Secret(read_token)}, {Right::change, pgw::config::Secret(change_token)}}};
}

}  // namespace

TEST_CASE("pages are served to whom the host names this machine, health to everybody") {
  const Listener listener;
  const std::string rebound = "Host: rebound.example\r\n";
  for (const char* page : {"GET /metrics", "GET /config", "GET /cache/entries", "POST /purge?all=true"}) {
    CAPTURE(page);
    CHECK(listener.ask(page).status == 200);
    CHECK(listener.ask(page, rebound).status == 403);
  }
  CHECK(listener.ask("GET /nothing", rebound).status == 403);
  CHECK(listener.ask("GET /nothing").status == 404);
  for (const char* page : {"GET /healthz", "GET /readyz"}) CHECK(listener.ask(page, rebound).status != 403);
}

TEST_CASE("a token is asked for where there are some, and 401 and 403 are told apart") {
  const Listener listener(token_access());
  const auto bearing = [](const std::string& token) {
    return "Host: any.example\r\nAuthorization: Bearer " + token + "\r\n";
  };
  const auto without = listener.ask("GET /metrics");
  CHECK(without.status == 401);
  CHECK(without.field("www-authenticate").starts_with("Bearer"));
  CHECK(listener.ask("GET /metrics", bearing(read_token)).status == 200);
  CHECK(listener.ask("POST /purge?all=true", bearing(read_token)).status == 403);
  CHECK(listener.ask("POST /purge?all=true", bearing(change_token)).status == 200);
  CHECK(listener.ask("POST /purge?all=true", bearing("wrong-0123456789abcdef")).status == 401);
  CHECK(listener.ask("GET /healthz", "Host: any.example\r\n").status == 200);
}

TEST_CASE("another file of tokens is in force at once") {
  Listener listener(token_access());
  listener.server.set_access({{}, {{Right::read, pgw::config::Secret(change_token)}}});
  CHECK(listener.ask("GET /metrics", "Host: x\r\nAuthorization: Bearer " + read_token + "\r\n").status == 401);
  CHECK(listener.ask("GET /metrics", "Host: x\r\nAuthorization: Bearer " + change_token + "\r\n").status == 200);
}

TEST_CASE("readiness says what is to be known beside") {
  const Listener listener;
  const auto answer = listener.ask("GET /readyz");
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body) == json{{"status", "ready"}, {"credential", "refused"}});
}

TEST_CASE("what a page of a browser sends is refused") {
  const Listener listener;
  CHECK(listener.ask("POST /purge?all=true", "Host: localhost\r\nOrigin: http://evil.example\r\n").status == 403);
}

TEST_CASE("no exception reaches a body") {
  const Listener listener;
  const auto failed = listener.ask("GET /cache");
  CHECK(failed.status == 500);
  CHECK(failed.body.find("inner workings") == std::string::npos);
  const auto unreadable = listener.ask("POST /purge?%ff=1");
  CHECK(unreadable.status == 400);
  CHECK(unreadable.body.find("percent-encoded UTF-8") != std::string::npos);
  const auto bytes = listener.ask("GET /cache/entries");
  CHECK(bytes.status == 200);
  CHECK(json::parse(bytes.body) == json{{"path", "/\xef\xbf\xbd"}});
}

TEST_CASE("methods that a page has not are refused with those that it has") {
  const Listener listener;
  for (const char* line : {"POST /metrics", "DELETE /config", "PUT /healthz"}) {
    const auto refused = listener.ask(line);
    CHECK(refused.status == 405);
    CHECK(refused.field("allow") == "GET, HEAD");
  }
  CHECK(listener.ask("GET /purge?all=true").field("allow") == "POST");
}

TEST_CASE("PURGE names its URL by the target, and wants the right to change") {
  const Listener open;
  const auto purged = open.ask("PURGE /v4/items/a%20b?x=y");
  CHECK(purged.status == 200);
  CHECK(json::parse(purged.body)["url"] == "/v4/items/a%20b?x=y");
  CHECK(json::parse(open.ask("PURGE /healthz").body)["url"] == "/healthz");
  CHECK(open.ask("PURGE /items", "Host: rebound.example\r\n").status == 403);

  const Listener guarded(token_access());
  for (const char* line : {"PURGE /items", "PURGE /healthz"}) {
    CHECK(guarded.ask(line).status == 401);
    CHECK(guarded.ask(line, "Host: x\r\nAuthorization: Bearer " + read_token + "\r\n").status == 403);
    CHECK(guarded.ask(line, "Host: x\r\nAuthorization: Bearer " + change_token + "\r\n").status == 200);
  }
}

TEST_CASE("why is asked of a URL, and one outside the contract is not found") {
  const Listener listener;
  CHECK(json::parse(listener.ask("GET /cache/why?url=/items").body)["url"] == "/items");
  CHECK(listener.ask("GET /cache/why?url=/none").status == 404);
  CHECK(listener.ask("GET /cache/why").status == 400);
}

TEST_CASE("HEAD has the fields of GET and no body") {
  const Listener listener;
  RawClient client(listener.server.port());
  REQUIRE(client.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const auto head = client.receive(true);
  CHECK(head.status == 200);
  CHECK(head.field("content-length") == "5");
  CHECK(client.is_closed_by_server());
}

TEST_CASE("a connection ends when its client says so, and HTTP/1.0 ends") {
  const Listener listener;
  for (const char* request :
       {"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n"}) {
    RawClient client(listener.server.port());
    CHECK(client.ask(request).status == 200);
    CHECK(client.is_closed_by_server());
  }
}

TEST_CASE("of more than 64 connections the one that has been idle longest ends") {
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  const Listener listener;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 65; ++i) {
    clients.push_back(std::make_unique<RawClient>(listener.server.port()));
    CHECK(clients.back()->ask(request).status == 200);
  }
  CHECK(clients.front()->is_closed_by_server());
  CHECK(clients[1]->ask(request).status == 200);
}

TEST_CASE("an admin listener takes its address when made and answers when started") {
  AdminServer server("127.0.0.1", 0, {}, hooks());
  RawClient client(server.port());
  REQUIRE(client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(client.is_quiet());
  server.start();
  CHECK(client.receive().status == 200);
  server.stop();
  CHECK(client.is_closed_by_server());
  CHECK_THROWS_AS(RawClient(server.port()), std::runtime_error);
}
