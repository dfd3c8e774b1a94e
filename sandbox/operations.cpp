#include "sandbox/operations.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sandbox/configs.h"
#include "sandbox/datasets.h"
#include "sandbox/deployments.h"
#include "sandbox/evaluations.h"
#include "sandbox/feedback_body.h"
#include "sandbox/feedback_types.h"
#include "sandbox/json_body.h"
#include "sandbox/logs.h"
#include "sandbox/projects.h"
#include "sandbox/text.h"

namespace pgw::sandbox {

namespace {

const std::string& project_of(const Call& call) {
  return call.path_values.at(0);
}

std::int64_t query_integer(const Call& call, std::string_view name, std::int64_t fallback) {
  const auto value = query_value(call.query, name);
  return value ? parse_integer(*value).value_or(fallback) : fallback;
}

Page page_of(const Call& call) {
  const Page defaults;
  return {query_integer(call, "page", defaults.page), query_integer(call, "size", defaults.size)};
}

Aggregates aggregates_of(const Call& call, std::string_view name) {
  const auto value = query_value(call.query, name);
  return value && parse_boolean(*value).value_or(false) ? Aggregates::include : Aggregates::omit;
}

Json projects_list(Session& session, const Call& call) {
  ProjectListing listing;
  listing.page = page_of(call);
  listing.filter = query_value(call.query, "filter").value_or("");
  listing.user_filter = query_value(call.query, "user_filter").value_or("");
  listing.sort_by = query_value(call.query, "sort_by").value_or(listing.sort_by);
  listing.order = query_value(call.query, "order").value_or(listing.order);
  return list_projects(session, listing);
}

Json projects_create(Session& session, const Call& call) {
  return create_project(session, text_of(call.body, "name"), maybe_text_of(call.body, "directory_id"));
}

Json projects_get(Session& session, const Call& call) {
  return get_project(session, project_of(call));
}

Json projects_delete(Session& session, const Call& call) {
  delete_project(session, project_of(call));
  return nullptr;
}

Json projects_update(Session& session, const Call& call) {
  return update_project(session, project_of(call),
                        {maybe_text_of(call.body, "name"), maybe_text_of(call.body, "active_config_id"),
                         maybe_text_of(call.body, "directory_id")});
}

Json projects_get_active_config(Session& session, const Call& call) {
  return get_active_config(session, project_of(call), query_value(call.query, "environment"));
}

Json projects_deactivate_config(Session& session, const Call& call) {
  return deactivate_config(session, project_of(call), query_value(call.query, "environment"));
}

Json projects_list_configs(Session& session, const Call& call) {
  return list_configs(session, project_of(call), aggregates_of(call, "evaluation_aggregates"));
}

Json projects_list_deployed_configs(Session& session, const Call& call) {
  return list_deployments(session, project_of(call));
}

Json projects_deploy_config(Session& session, const Call& call) {
  std::vector<std::string> environments;
  if (const Json* named = given(call.body, "environments")) {
    for (const Json& environment : *named) environments.push_back(text_of(environment, "id"));
  }
  return deploy_config(session, project_of(call), text_of(call.body, "config_id"), environments);
}

Json projects_delete_deployed_config(Session& session, const Call& call) {
  delete_deployment(session, project_of(call), call.path_values.at(1));
  return nullptr;
}

Json projects_export(Session& session, const Call& call) {
  return export_logs(session, project_of(call), page_of(call));
}

Json projects_create_feedback_type(Session& session, const Call& call) {
  return create_feedback_type(session, project_of(call), read_feedback_type(call.body));
}

Json projects_update_feedback_types(Session& session, const Call& call) {
  return update_feedback_types(session, project_of(call), check_feedback_types(call.body));
}

Json datasets_list(Session& session, const Call& call) {
  return list_datasets(session, project_of(call));
}

Json datasets_create(Session& session, const Call& call) {
  return create_dataset(session, project_of(call), text_of(call.body, "name"), text_of(call.body, "description"));
}

Json evaluations_list(Session& session, const Call& call) {
  return list_evaluations(session, project_of(call), query_value(call.query, "evaluatee_id"),
                          aggregates_of(call, "evaluator_aggregates"));
}

Json evaluations_create(Session& session, const Call& call) {
  NewEvaluation evaluation{
      text_of(call.body, "config_id"), text_of(call.body, "dataset_id"), {}, maybe_text_of(call.body, "name")};
  for (const Json& id : call.body.at("evaluator_ids")) evaluation.evaluator_ids.push_back(as_text(id));
  return create_evaluation(session, project_of(call), evaluation);
}

constexpr std::array operations{
    Operation{"Projects_list", 200, true, false, projects_list},
    Operation{"Projects_create", 201, true, true, projects_create},
    Operation{"Projects_get", 200, true, false, projects_get},
    Operation{"Projects_delete", 204, false, false, projects_delete},
    Operation{"Projects_update", 200, true, true, projects_update},
    Operation{"Projects_getActiveConfig", 200, true, false, projects_get_active_config},
    Operation{"Projects_deactivateConfig", 200, true, false, projects_deactivate_config},
    Operation{"Projects_listConfigs", 200, true, false, projects_list_configs},
    Operation{"Projects_listDeployedConfigs", 200, true, false, projects_list_deployed_configs},
    Operation{"Projects_deployConfig", 200, true, true, projects_deploy_config},
    Operation{"Projects_deleteDeployedConfig", 200, true, false, projects_delete_deployed_config},
    Operation{"Projects_export", 200, true, false, projects_export},
    Operation{"Projects_createFeedbackType", 201, true, true, projects_create_feedback_type},
    Operation{"Projects_updateFeedbackTypes", 200, true, true, projects_update_feedback_types},
    Operation{"Datasets_listAllForProject", 200, true, false, datasets_list},
    Operation{"Datasets_create", 201, true, true, datasets_create},
    Operation{"Evaluations_listAllForProject", 200, true, false, evaluations_list},
    Operation{"Evaluations_create", 201, true, true, evaluations_create},
};

}  // namespace

std::span<const Operation> all_operations() {
  return operations;
}

const Operation* find_operation(std::string_view id) {
  const auto* found = std::find_if(operations.begin(), operations.end(),
                                   [&](const Operation& operation) { return operation.id == id; });
  return found == operations.end() ? nullptr : found;
}

}  // namespace pgw::sandbox
