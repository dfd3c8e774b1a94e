// The bundled contract of the Projects API against the facts of that API.
#include <set>
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

nlohmann::json bundled_schemas() {
  const auto read = Document::read(std::string(PGW_CONFIG_DIR) + "/projects-v4.openapi.yaml");
  REQUIRE(read.document != nullptr);
  return read.document->root().at("components").at("schemas");
}

TEST_CASE("the bundled contract compiles without a problem and is that of /v4") {
  CHECK(projects().base_path() == "/v4");
  CHECK(bundled_schemas().size() == 66);
}

TEST_CASE("the bundled contract has the 18 operations, each on its method and path") {
  const auto [id, method, path_template, example] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"Projects_list", "GET", "/projects", "/v4/projects"},
      {"Projects_create", "POST", "/projects", "/v4/projects"},
      {"Projects_get", "GET", "/projects/{id}", "/v4/projects/pr_1"},
      {"Projects_delete", "DELETE", "/projects/{id}", "/v4/projects/pr_1"},
      {"Projects_update", "PATCH", "/projects/{id}", "/v4/projects/pr_1"},
      {"Projects_getActiveConfig", "GET", "/projects/{id}/active-config", "/v4/projects/pr_1/active-config"},
      {"Projects_deactivateConfig", "DELETE", "/projects/{id}/active-config", "/v4/projects/pr_1/active-config"},
      {"Projects_listConfigs", "GET", "/projects/{id}/configs", "/v4/projects/pr_1/configs"},
      {"Projects_listDeployedConfigs", "GET", "/projects/{id}/deployed-configs", "/v4/projects/pr_1/deployed-configs"},
      {"Projects_export", "POST", "/projects/{id}/export", "/v4/projects/pr_1/export"},
      {"Projects_createFeedbackType", "POST", "/projects/{id}/feedback-types", "/v4/projects/pr_1/feedback-types"},
      {"Projects_updateFeedbackTypes", "PATCH", "/projects/{id}/feedback-types", "/v4/projects/pr_1/feedback-types"},
      {"Datasets_listAllForProject", "GET", "/projects/{project_id}/datasets", "/v4/projects/pr_1/datasets"},
      {"Datasets_create", "POST", "/projects/{project_id}/datasets", "/v4/projects/pr_1/datasets"},
      {"Projects_deployConfig", "PATCH", "/projects/{project_id}/deploy-config", "/v4/projects/pr_1/deploy-config"},
      {"Projects_deleteDeployedConfig", "DELETE", "/projects/{project_id}/deployed-config/{environment_id}",
       "/v4/projects/pr_1/deployed-config/env_1"},
      {"Evaluations_listAllForProject", "GET", "/projects/{project_id}/evaluations", "/v4/projects/pr_1/evaluations"},
      {"Evaluations_create", "POST", "/projects/{project_id}/evaluations", "/v4/projects/pr_1/evaluations"},
  }));
  CAPTURE(id);
  CHECK(projects().operations().size() == 18);
  const Operation* operation = projects().find(id);
  REQUIRE(operation != nullptr);
  CHECK(operation->method() == method);
  CHECK(operation->path_template() == path_template);
  const auto route = projects().match(method, example);
  REQUIRE(route.status == Route::Status::found);
  CHECK(route.match.operation == operation);
  CHECK("/v4" + projects().canonical_path(route.match) == example);
}

TEST_CASE("what a client calls though the contract hasn't got it is not found") {
  CHECK(projects().match("DELETE", "/v4/projects/pr_1/active-experiment").status == Route::Status::not_found);
  CHECK(projects().match("GET", "/v4").status == Route::Status::not_found);
  const auto route = projects().match("PUT", "/v4/projects/pr_1");
  CHECK(route.status == Route::Status::method_not_allowed);
  CHECK(route.allow == "DELETE, GET, HEAD, PATCH");
}

TEST_CASE("the requests of the real client are right") {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const Headers json{{"Accept", "application/json, text/plain, */*"}, {"Content-Type", "application/json"}};
  const auto [head, body] = GENERATE(table<std::string, std::string>({
      {"GET /v4/projects?page=0&size=10&filter=a+b%7E&user_filter=x%40y&sort_by=created_at&order=desc", ""},
      {"GET /v4/projects", ""},
      {"POST /v4/projects", R"({"name":"Ünïcode 😀","directory_id":null})"},
      {"PATCH /v4/projects/pr_1", R"({"id":"pr_1","name":"new"})"},
      {"PATCH /v4/projects/pr_1", "{}"},
      {"PATCH /v4/projects/pr_1", "[]"},
      {"POST /v4/projects/pr_1/feedback-types",
       R"({"id":"pr_1","type":"mood","class":"select","values":[{"value":"up","sentiment":"positive"},{"value":"x"}]})"},
      {"PATCH /v4/projects/pr_1/feedback-types", R"([{"type":"rating","values":[]}])"},
      {"GET /v4/projects/pr_1/configs?evaluation_aggregates=true", ""},
      {"GET /v4/projects/pr_1/active-config?environment=production", ""},
      {"PATCH /v4/projects/pr_1/deploy-config",
       R"({"projectId":"pr_1","config_id":"config_1","environments":[{"id":"e"}]})"},
      {"PATCH /v4/projects/pr_1/deploy-config", R"({"config_id":"config_1","environments":null})"},
      {"POST /v4/projects/pr_1/datasets", R"({"projectId":"pr_1","name":"d","description":"e"})"},
      {"GET /v4/projects/pr_1/evaluations?evaluator_aggregates=false&evaluatee_id=config_1", ""},
      {"POST /v4/projects/pr_1/evaluations",
       R"({"projectId":"pr_1","config_id":"c","evaluator_ids":["evfn_1"],"dataset_id":"evts_1","provider_api_keys":{"openai":"k"}})"},
      {"POST /v4/projects/pr_1/evaluations",
       R"({"config_id":"c","evaluator_ids":["evfn_1"],"dataset_id":"evts_1","provider_api_keys":[]})"},
  }));
  CAPTURE(head, body);
  CHECK(check_request(projects(), {head, json, body}) == nothing);
  // An empty object as PHP writes it is none by JSON Schema.
  const bool is_of_php = body.find("[]") == body.size() - 2 || body.find("_keys\":[]") != std::string::npos;
  CHECK(check_request(projects(Coercion::none), {head, json, body}).empty() == !is_of_php);
  CHECK(check_request(projects(), {"POST /v4/projects/pr_1/export?page=0&size=10",
                                   {{"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Length", "0"}},
                                   ""}) == nothing);
}

TEST_CASE("a wrong request is told in the service's words") {
  const auto [head, body, problems] = GENERATE(table<std::string, std::string, Lines>({
      {"GET /v4/projects?page=x&size=&sort_by=age&order=up",
       "",
       {"query.page: type_error.integer: value is not a valid integer",
        "query.size: type_error.integer: value is not a valid integer",
        "query.sort_by: type_error.enum: value is not a valid enumeration member; permitted: 'created_at', "
        "'updated_at', 'name' "
        R"({"enum_values":["created_at","updated_at","name"]})",
        "query.order: type_error.enum: value is not a valid enumeration member; permitted: 'asc', 'desc' "
        R"({"enum_values":["asc","desc"]})"}},
      {"GET /v4/projects/pr_1/configs?evaluation_aggregates=maybe",
       "",
       {"query.evaluation_aggregates: type_error.bool: value could not be parsed to a boolean"}},
      {"POST /v4/projects", "", {"body: value_error.missing: field required"}},
      {"POST /v4/projects", "{}", {"body.name: value_error.missing: field required"}},
      {"POST /v4/projects",
       R"({"name":null})",
       {"body.name: type_error.none.not_allowed: none is not an allowed value"}},
      {"POST /v4/projects",
       R"({"Name":"x","directory_id":[]})",
       {"body.name: value_error.missing: field required (did you mean 'name' instead of 'Name'?)",
        "body.directory_id: type_error.str: str type expected"}},
      {"PATCH /v4/projects/pr_1", R"({"name":{}})", {"body.name: type_error.str: str type expected"}},
      {"PATCH /v4/projects/pr_1", "[1]", {"body: type_error.dict: value is not a valid dict"}},
      {"POST /v4/projects", "[]", {"body.name: value_error.missing: field required"}},
      {"POST /v4/projects/pr_1/feedback-types",
       R"({"type":"mood","class":[]})",
       {"body.class: type_error.enum: value is not a valid enumeration member; permitted: 'select', 'multi_select', "
        R"('text', 'number' {"enum_values":["select","multi_select","text","number"]})"}},
      {"POST /v4/projects/pr_1/feedback-types",
       R"({"class":"selct","values":[{"sentiment":"good"}]})",
       {"body.type: value_error.missing: field required",
        "body.class: type_error.enum: value is not a valid enumeration member; permitted: 'select', 'multi_select', "
        R"('text', 'number' {"enum_values":["select","multi_select","text","number"]})",
        "body.values.0.value: value_error.missing: field required",
        "body.values.0.sentiment: type_error.enum: value is not a valid enumeration member; permitted: 'positive', "
        R"('negative', 'neutral', 'unset' {"enum_values":["positive","negative","neutral","unset"]})"}},
      {"PATCH /v4/projects/pr_1/deploy-config",
       R"({"configId":"c","environments":["production"]})",
       {"body.config_id: value_error.missing: field required (did you mean 'config_id' instead of 'configId'?)",
        "body.environments.0: type_error.dict: value is not a valid dict"}},
      {"POST /v4/projects/pr_1/datasets", R"({"name":"n"})", {"body.description: value_error.missing: field required"}},
      {"POST /v4/projects/pr_1/evaluations",
       R"({"config_id":"c","evaluator_ids":"e","dataset_id":1})",
       {"body.evaluator_ids: type_error.list: value is not a valid list"}},
      {"POST /v4/projects",
       "{\"name\": \"x\",}",
       {"body.13: value_error.jsondecode: Expecting property name enclosed in double quotes: line 1 column 14 (char "
        "13) "
        R"({"colno":14,"lineno":1,"msg":"Expecting property name enclosed in double quotes","pos":13})"}},
  }));
  CAPTURE(head, body);
  CHECK(check_request(projects(), {head, {{"Content-Type", "application/json"}}, body}) == problems);
  CHECK_FALSE(check_request(projects(Coercion::none), {head, {{"Content-Type", "application/json"}}, body}).empty());
}

TEST_CASE("a dataset's name has at most 255 characters, not bytes") {
  const auto body = [](std::size_t length) {
    std::string name;
    for (std::size_t i = 0; i < length; ++i) name += "é";
    return R"({"description":"d","name":")" + name + R"("})";
  };
  CHECK(check_request(projects(), {"POST /v4/projects/pr_1/datasets", {}, body(255)}) == nothing);
  CHECK(
      check_request(projects(), {"POST /v4/projects/pr_1/datasets", {}, body(256)}) ==
      Lines{
          R"(body.name: value_error.any_str.max_length: ensure this value has at most 255 characters {"limit_value":255})"});
}

TEST_CASE("only the seven operations that take a body declare one") {
  std::set<std::string> with_body;
  for (const auto& operation : projects().operations()) {
    if (operation.declares_body()) with_body.insert(operation.id());
  }
  CHECK(with_body == std::set<std::string>{"Projects_create", "Projects_update", "Projects_createFeedbackType",
                                           "Projects_updateFeedbackTypes", "Datasets_create", "Projects_deployConfig",
                                           "Evaluations_create"});
}

constexpr const char* project_response = R"({
  "id": "pr_1", "name": "P", "users": [{"id": "usr_1", "email_address": "a@b.example", "full_name": null}], "data_count": 0,
  "feedback_types": [{"type": "rating", "values": [{"value": "good", "sentiment": "positive"}]}, {"type": "mood", "values": null}],
  "team_id": "tm_1", "created_at": "2024-05-01T12:00:00.000000Z", "updated_at": "2024-05-01T12:00:00Z", "directory_id": "dir_1",
  "config_type": "model", "active_evaluators": [], "active_config": {
    "project_id": "pr_1", "project_name": "P", "created_at": "2024-05-01T12:00:00Z", "updated_at": "2024-05-01T12:00:00Z",
    "last_used": "2024-05-01T12:00:00Z", "num_datapoints": 3, "evaluation_aggregates": [],
    "config": {"type": "model", "id": "config_1", "model": "m", "endpoint": "chat", "stop": ["a"], "temperature": 0.5,
               "chat_template": [{"role": "user", "content": [{"type": "text", "text": "t"}]}], "other": {}, "seed": null,
               "response_format": {"type": "json_object"}, "tools": [], "provider": "openai"}}})";

Lines check_response(const std::string& operation, int status, const std::string& body) {
  return lines(projects().validate_response(*projects().find(operation), status, "application/json", body));
}

TEST_CASE("a response is checked against what the document describes") {
  CHECK(check_response("Projects_get", 200, project_response) == nothing);
  CHECK(check_response("Projects_create", 201, project_response) == nothing);
  CHECK(check_response("Projects_list", 200,
                       std::string(R"({"records":[)") + project_response + R"(],"page":0,"size":10,"total":1})") ==
        nothing);
  CHECK(check_response("Projects_list", 200, R"({"records":[{}],"page":"0","size":10})").size() == 10);
  CHECK(check_response("Projects_get", 404, "not described, not checked") == nothing);
  CHECK(check_response("Projects_deleteDeployedConfig", 200, "null") == nothing);
  CHECK(check_response("Projects_delete", 204, "") == nothing);

  auto wrong = nlohmann::json::parse(project_response);
  wrong["active_config"]["config"]["type"] = "modle";
  CHECK(
      check_response("Projects_get", 200, wrong.dump()) ==
      Lines{
          R"(body.active_config.config: value_error.discriminated_union.invalid_discriminator: No match for discriminator 'type' )"
          R"(and value 'modle' (allowed values: 'agent', 'evaluator', 'generic', 'model', 'tool') )"
          R"({"allowed_values":"'agent', 'evaluator', 'generic', 'model', 'tool'","discriminator_key":"type",)"
          R"("discriminator_value":"modle"})"});
  wrong["active_config"]["config"] = {
      {"type", "model"}, {"id", "c"}, {"model", "m"}, {"unknown", 1}, {"temperature", "0.5"}};
  CHECK(check_response("Projects_get", 200, wrong.dump()) ==
        Lines{"body.active_config.config.ModelConfigResponse.temperature: type_error.float: value is not a valid float",
              "body.active_config.config.ModelConfigResponse.unknown: value_error.extra: extra fields not permitted"});
}

TEST_CASE("the body that the gateway makes for a 422 is what every operation describes for it") {
  const auto violations =
      projects().validate_body(*projects().find("Projects_createFeedbackType"), R"({"class":"x","values":[1]})");
  REQUIRE(violations.size() == 3);
  const std::string body = validation_error_body(violations);
  for (const auto& operation : projects().operations()) {
    CAPTURE(operation.id());
    CHECK(check_response(operation.id(), 422, body) == nothing);
    CHECK(check_response(operation.id(), 422, R"({"detail":[{"loc":"body","msg":1}]})").size() == 3);
  }
}

}  // namespace
}  // namespace pgw::contract::test
