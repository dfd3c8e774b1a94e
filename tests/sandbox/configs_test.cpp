// Configs, deployments, datasets and evaluations, over the wire.
#include <tuple>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Response;

namespace {

std::vector<std::string> column(const json& rows, const char* name) {
  std::vector<std::string> values;
  for (const json& row : rows) values.push_back(row.at(name).get<std::string>());
  return values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("configs are listed the newest first, with aggregates only when asked") {
  Fixture api;
  const json plain = api.get("/projects/pr_support/configs").json();
  REQUIRE(plain.size() == 3);
  CHECK(plain[0].at("config").at("id") == "config_support_3");
  CHECK(plain[0].at("config").at("type") == "model");
  CHECK(plain[0].at("num_datapoints") == 6);
  CHECK(plain[0].at("last_used") == "2024-05-20T16:35:00.000000Z");
  CHECK_FALSE(plain[0].contains("evaluation_aggregates"));

  const std::string truth = GENERATE("true", "1", "Yes");
  const json rated = api.get("/projects/pr_support/configs?evaluation_aggregates=" + truth).json();
  CHECK(rated[0].at("evaluation_aggregates") == json::parse(R"([
    {"model_config_id":"config_support_3","evaluator_id":"evfn_exact_match","evaluator_version_id":"evv_exact_match_1",
     "aggregate_value":0.875},
    {"model_config_id":"config_support_3","evaluator_id":"evfn_politeness","evaluator_version_id":"evv_politeness_1",
     "aggregate_value":0.84}])"));
  CHECK(rated[2].at("evaluation_aggregates").empty());
}

TEST_CASE("a new project has one config, which can be deployed, found active and taken back") {
  Fixture api;
  const std::string project = "/projects/" + api.create_project("Life").at("id").get<std::string>();
  const json configs = api.get(project + "/configs").json();
  REQUIRE(configs.size() == 1);
  const std::string config = configs[0].at("config").at("id");
  CHECK(config.starts_with("config_"));
  CHECK(api.get(project + "/deployed-configs").json().empty());
  CHECK(api.get(project + "/active-config").status == 404);

  const Response deployed = api.patch(project + "/deploy-config", {{"projectId", "x"}, {"config_id", config}});
  REQUIRE(deployed.status == 200);
  CHECK(column(deployed.json(), "environment_name") == Texts{"production"});
  CHECK(deployed.json()[0].at("environment_tag") == "default");
  CHECK(deployed.json()[0].at("model_config_id") == config);
  CHECK(api.get(project + "/deployed-configs").json() == deployed.json());
  CHECK(api.get(project + "/active-config").json().at("config").at("id") == config);
  CHECK(api.get(project).json().at("active_config").at("config").at("id") == config);

  CHECK(api.remove(project + "/deployed-config/env_production").status == 200);
  CHECK(api.remove(project + "/deployed-config/env_production").status == 404);
  CHECK(api.get(project + "/active-config").status == 404);
}

TEST_CASE("the active config is that of the environment named, by name or identifier, or of the default one") {
  const auto [query, status, config] = GENERATE(table<std::string, int, std::string>({
      {"", 200, "config_support_3"},
      {"?environment=", 200, "config_support_3"},
      {"?environment=production", 200, "config_support_3"},
      {"?environment=staging", 200, "config_support_2"},
      {"?environment=env_staging", 200, "config_support_2"},
      {"?environment=nowhere", 404, ""},
  }));
  Fixture api;
  const Response response = api.get("/projects/pr_support/active-config" + query);
  INFO(query);
  REQUIRE(response.status == status);
  if (status == 200) CHECK(response.json().at("config").at("id") == config);
}

TEST_CASE("deactivation ends one environment and can be repeated") {
  Fixture api;
  CHECK(api.remove("/projects/pr_support/active-config?environment=staging").status == 200);
  CHECK(api.get("/projects/pr_support/active-config?environment=staging").status == 404);
  CHECK(api.get("/projects/pr_support/active-config").status == 200);

  const Response deactivated = api.remove("/projects/pr_support/active-config");
  CHECK(deactivated.status == 200);
  CHECK_FALSE(deactivated.json().contains("active_config"));
  const json updated_at = deactivated.json().at("updated_at");
  CHECK(api.remove("/projects/pr_support/active-config").json().at("updated_at") == updated_at);
}

TEST_CASE("a config can be deployed to several environments and replaces what was there") {
  Fixture api;
  const json body = {{"config_id", "config_support_1"},
                     {"environments", {{{"id", "env_staging"}, {"name", "staging"}}, {{"id", "env_production"}}}}};
  const Response deployed = api.patch("/projects/pr_support/deploy-config", body);
  REQUIRE(deployed.status == 200);
  CHECK(column(deployed.json(), "environment_id") == Texts{"env_staging", "env_production"});
  CHECK(column(api.get("/projects/pr_support/deployed-configs").json(), "model_config_id") ==
        Texts{"config_support_1", "config_support_1"});
}

TEST_CASE("a deployment of something unknown is refused as a whole") {
  const auto [body, detail] = GENERATE(table<std::string, std::string>({
      {R"({"config_id":"config_none"})", "Config with id 'config_none' not found."},
      {R"({"config_id":"config_sales_1"})", "Config with id 'config_sales_1' not found."},
      {R"({"config_id":"config_support_1","environments":[{"id":"env_staging"},{"id":"env_none"}]})",
       "Environment with id 'env_none' not found."},
  }));
  Fixture api;
  const json before = api.get("/projects/pr_support/deployed-configs").json();
  const Response response = api.send({"PATCH", "/projects/pr_support/deploy-config", body});
  CHECK(response.status == 404);
  CHECK(response.json() == json{{"detail", detail}});
  CHECK(api.get("/projects/pr_support/deployed-configs").json() == before);
}

TEST_CASE("a dataset that is made is listed first") {
  Fixture api;
  const Response created = api.post("/projects/pr_support/datasets",
                                    {{"projectId", "pr_support"}, {"name", "Fresh"}, {"description", "Nothing in it"}});
  REQUIRE(created.status == 201);
  CHECK(created.json().at("id").get<std::string>().starts_with("evts_"));
  CHECK(created.json().at("project_id") == "pr_support");
  CHECK(created.json().at("datapoint_count") == 0);
  CHECK(column(api.get("/projects/pr_support/datasets").json(), "name") ==
        Texts{"Fresh", "Angry customers", "Golden questions"});
  CHECK(api.get("/projects/pr_release/datasets").json().empty());
}

TEST_CASE("evaluations are listed the newest first, of one config if it is named, with aggregates only when asked") {
  Fixture api;
  const json all = api.get("/projects/pr_support/evaluations").json();
  CHECK(column(all, "id") == Texts{"ev_support_3", "ev_support_2", "ev_support_1"});
  CHECK(column(all, "status") == Texts{"running", "completed", "completed"});
  CHECK_FALSE(all[1].contains("evaluator_aggregates"));
  CHECK(all[1].at("dataset").at("id") == "evts_support_golden");
  CHECK(column(all[1].at("evaluators"), "type") == Texts{"python", "llm"});

  const json one =
      api.get("/projects/pr_support/evaluations?evaluatee_id=config_support_2&evaluator_aggregates=true").json();
  REQUIRE(column(one, "id") == Texts{"ev_support_1"});
  CHECK(one[0].at("evaluator_aggregates")[0].at("aggregate_value") == 0.625);
  CHECK(api.get("/projects/pr_support/evaluations?evaluatee_id=config_none").json().empty());
}

TEST_CASE("an evaluation that is made is pending and listed") {
  Fixture api;
  const json body = {{"projectId", "pr_support"},
                     {"config_id", "config_support_1"},
                     {"dataset_id", "evts_support_angry"},
                     {"evaluator_ids", {"evfn_politeness", "evfn_reviewer", "evfn_politeness"}},
                     {"provider_api_keys", {{"openai", "sk-secret"}}}};
  const Response created = api.post("/projects/pr_support/evaluations", body);
  REQUIRE(created.status == 201);
  CHECK(created.json().at("status") == "pending");
  CHECK(created.json().at("id").get<std::string>().starts_with("ev_"));
  CHECK(column(created.json().at("evaluators"), "id") == Texts{"evfn_politeness", "evfn_reviewer"});
  CHECK(created.body.find("sk-secret") == std::string::npos);
  CHECK(api.get("/projects/pr_support/evaluations?evaluatee_id=config_support_1").json()[0] == created.json());
}

TEST_CASE("an evaluation of something unknown is refused and leaves nothing behind") {
  const auto [config, dataset, evaluator, detail] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"config_sales_1", "evts_support_golden", "evfn_politeness", "Config with id 'config_sales_1' not found."},
      {"config_support_1", "evts_sales_leads", "evfn_politeness", "Dataset with id 'evts_sales_leads' not found."},
      {"config_support_1", "evts_support_golden", "evfn_none", "Evaluator with id 'evfn_none' not found."},
  }));
  Fixture api;
  const Response response = api.post("/projects/pr_support/evaluations",
                                     {{"config_id", config}, {"dataset_id", dataset}, {"evaluator_ids", {evaluator}}});
  CHECK(response.status == 404);
  CHECK(response.json() == json{{"detail", detail}});
  CHECK(api.get("/projects/pr_support/evaluations").json().size() == 3);
}
