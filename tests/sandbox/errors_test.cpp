// What a wrong request is told: routes, keys, validation.
#include <tuple>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Client;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Headers;
using pgw::sandbox::test::origin_of;
using pgw::sandbox::test::Response;
using pgw::sandbox::test::start;
using pgw::sandbox::test::test_options;

TEST_CASE("unknown routes and methods are refused, with or without a key") {
  const auto [method, path, status, allow] = GENERATE(table<std::string, std::string, int, std::string>({
      {"GET", "/v4/nothing", 404, ""},
      {"GET", "/projects", 404, ""},
      {"GET", "/v4/projects/", 404, ""},
      {"DELETE", "/v4/projects/pr_sales/active-experiment", 404, ""},
      {"GET", "/sandbox/requests", 404, ""},
      {"PUT", "/v4/projects", 405, "GET, HEAD, POST"},
      {"POST", "/v4/projects/pr_sales", 405, "DELETE, GET, HEAD, PATCH"},
      {"GET", "/v4/projects/pr_sales/export", 405, "POST"},
  }));
  const auto sandbox = start();
  Client client(origin_of(*sandbox));
  const std::string key = GENERATE("a-key", "");
  const Response response = client.send({method, path, std::nullopt, {{"X-API-KEY", key}}});
  INFO(method << " " << path);
  CHECK(response.status == status);
  CHECK(response.header("Allow") == allow);
  CHECK(response.json() == json{{"detail", status == 404 ? "Not Found" : "Method Not Allowed"}});
}

TEST_CASE("the key is taken from X-API-KEY or Authorization: Bearer, and nothing else will do") {
  const auto [headers, status] = GENERATE(table<Headers, int>({
      {{{"X-API-KEY", "the-key"}}, 200},
      {{{"x-api-key", "the-key"}}, 200},
      {{{"X-API-KEY", ""}, {"Authorization", "Bearer the-key"}}, 200},
      {{{"X-API-KEY", ""}, {"Authorization", "bearer the-key"}}, 200},
      {{{"X-API-KEY", "the-kex"}}, 401},
      {{{"X-API-KEY", "the-key2"}}, 401},
      {{{"X-API-KEY", ""}}, 401},
      {{{"X-API-KEY", ""}, {"Authorization", "Basic the-key"}}, 401},
      {{{"X-API-KEY", ""}, {"Authorization", "Bearer "}}, 401},
  }));
  auto options = test_options();
  options.api_key = "the-key";
  const auto sandbox = start(options);
  Client client(sandbox->url());
  const Response response = client.send({"GET", "/projects", std::nullopt, headers});
  CHECK(response.status == status);
  CHECK(response.body.find("the-key") == std::string::npos);
}

TEST_CASE("without a key of its own the sandbox takes any that isn't empty") {
  Fixture api;
  CHECK(api.send({"GET", "/projects", std::nullopt, {{"X-API-KEY", "whatever"}}}).status == 200);
  CHECK(api.send({"GET", "/projects", std::nullopt, {{"X-API-KEY", ""}}}).status == 401);
}

TEST_CASE("a stranger isn't told whether a request or a project would be right") {
  Fixture api;
  const std::string path = GENERATE("/projects/pr_none", "/projects?size=x");
  CHECK(api.send({"GET", path, std::nullopt, {{"X-API-KEY", ""}}}).status == 401);
}

TEST_CASE("all that is wrong with a request is told at once") {
  const auto [method, path, body, detail] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"POST", "/projects", "{}", R"([{"loc":["body","name"],"msg":"field required","type":"value_error.missing"}])"},
      {"GET", "/projects?page=x&size=1.5", "",
       R"([{"loc":["query","page"],"msg":"value is not a valid integer","type":"type_error.integer"},
           {"loc":["query","size"],"msg":"value is not a valid integer","type":"type_error.integer"}])"},
      {"POST", "/projects/pr_sales/datasets", R"({"description":[7]})",
       R"([{"loc":["body","name"],"msg":"field required","type":"value_error.missing"},
           {"loc":["body","description"],"msg":"str type expected","type":"type_error.str"}])"},
  }));
  Fixture api;
  const auto content = body.empty() ? std::nullopt : std::optional(body);
  const Response response = api.send({method, path, content});
  INFO(method << " " << path << " -> " << response.body);
  CHECK(response.status == 422);
  json found = response.json().at("detail");
  const json expected = json::parse(detail);
  CHECK(std::is_permutation(found.begin(), found.end(), expected.begin(), expected.end()));
}

TEST_CASE("the last of repeated query parameters counts") {
  Fixture api;
  CHECK(api.get("/projects?size=1&size=2").json().at("records").size() == 2);
}

TEST_CASE("no answer tells a cache what to do, and each is JSON of a known length") {
  Fixture api;
  const std::string path = GENERATE("/projects", "/projects/pr_none", "/nothing", "/projects?size=x");
  const Response response = api.get(path);
  INFO(path);
  CHECK(response.header("Content-Type") == "application/json");
  CHECK(response.header("Content-Length") == std::to_string(response.body.size()));
  CHECK(response.count("Cache-Control") == 0);
  CHECK(response.count("ETag") == 0);
  CHECK(response.count("Expires") == 0);
  CHECK(response.count("Date") == 1);
}

TEST_CASE("headers that Pistache's own handler stumbles over are nobody's business here") {
  const Headers headers = GENERATE(values<Headers>({{{"Accept", "foo"}},
                                                    {{"Accept", "*/*;q=abc"}},
                                                    {{"Cache-Control", "max-age=banana, foo=bar"}},
                                                    {{"Date", "yesterday"}},
                                                    {{"X-Twice", "1"}, {"X-Twice", "2"}},
                                                    {{"Expect", "100-continue"}}}));
  Fixture api;
  CHECK(api.send({"GET", "/projects", std::nullopt, headers}).status == 200);
}
