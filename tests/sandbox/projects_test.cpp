// Projects: their listing and the life of one, over the wire.
#include <algorithm>
#include <set>
#include <tuple>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Response;

namespace {

std::vector<std::string> names_of(const Response& page) {
  REQUIRE(page.status == 200);
  std::vector<std::string> names;
  const json body = page.json();
  for (const json& project : body.at("records")) names.push_back(project.at("name"));
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the listing shows the newest project first, ten to a page, and counts all") {
  Fixture api;
  for (int i = 0; i < 9; ++i) api.create_project("project " + std::to_string(i));

  const json first = api.get("/projects").json();
  CHECK(first.at("page") == 0);
  CHECK(first.at("size") == 10);
  CHECK(first.at("total") == 12);
  REQUIRE(first.at("records").size() == 10);
  CHECK(first.at("records").front().at("name") == "project 8");

  const json second = api.get("/projects?page=1").json();
  CHECK(second.at("page") == 1);
  CHECK(second.at("total") == 12);
  REQUIRE(second.at("records").size() == 2);
  CHECK(second.at("records").back().at("id") == "pr_support");
}

TEST_CASE("a page past the end is empty and no error") {
  Fixture api;
  const std::string query =
      GENERATE("page=1", "page=9223372036854775807", "page=9223372036854775807&size=1000", "size=0");
  const Response page = api.get("/projects?" + query);
  CHECK(page.status == 200);
  CHECK(page.json().at("records").empty());
  CHECK(page.json().at("total") == 3);
}

TEST_CASE("a negative page or size is refused") {
  Fixture api;
  const std::string path = GENERATE("/projects?page=-1", "/projects?size=-1");
  CHECK(api.get(path).status == 400);
}

TEST_CASE("pages of one walk through all projects, each once") {
  Fixture api;
  std::set<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const json body = api.get("/projects?size=1&page=" + std::to_string(page)).json();
    REQUIRE(body.at("records").size() == 1);
    seen.insert(body.at("records").front().at("id").get<std::string>());
  }
  CHECK(seen == std::set<std::string>{"pr_support", "pr_sales", "pr_release"});
}

TEST_CASE("the listing sorts and filters") {
  const auto [query, expected] = GENERATE(table<std::string, Names>({
      {"sort_by=created_at&order=asc",
       {"Customer support assistant", "Sales email writer", "Release notes summariser", "Übersetzer für ÄRZTE"}},
      {"sort_by=created_at&order=desc",
       {"Übersetzer für ÄRZTE", "Release notes summariser", "Sales email writer", "Customer support assistant"}},
      {"sort_by=name&order=asc",
       {"Customer support assistant", "Release notes summariser", "Sales email writer", "Übersetzer für ÄRZTE"}},
      {"sort_by=name",
       {"Übersetzer für ÄRZTE", "Sales email writer", "Release notes summariser", "Customer support assistant"}},
      {"sort_by=updated_at&order=asc",
       {"Sales email writer", "Release notes summariser", "Customer support assistant", "Übersetzer für ÄRZTE"}},
      {"filter=SALES", {"Sales email writer"}},
      {"filter=notes+sum", {"Release notes summariser"}},
      {"filter=notes%20sum", {"Release notes summariser"}},
      {"filter=%C3%A4rzte", {"Übersetzer für ÄRZTE"}},
      {"filter=%25", {}},
      {"filter=_", {}},
      {"filter=",
       {"Übersetzer für ÄRZTE", "Release notes summariser", "Sales email writer", "Customer support assistant"}},
      {"filter=sales&filter=release", {"Release notes summariser"}},
      {"user_filter=grace%40", {"Release notes summariser", "Customer support assistant"}},
      {"user_filter=PAULING", {"Sales email writer"}},
      {"user_filter=nobody", {}},
      {"user_filter=grace&filter=support", {"Customer support assistant"}},
  }));
  Fixture api;
  api.create_project("Übersetzer für ÄRZTE");
  INFO(query);
  CHECK(names_of(api.get("/projects?" + query)) == expected);
}

TEST_CASE("the total counts what the filter lets through") {
  Fixture api;
  CHECK(api.get("/projects?filter=sales&page=3").json().at("total") == 1);
}

TEST_CASE("a new project has feedback types, its user, a team and no active config") {
  Fixture api;
  const Response created = api.send({"POST", "/projects", R"({"name":"Fresh","projectId":"ignored"})"});
  REQUIRE(created.status == 201);
  const json project = created.json();
  CHECK(project.at("id").get<std::string>().starts_with("pr_"));
  CHECK(project.at("name") == "Fresh");
  CHECK(project.at("team_id").get<std::string>().starts_with("tm_"));
  CHECK(project.at("directory_id") == "dir_root");
  CHECK(project.at("data_count") == 0);
  CHECK(project.at("created_at") == project.at("updated_at"));
  CHECK(project.at("users").front().at("email_address") == "ada@sandbox.example");
  CHECK_FALSE(project.contains("active_config"));
  std::vector<std::string> types;
  for (const json& type : project.at("feedback_types")) types.push_back(type.at("type"));
  CHECK(types == std::vector<std::string>{"rating", "action", "issue", "correction", "comment"});
  CHECK(project.at("feedback_types").front().at("values") ==
        json::parse(R"([{"value":"good","sentiment":"positive"},{"value":"bad","sentiment":"negative"}])"));
  CHECK(api.get("/projects/" + project.at("id").get<std::string>()).json() == project);
}

TEST_CASE("names and directories of projects are checked") {
  const auto [body, status, detail] = GENERATE(table<std::string, int, std::string>({
      {R"({"name":"Sales email writer"})", 400, "Project with name 'Sales email writer' already exists."},
      {R"({"name":"New","directory_id":"dir_nowhere"})", 404, "Directory with id 'dir_nowhere' not found."},
      {R"({"name":"New","directory_id":"dir_marketing"})", 201, ""},
      {R"({"name":"New","directory_id":null})", 201, ""},
  }));
  Fixture api;
  const Response response = api.send({"POST", "/projects", body});
  CHECK(response.status == status);
  if (status != 201) CHECK(response.json() == json{{"detail", detail}});
}

TEST_CASE("an update changes what it names and nothing else") {
  Fixture api;
  const json before = api.get("/projects/pr_sales").json();

  const Response renamed = api.patch("/projects/pr_sales", {{"id", "pr_sales"}, {"name", "Renamed"}});
  REQUIRE(renamed.status == 200);
  CHECK(renamed.json().at("name") == "Renamed");
  CHECK(renamed.json().at("updated_at") > before.at("updated_at"));
  CHECK(renamed.json().at("created_at") == before.at("created_at"));
  CHECK(renamed.json().at("active_config").at("config") == before.at("active_config").at("config"));

  const Response activated =
      api.patch("/projects/pr_sales", {{"active_config_id", "config_sales_1"}, {"directory_id", "dir_root"}});
  REQUIRE(activated.status == 200);
  CHECK(activated.json().at("name") == "Renamed");
  CHECK(activated.json().at("directory_id") == "dir_root");
  CHECK(activated.json().at("active_config").at("config").at("id") == "config_sales_1");
  CHECK(api.get("/projects/pr_sales").json() == activated.json());
}

TEST_CASE("an update that fails changes nothing") {
  const auto [change, status] = GENERATE(table<json, int>({
      {json{{"name", "Release notes summariser"}}, 400},
      {json{{"name", "Other"}, {"active_config_id", "config_none"}}, 404},
      {json{{"name", "Other"}, {"active_config_id", "config_support_1"}}, 404},
      {json{{"name", "Other"}, {"directory_id", "dir_none"}}, 404},
  }));
  Fixture api;
  const json before = api.get("/projects/pr_sales").json();
  CHECK(api.patch("/projects/pr_sales", change).status == status);
  CHECK(api.get("/projects/pr_sales").json() == before);
}

TEST_CASE("a project keeps its own name when it is renamed to it") {
  Fixture api;
  CHECK(api.patch("/projects/pr_sales", {{"name", "Sales email writer"}}).status == 200);
}

TEST_CASE("a deleted project is gone with everything of it") {
  Fixture api;
  const Response deleted = api.remove("/projects/pr_support");
  CHECK(deleted.status == 204);
  CHECK(deleted.body.empty());
  CHECK(deleted.count("Content-Length") == 0);
  CHECK(deleted.count("Content-Type") == 0);
  CHECK(api.get("/projects/pr_support").status == 404);
  CHECK(api.get("/projects/pr_support/configs").status == 404);
  CHECK(api.get("/projects").json().at("total") == 2);
  CHECK(api.remove("/projects/pr_support").status == 404);
}

TEST_CASE("identifiers are decoded once and looked up whole") {
  Fixture api;
  const Response response = api.get("/projects/pr_%3Bsales%25");
  CHECK(response.status == 404);
  CHECK(response.json().at("detail") == "Project with id 'pr_;sales%' not found.");
  // A slash in an identifier makes another path of it, as in the service, which routes by the decoded path.
  CHECK(api.get("/projects/pr_%2Fsales").json().at("detail") == "Not Found");
}

TEST_CASE("the export pages through the logs, the newest first") {
  Fixture api;
  const Response page = api.send({"POST",
                                  "/projects/pr_support/export?page=1&size=5",
                                  std::string(),
                                  {{"Content-Type", "application/x-www-form-urlencoded"}}});
  REQUIRE(page.status == 200);
  const json body = page.json();
  CHECK(body.at("total") == 12);
  CHECK(body.at("page") == 1);
  CHECK(body.at("size") == 5);
  REQUIRE(body.at("records").size() == 5);
  CHECK(body.at("records").front().at("id") == "data_support_07");
  CHECK(std::is_sorted(body.at("records").begin(), body.at("records").end(),
                       [](const json& a, const json& b) { return a.at("created_at") > b.at("created_at"); }));

  const json rest = api.send({"POST", "/projects/pr_support/export?page=2&size=5"}).json();
  CHECK(rest.at("records").size() == 2);
  CHECK(rest.at("records").back().at("feedback").size() == 2);
  CHECK(api.send({"POST", "/projects/pr_support/export?page=3&size=5"}).json().at("records").empty());
  CHECK(api.send({"POST", "/projects/pr_release/export"}).json().at("total") == 0);
}

TEST_CASE("every operation on a project that isn't there answers 404 and names it") {
  const auto [method, path, body] = GENERATE(table<std::string, std::string, std::string>({
      {"GET", "", ""},
      {"DELETE", "", ""},
      {"PATCH", "", R"({"name":"x"})"},
      {"GET", "/active-config", ""},
      {"DELETE", "/active-config", ""},
      {"GET", "/configs", ""},
      {"GET", "/deployed-configs", ""},
      {"POST", "/export", ""},
      {"POST", "/feedback-types", R"({"type":"t","class":"text"})"},
      {"PATCH", "/feedback-types", R"([{"type":"t","class":"text"}])"},
      {"GET", "/datasets", ""},
      {"POST", "/datasets", R"({"name":"n","description":"d"})"},
      {"PATCH", "/deploy-config", R"({"config_id":"config_sales_1"})"},
      {"DELETE", "/deployed-config/env_production", ""},
      {"GET", "/evaluations", ""},
      {"POST", "/evaluations", R"({"config_id":"c","dataset_id":"d","evaluator_ids":[]})"},
  }));
  Fixture api;
  const auto content = body.empty() ? std::nullopt : std::optional(body);
  const Response response = api.send({method, "/projects/pr_none" + path, content});
  INFO(method << " " << path);
  CHECK(response.status == 404);
  CHECK(response.json() == json{{"detail", "Project with id 'pr_none' not found."}});
}

TEST_CASE("a number or a boolean for a text is taken as pydantic takes it") {
  const auto [body, name] = GENERATE(table<std::string, std::string>({
      {R"({"name":12})", "12"},
      {R"({"name":1.5})", "1.5"},
      {R"({"name":true})", "True"},
  }));
  Fixture api;
  const Response created = api.send({"POST", "/projects", body});
  REQUIRE(created.status == 201);
  CHECK(created.json().at("name") == name);
}
