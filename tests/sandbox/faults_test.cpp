// Misbehaviour on demand.
#include <chrono>
#include <tuple>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Headers;
using pgw::sandbox::test::RawConnection;
using pgw::sandbox::test::Response;
using pgw::sandbox::test::test_options;

namespace {

/// Creates a project named N over a raw connection, with fault fields.
std::string create(const std::string& name, const std::string& fields) {
  const std::string body = json{{"name", name}}.dump();
  return "POST /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nContent-Type: application/json\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

int count_named(Fixture& api, const std::string& name) {
  return api.get("/projects?filter=" + name).json().at("total").get<int>();
}

/// Asks again and again, for 10 seconds at most.
template <typename Condition>
bool becomes(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

pgw::sandbox::Options one_thread() {
  auto options = Fixture::faulty_options();
  options.threads = 1;
  return options;
}

}  // namespace

TEST_CASE("a delay comes before the effect and occupies no thread") {
  Fixture api(one_thread());
  RawConnection slow(api.sandbox->url());
  slow.write(create("slow", "X-Sandbox-Delay: 600s\r\n"));
  REQUIRE(becomes([&] { return api.requests("Projects_create") == 1; }));
  CHECK(count_named(api, "slow") == 0);
  CHECK_FALSE(slow.has_input());
}

TEST_CASE("a delay after lets the effect be seen before the answer") {
  Fixture api(one_thread());
  RawConnection slow(api.sandbox->url());
  slow.write(create("early", "X-Sandbox-Delay-After: 600s\r\n"));
  CHECK(becomes([&] { return count_named(api, "early") == 1; }));
  CHECK_FALSE(slow.has_input());
}

TEST_CASE("a delayed request is answered once its time has come") {
  const std::string field = GENERATE("X-Sandbox-Delay", "X-Sandbox-Delay-After");
  Fixture api;
  const Response response = api.send({"GET", "/projects", std::nullopt, {{field, "60ms"}}});
  CHECK(response.status == 200);
  CHECK(response.seconds >= 0.06);
}

TEST_CASE("a status that is asked for has no effect") {
  const int status = GENERATE(400, 429, 500, 503);
  Fixture api;
  const Response response =
      api.send({"POST", "/projects", R"({"name":"unmade"})", {{"X-Sandbox-Status", std::to_string(status)}}});
  CHECK(response.status == status);
  CHECK(response.json().contains("detail"));
  CHECK(count_named(api, "unmade") == 0);
}

TEST_CASE("an abort leaves the client without an answer, before or after the effect") {
  const auto [when, made] = GENERATE(table<std::string, int>({{"before", 0}, {"after", 1}}));
  Fixture api;
  const Response response = api.send({"POST", "/projects", R"({"name":"cut"})", {{"X-Sandbox-Abort", when}}});
  CHECK(response.status == 0);
  CHECK(response.empty_reply);
  CHECK(count_named(api, "cut") == made);
}

TEST_CASE("response headers can be added, several at once") {
  Fixture api;
  const Response response =
      api.send({"GET",
                "/projects",
                std::nullopt,
                {{"X-Sandbox-Headers",
                  "Cache-Control: max-age=60, private | Vary: Accept|ETag: \"a:b\"|Set-Cookie: a=1|Set-Cookie: b=2"}}});
  CHECK(response.header("Cache-Control") == "max-age=60, private");
  CHECK(response.header("Vary") == "Accept");
  CHECK(response.header("ETag") == "\"a:b\"");
  CHECK(response.count("Set-Cookie") == 2);
}

TEST_CASE("a body can be padded and stays the same JSON") {
  Fixture api;
  const json plain = api.get("/projects/pr_sales").json();
  const Response padded = api.send({"GET", "/projects/pr_sales", std::nullopt, {{"X-Sandbox-Body-Size", "3000000"}}});
  CHECK(padded.body.size() == 3'000'000);
  CHECK(padded.json() == plain);
}

TEST_CASE("a fault that is misspelt is refused instead of being ignored") {
  const auto [name, value] = GENERATE(table<std::string, std::string>({{"X-Sandbox-Delay", "250"},
                                                                       {"X-Sandbox-Delay", "-1ms"},
                                                                       {"X-Sandbox-Delay-After", "2h"},
                                                                       {"X-Sandbox-Status", "99"},
                                                                       {"X-Sandbox-Status", "600"},
                                                                       {"X-Sandbox-Abort", "during"},
                                                                       {"X-Sandbox-Headers", "no colon"},
                                                                       {"X-Sandbox-Body-Size", "1GB"},
                                                                       {"X-Sandbox-Dleay", "1ms"}}));
  Fixture api;
  INFO(name << ": " << value);
  CHECK(api.send({"GET", "/projects", std::nullopt, {{name, value}}}).status == 400);
}

TEST_CASE("requests are counted by operation, whatever became of them") {
  Fixture api;
  api.get("/projects");
  api.get("/projects?size=x");
  // A client of its own, as libcurl repeats by itself a request that a reused connection swallowed.
  pgw::sandbox::test::Client other(api.sandbox->url());
  other.send({"GET", "/projects", std::nullopt, {{"X-Sandbox-Abort", "before"}}});
  api.get("/projects/pr_none");
  api.get("/nothing");
  CHECK(api.requests("Projects_list") == 3);
  CHECK(api.requests("Projects_get") == 1);
  CHECK(api.requests("Projects_create") == 0);
  CHECK(api.requests("other") == 1);
}

TEST_CASE("without faults the headers mean nothing") {
  Fixture api(test_options());
  const Response response = api.send({"GET",
                                      "/projects",
                                      std::nullopt,
                                      {{"X-Sandbox-Status", "503"}, {"X-Sandbox-Headers", "Cache-Control: no-store"}}});
  CHECK(response.status == 200);
  CHECK(response.count("Cache-Control") == 0);
}

TEST_CASE("stop doesn't wait for delayed requests") {
  Fixture api;
  RawConnection slow(api.sandbox->url());
  slow.write(create("slow", "X-Sandbox-Delay: 600s\r\n"));
  REQUIRE(becomes([&] { return api.requests("Projects_create") == 1; }));
  api.sandbox->stop();
  CHECK(slow.read_to_end().empty());
}
