// Feedback types, over the wire.
#include <tuple>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Response;

namespace {

constexpr const char* path = "/projects/pr_sales/feedback-types";

/// The type as the project shows it, or null.
json find_type(Fixture& api, const std::string& name) {
  const json project = api.get("/projects/pr_sales").json();
  for (const json& type : project.at("feedback_types")) {
    if (type.at("type") == name) return type;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a feedback type can be made of each class, and only a choice has values") {
  const auto [body, model] = GENERATE(table<std::string, std::string>({
      {R"({"id":"pr_sales","type":"tone","class":"select","values":[{"value":"warm","sentiment":"positive"},{"value":"odd"}]})",
       R"({"type":"tone","values":[{"value":"warm","sentiment":"positive"},{"value":"odd","sentiment":"unset"}]})"},
      {R"({"type":"tone","class":"multi_select"})", R"({"type":"tone","values":[]})"},
      {R"({"type":"tone","class":"text"})", R"({"type":"tone"})"},
      {R"({"type":"tone","class":"number","values":[]})", R"({"type":"tone"})"},
      {R"({"type":"tone","class":"text","values":null})", R"({"type":"tone"})"},
  }));
  Fixture api;
  const Response created = api.send({"POST", path, body});
  INFO(body);
  REQUIRE(created.status == 201);
  CHECK(created.json() == json::parse(model));
  CHECK(find_type(api, "tone") == json::parse(model));
}

TEST_CASE("a feedback type that can't be made is refused") {
  const auto [body, status] = GENERATE(table<std::string, int>({
      {R"({"type":"rating","class":"select"})", 400},
      {R"({"type":"tone","class":"text","values":[{"value":"warm"}]})", 400},
      {R"({"type":"tone","class":"colour"})", 422},
      {R"({"type":"tone"})", 422},
      {R"([])", 422},
  }));
  Fixture api;
  INFO(body);
  CHECK(api.send({"POST", path, body}).status == status);
  CHECK(find_type(api, "tone") == nullptr);
}

TEST_CASE("an update of feedback types makes what is missing and keeps what isn't named") {
  Fixture api;
  const Response updated = api.send({"PATCH", path, R"([
    {"type":"rating","values":[{"value":"bad","sentiment":"neutral"},{"value":"superb","sentiment":"positive"}]},
    {"type":"action","values":[{"value":"sent"}]},
    {"type":"reach","class":"number"}])"});
  REQUIRE(updated.status == 200);
  CHECK(find_type(api, "rating").at("values") == json::parse(R"([{"value":"good","sentiment":"positive"},
    {"value":"bad","sentiment":"neutral"},{"value":"superb","sentiment":"positive"}])"));
  CHECK(find_type(api, "action").at("values") == json::parse(R"([{"value":"sent","sentiment":"unset"}])"));
  CHECK(find_type(api, "reach") == json{{"type", "reach"}});
  CHECK(find_type(api, "comment") == json{{"type", "comment"}});
  CHECK(updated.json() == api.get("/projects/pr_sales").json().at("feedback_types"));
}

TEST_CASE("an update of feedback types without a body changes nothing") {
  Fixture api;
  const json before = api.get("/projects/pr_sales").json();
  CHECK(api.send({"PATCH", path}).status == 200);
  CHECK(api.get("/projects/pr_sales").json() == before);
}

TEST_CASE("a wrong update of feedback types is refused in the words of every other 422") {
  const auto [body, violations] = GENERATE(table<std::string, std::string>({
      {R"({"type":"tone"})", R"([{"loc":["body"],"msg":"value is not a valid list","type":"type_error.list"}])"},
      {R"([1])", R"([{"loc":["body",0],"msg":"value is not a valid dict","type":"type_error.dict"}])"},
      {R"([{"type":"ok"},{"class":"text"}])",
       R"([{"loc":["body",1,"type"],"msg":"field required","type":"value_error.missing"}])"},
      {R"([{"type":"tone","class":"colour","values":[{"value":[3]}]}])",
       R"([{"loc":["body",0,"class"],"msg":"value is not a valid enumeration member","type":"type_error.enum"},
           {"loc":["body",0,"values",0,"value"],"msg":"str type expected","type":"type_error.str"}])"},
  }));
  Fixture api;
  const Response response = api.send({"PATCH", path, body});
  CHECK(response.status == 422);
  CHECK(response.json() == json{{"detail", json::parse(violations)}});
  CHECK(find_type(api, "ok") == nullptr);
}

TEST_CASE("an update of feedback types that isn't JSON is refused") {
  Fixture api;
  const Response response = api.send({"PATCH", path, "[{"});
  CHECK(response.status == 422);
  CHECK(response.json().at("detail")[0].at("type") == "value_error.jsondecode");
}
