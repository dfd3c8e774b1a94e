#include "sandbox/deployments.h"

#include <utility>

#include "sandbox/configs.h"
#include "sandbox/organization.h"
#include "sandbox/projects.h"

namespace pgw::sandbox {

namespace {

std::string environment_or_default(Session& session, const std::optional<std::string>& environment) {
  return environment && !environment->empty() ? require_environment(session, *environment)
                                              : default_environment(session);
}

bool remove_deployment(Session& session, const std::string& project_id, const std::string& environment_id) {
  return session.db().run("DELETE FROM deployments WHERE project_id = ?1 AND environment_id = ?2", project_id,
                          environment_id) > 0;
}

/// The project's deployments in the environment, or in all of them if it is empty.
Json deployments_in(Session& session, const std::string& project_id, const std::string& environment_id) {
  Json deployments = Json::array();
  Query query = session.db().query(
      "SELECT p.name, c.id, c.name, e.id, e.name, e.tag FROM deployments d JOIN projects p ON p.id = d.project_id "
      "JOIN configs c ON c.id = d.config_id JOIN environments e ON e.id = d.environment_id "
      "WHERE d.project_id = ?1 AND (?2 = '' OR e.id = ?2) ORDER BY e.position",
      project_id, environment_id);
  while (query.step()) {
    deployments.push_back({{"project_id", project_id},
                           {"project_name", query.text(0)},
                           {"model_config_id", query.text(1)},
                           {"model_config_name", query.text(2)},
                           {"environment_id", query.text(3)},
                           {"environment_name", query.text(4)},
                           {"environment_tag", query.text(5)}});
  }
  return deployments;
}

}  // namespace

std::optional<std::string> deployed_config(Session& session, const std::string& project_id,
                                           const std::string& environment_id) {
  Query query = session.db().query("SELECT config_id FROM deployments WHERE project_id = ?1 AND environment_id = ?2",
                                   project_id, environment_id);
  if (!query.step()) return std::nullopt;
  return query.text(0);
}

void set_deployment(Session& session, const std::string& project_id, const std::string& environment_id,
                    const std::string& config_id) {
  session.db().run(
      "INSERT INTO deployments (project_id, environment_id, config_id) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (project_id, environment_id) DO UPDATE SET config_id = excluded.config_id",
      project_id, environment_id, config_id);
}

Json get_active_config(Session& session, const std::string& project_id, const std::optional<std::string>& environment) {
  require_project(session, project_id);
  const std::string environment_id = environment_or_default(session, environment);
  const auto config = deployed_config(session, project_id, environment_id);
  if (!config) throw Refusal(404, "Project with id '" + project_id + "' has no active config in this environment.");
  Json result = project_config(session, *config, Aggregates::include);
  result["environment_id"] = environment_id;
  return result;
}

Json deactivate_config(Session& session, const std::string& project_id, const std::optional<std::string>& environment) {
  require_project(session, project_id);
  if (remove_deployment(session, project_id, environment_or_default(session, environment))) {
    touch_project(session, project_id);
  }
  return get_project(session, project_id);
}

Json list_deployments(Session& session, const std::string& project_id) {
  require_project(session, project_id);
  return deployments_in(session, project_id, "");
}

Json deploy_config(Session& session, const std::string& project_id, const std::string& config_id,
                   const std::vector<std::string>& environments) {
  require_project(session, project_id);
  require_config(session, project_id, config_id);
  std::vector<std::string> targets;
  targets.reserve(environments.size());
  for (const std::string& environment : environments) targets.push_back(require_environment(session, environment));
  if (targets.empty()) targets.push_back(default_environment(session));
  Json deployments = Json::array();
  for (const std::string& target : targets) {
    set_deployment(session, project_id, target, config_id);
    for (Json& deployment : deployments_in(session, project_id, target)) deployments.push_back(std::move(deployment));
  }
  touch_project(session, project_id);
  return deployments;
}

void delete_deployment(Session& session, const std::string& project_id, const std::string& environment) {
  require_project(session, project_id);
  if (!remove_deployment(session, project_id, require_environment(session, environment))) {
    throw Refusal(404,
                  "Project with id '" + project_id + "' has no config deployed to environment '" + environment + "'.");
  }
  touch_project(session, project_id);
}

}  // namespace pgw::sandbox
