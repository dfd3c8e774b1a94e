#include <string>
#include <vector>

#include "gateway/access/key_ring.h"
#include "gateway/pipeline/stage.h"
#include "support/catch.h"

using namespace pgw;
using namespace pgw::pipeline;
using namespace pgw::pipeline::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view limited_api = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /r:
    parameters: [{name: n, in: query, schema: {type: integer}}]
    get: {operationId: list, responses: {'200': {description: ok}}}
    post: {operationId: make, responses: {'200': {description: ok}}}
)";

const std::vector<std::pair<std::string, std::string>> with_key{{"X-API-KEY", "secret"}};

config::KeyEntry key(std::uint32_t burst) {
  config::KeyEntry entry;
  entry.id = "k";
  entry.team = "t";
  entry.sha256 = access::digest_of("secret");
  entry.scopes = {config::Scope::read};
  if (burst > 0) entry.rate = config::Rate{1, 3600s};
  entry.burst = burst;
  return entry;
}

void charge_all(config::Settings& settings) {
  settings.access.rate_charge = config::RateCharge::all;
}

}  // namespace

TEST_CASE("with rate_charge all every authenticated request is charged, refused ones too") {
  auto [method, target, status] = GENERATE(table<std::string, std::string, int>({
      {"GET", "/nowhere", 404},
      {"PUT", "/r", 405},
      {"POST", "/r", 403},
      {"GET", "/r?n=x", 422},
  }));
  Stage stage(limited_api, charge_all, {key(1)});
  const auto first = stage.send(method, target, with_key);
  CHECK(first->status() == status);
  CHECK(first->fields.find("RateLimit-Remaining: 0\r\n") != std::string::npos);
  CHECK(stage.send(method, target, with_key)->status() == 429);
  CHECK(stage.send(method, target)->status() == 401);
}

TEST_CASE("every charged answer tells the rate, in the draft's fields and in the older ones") {
  Stage stage(limited_api, {}, {key(3)});
  const auto exchange = stage.send("GET", "/r", with_key);
  stage.call(0).sink->on_head(200, {});
  stage.call(0).sink->on_end();
  for (const char* line : {"RateLimit-Policy: \"key\";q=3;w=10800\r\n", "RateLimit: \"key\";r=2;t=3600\r\n",
                           "RateLimit-Limit: 3\r\n", "RateLimit-Remaining: 2\r\n", "RateLimit-Reset: 3600\r\n"}) {
    CHECK(exchange->fields.find(line) != std::string::npos);
  }
}

TEST_CASE("a refresh in the background is charged, and left out when the rate is used up") {
  Stage stage(limited_api, {}, {key(2)});
  stage.send("GET", "/r", with_key);
  const auto stale = fields_of({{"Cache-Control", "max-age=0, stale-while-revalidate=60"}});
  stage.call(0).sink->on_head(200, stale);
  stage.call(0).sink->on_end();
  for (int i = 0; i < 3; ++i) {
    const auto served = stage.send("GET", "/r", with_key);
    CHECK(served->status() == 200);
    if (i == 0) {
      REQUIRE(stage.upstream->calls.size() == 2);
      stage.call(1).sink->on_head(200, stale);
      stage.call(1).sink->on_end();
    }
  }
  CHECK(stage.upstream->calls.size() == 2);
}

TEST_CASE("a key has no more requests under way than it may, and is told so") {
  auto entry = key(0);
  entry.concurrency = 1;
  Stage stage(limited_api, {}, {entry});
  const auto first = stage.send("GET", "/r?n=1", with_key);
  const auto refused = stage.send("GET", "/r?n=2", with_key);
  CHECK(refused->status() == 429);
  CHECK(refused->body.find("this key has 1 requests under way") != std::string::npos);
  CHECK(refused->fields.find("Retry-After: 1\r\n") != std::string::npos);
  stage.finish(refused);

  // What a client leaves behind still works for it.
  first->leave();
  stage.finish(first);
  CHECK(stage.send("GET", "/r?n=2", with_key)->status() == 429);
  stage.call(0).sink->on_head(200, {});
  stage.call(0).sink->on_end();
  stage.call(0).sink.reset();
  CHECK(stage.send("GET", "/r?n=2", with_key)->status() == 0);
}

TEST_CASE("a team's keys share what the team may have under way") {
  auto first_key = key(0);
  auto other_key = key(0);
  other_key.id = "other";
  other_key.sha256 = access::digest_of("other secret");
  Stage stage(limited_api, [](config::Settings& settings) { settings.teams["t"].concurrency = 1; },
              {first_key, other_key});
  stage.send("GET", "/r?n=1", with_key);
  const auto refused = stage.send("GET", "/r?n=2", {{"X-API-KEY", "other secret"}});
  CHECK(refused->status() == 429);
  CHECK(refused->body.find("this team has") != std::string::npos);
}
