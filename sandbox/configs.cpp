#include "sandbox/configs.h"

#include <utility>
#include <vector>

#include "sandbox/evaluations.h"
#include "sandbox/projects.h"

namespace pgw::sandbox {

void add_config(Session& session, const std::string& project_id, const NewConfig& config,
                const std::string& created_at) {
  session.db().run(
      "INSERT INTO configs (id, project_id, name, body, created_at, updated_at, last_used) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5)",
      config.id, project_id, config.name, config.body.dump(), created_at);
}

void add_starter_config(Session& session, const std::string& project_id) {
  const Json body{
      {"description", "The config that a new project begins with"},
      {"provider", "openai"},
      {"model", "gpt-4o-mini"},
      {"endpoint", "chat"},
      {"temperature", 0.7},
      {"max_tokens", -1},
      {"top_p", 1},
      {"presence_penalty", 0},
      {"frequency_penalty", 0},
      {"chat_template", Json::array({{{"role", "system"}, {"content", "You are a helpful assistant."}},
                                     {{"role", "user"}, {"content", "{{question}}"}}})},
      {"template_language", "default"},
      {"other", Json::object()},
  };
  add_config(session, project_id, {session.new_id("config"), "Starter", body}, session.now());
}

void require_config(Session& session, const std::string& project_id, const std::string& config_id) {
  Query query = session.db().query("SELECT 1 FROM configs WHERE id = ?1 AND project_id = ?2", config_id, project_id);
  if (!query.step()) refuse_missing("Config", config_id);
}

Json config_response(Session& session, const std::string& config_id) {
  Query query = session.db().query("SELECT name, body FROM configs WHERE id = ?1", config_id);
  if (!query.step()) refuse_missing("Config", config_id);
  Json config{{"id", config_id}, {"type", "model"}, {"name", query.text(0)}};
  config.update(Json::parse(query.text(1)));
  return config;
}

Json project_config(Session& session, const std::string& config_id, Aggregates aggregates) {
  Query query = session.db().query(
      "SELECT p.id, p.name, c.created_at, c.updated_at, c.last_used, (SELECT count(*) FROM logs WHERE config_id = "
      "c.id) "
      "FROM configs c JOIN projects p ON p.id = c.project_id WHERE c.id = ?1",
      config_id);
  if (!query.step()) refuse_missing("Config", config_id);
  Json result{{"project_id", query.text(0)},       {"project_name", query.text(1)},
              {"created_at", query.text(2)},       {"updated_at", query.text(3)},
              {"last_used", query.text(4)},        {"config", config_response(session, config_id)},
              {"num_datapoints", query.integer(5)}};
  if (aggregates == Aggregates::include) result["evaluation_aggregates"] = config_aggregates(session, config_id);
  return result;
}

Json list_configs(Session& session, const std::string& project_id, Aggregates aggregates) {
  require_project(session, project_id);
  std::vector<std::string> ids;
  {
    Query query =
        session.db().query("SELECT id FROM configs WHERE project_id = ?1 ORDER BY created_at DESC, id", project_id);
    while (query.step()) ids.push_back(query.text(0));
  }
  Json configs = Json::array();
  for (const std::string& id : ids) configs.push_back(project_config(session, id, aggregates));
  return configs;
}

}  // namespace pgw::sandbox
