#include "sandbox/schema.h"

#include <string>

namespace pgw::sandbox {

namespace {

constexpr int version = 1;

// Times are ISO 8601 in UTC with microseconds, so their text order is their order. Columns named `body` hold JSON
// objects that the API hands out as they are; whatever is searched, sorted or joined has a column of its own.
//
// A config is active in an environment when it is deployed there: `deployments` is the one place that says so, and a
// project's "active config" is the one in the default environment.
constexpr const char* tables = R"sql(
CREATE TABLE users (
  id TEXT PRIMARY KEY, email_address TEXT NOT NULL, full_name TEXT, verified INTEGER NOT NULL DEFAULT 1);

CREATE TABLE directories (id TEXT PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE environments (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, tag TEXT NOT NULL, position INTEGER NOT NULL);

CREATE TABLE evaluators (
  id TEXT PRIMARY KEY, version_id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL);

CREATE TABLE projects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, directory_id TEXT NOT NULL REFERENCES directories,
  team_id TEXT NOT NULL, config_type TEXT NOT NULL DEFAULT 'model', created_at TEXT NOT NULL, updated_at TEXT NOT NULL);

CREATE TABLE project_users (
  project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE, user_id TEXT NOT NULL REFERENCES users,
  PRIMARY KEY (project_id, user_id)) WITHOUT ROWID;

CREATE TABLE project_evaluators (
  project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE, evaluator_id TEXT NOT NULL REFERENCES evaluators,
  PRIMARY KEY (project_id, evaluator_id)) WITHOUT ROWID;

CREATE TABLE feedback_types (
  project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE, type TEXT NOT NULL, position INTEGER NOT NULL,
  class TEXT NOT NULL, PRIMARY KEY (project_id, type)) WITHOUT ROWID;

CREATE TABLE feedback_labels (
  project_id TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, position INTEGER NOT NULL, sentiment TEXT NOT NULL,
  PRIMARY KEY (project_id, type, value),
  FOREIGN KEY (project_id, type) REFERENCES feedback_types ON DELETE CASCADE) WITHOUT ROWID;

CREATE TABLE configs (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE, name TEXT NOT NULL,
  body TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, last_used TEXT NOT NULL);
CREATE INDEX configs_by_project ON configs (project_id);

CREATE TABLE deployments (
  project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE, environment_id TEXT NOT NULL REFERENCES environments,
  config_id TEXT NOT NULL REFERENCES configs ON DELETE CASCADE, PRIMARY KEY (project_id, environment_id)) WITHOUT ROWID;
CREATE INDEX deployments_by_config ON deployments (config_id);

CREATE TABLE logs (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
  config_id TEXT NOT NULL REFERENCES configs ON DELETE CASCADE, body TEXT NOT NULL, created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL);
CREATE INDEX logs_by_project ON logs (project_id, created_at);
CREATE INDEX logs_by_config ON logs (config_id);

CREATE TABLE feedback (
  id TEXT PRIMARY KEY, log_id TEXT NOT NULL REFERENCES logs ON DELETE CASCADE, type TEXT NOT NULL, value TEXT NOT NULL,
  created_at TEXT NOT NULL);
CREATE INDEX feedback_by_log ON feedback (log_id);

CREATE TABLE datasets (
  id TEXT PRIMARY KEY, version_id TEXT NOT NULL, project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL, datapoint_count INTEGER NOT NULL, created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL);
CREATE INDEX datasets_by_project ON datasets (project_id);

CREATE TABLE evaluations (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
  config_id TEXT NOT NULL REFERENCES configs ON DELETE CASCADE,
  dataset_id TEXT NOT NULL REFERENCES datasets ON DELETE CASCADE,
  status TEXT NOT NULL, name TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX evaluations_by_project ON evaluations (project_id);
CREATE INDEX evaluations_by_config ON evaluations (config_id);
CREATE INDEX evaluations_by_dataset ON evaluations (dataset_id);

CREATE TABLE evaluation_evaluators (
  evaluation_id TEXT NOT NULL REFERENCES evaluations ON DELETE CASCADE,
  evaluator_id TEXT NOT NULL REFERENCES evaluators,
  position INTEGER NOT NULL, aggregate_value REAL, PRIMARY KEY (evaluation_id, evaluator_id)) WITHOUT ROWID;

CREATE TABLE evaluation_results (
  id TEXT PRIMARY KEY, evaluation_id TEXT NOT NULL REFERENCES evaluations ON DELETE CASCADE,
  evaluator_id TEXT NOT NULL REFERENCES evaluators, log_id TEXT NOT NULL REFERENCES logs ON DELETE CASCADE,
  value TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX evaluation_results_by_log ON evaluation_results (log_id);
CREATE INDEX evaluation_results_by_evaluation ON evaluation_results (evaluation_id);
)sql";

}  // namespace

void create_schema(Database& database) {
  Transaction transaction(database);
  std::int64_t found = 0;
  {
    Query query = database.query("PRAGMA user_version");
    query.step();
    found = query.integer(0);
  }
  if (found == version) return;
  if (found != 0) throw DatabaseError("this database is of version " + std::to_string(found) + ", not of this program");
  database.execute(tables);
  database.execute(("PRAGMA user_version = " + std::to_string(version)).c_str());
  transaction.commit();
}

}  // namespace pgw::sandbox
