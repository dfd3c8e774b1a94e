#include "sandbox/datasets.h"

#include "sandbox/projects.h"

namespace pgw::sandbox {

namespace {

Json dataset_response(const Query& row) {
  return Json{{"id", row.text(0)},          {"project_id", row.text(1)},         {"name", row.text(2)},
              {"description", row.text(3)}, {"datapoint_count", row.integer(4)}, {"created_at", row.text(5)},
              {"updated_at", row.text(6)}};
}

}  // namespace

Json get_dataset(Session& session, const std::string& project_id, const std::string& id) {
  Query query = session.db().query(
      "SELECT id, project_id, name, description, datapoint_count, created_at, updated_at FROM datasets "
      "WHERE id = ?1 AND project_id = ?2",
      id, project_id);
  if (!query.step()) refuse_missing("Dataset", id);
  return dataset_response(query);
}

std::string dataset_version(Session& session, const std::string& id) {
  Query query = session.db().query("SELECT version_id FROM datasets WHERE id = ?1", id);
  if (!query.step()) refuse_missing("Dataset", id);
  return query.text(0);
}

Json list_datasets(Session& session, const std::string& project_id) {
  require_project(session, project_id);
  Json datasets = Json::array();
  Query query = session.db().query(
      "SELECT id, project_id, name, description, datapoint_count, created_at, updated_at FROM datasets "
      "WHERE project_id = ?1 ORDER BY created_at DESC, id",
      project_id);
  while (query.step()) datasets.push_back(dataset_response(query));
  return datasets;
}

Json create_dataset(Session& session, const std::string& project_id, const std::string& name,
                    const std::string& description) {
  require_project(session, project_id);
  const std::string id = session.new_id("evts");
  session.db().run(
      "INSERT INTO datasets (id, version_id, project_id, name, description, datapoint_count, created_at, updated_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6)",
      id, session.new_id("evtv"), project_id, name, description, session.now());
  return get_dataset(session, project_id, id);
}

}  // namespace pgw::sandbox
