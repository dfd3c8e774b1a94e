#include "sandbox/logs.h"

#include <utility>
#include <vector>

#include "sandbox/configs.h"

namespace pgw::sandbox {

namespace {

Json feedback_of(Session& session, const std::string& log_id) {
  Json feedback = Json::array();
  Query query = session.db().query(
      "SELECT id, type, value, created_at FROM feedback WHERE log_id = ?1 ORDER BY created_at", log_id);
  while (query.step()) {
    feedback.push_back({{"id", query.text(0)},
                        {"type", query.text(1)},
                        {"value", Json::parse(query.text(2))},
                        {"data_id", log_id},
                        {"created_at", query.text(3)}});
  }
  return feedback;
}

Json evaluation_results_of(Session& session, const std::string& log_id) {
  Json results = Json::array();
  Query query = session.db().query(
      "SELECT r.id, r.evaluator_id, e.version_id, r.evaluation_id, r.value, r.created_at, r.updated_at "
      "FROM evaluation_results r JOIN evaluators e ON e.id = r.evaluator_id WHERE r.log_id = ?1 ORDER BY r.created_at, "
      "r.id",
      log_id);
  while (query.step()) {
    results.push_back({{"id", query.text(0)},
                       {"evaluator_id", query.text(1)},
                       {"evaluator_version_id", query.text(2)},
                       {"evaluation_id", query.text(3)},
                       {"log_id", log_id},
                       {"value", Json::parse(query.text(4))},
                       {"created_at", query.text(5)},
                       {"updated_at", query.text(6)}});
  }
  return results;
}

Json log_response(Session& session, const std::string& id) {
  Query query = session.db().query(
      "SELECT p.name, p.id, l.config_id, l.body, l.created_at, l.updated_at FROM logs l JOIN projects p "
      "ON p.id = l.project_id WHERE l.id = ?1",
      id);
  if (!query.step()) refuse_missing("Log", id);
  Json log{{"id", id}, {"project", query.text(0)}, {"project_id", query.text(1)}, {"config_id", query.text(2)}};
  log.update(Json::parse(query.text(3)));
  log["config"] = config_response(session, query.text(2));
  log["feedback"] = feedback_of(session, id);
  log["evaluation_results"] = evaluation_results_of(session, id);
  log["created_at"] = query.text(4);
  log["updated_at"] = query.text(5);
  return log;
}

}  // namespace

Json export_logs(Session& session, const std::string& project_id, const Page& page) {
  require_project(session, project_id);
  require_valid(page);
  Query count = session.db().query("SELECT count(*) FROM logs WHERE project_id = ?1", project_id);
  count.step();
  std::vector<std::string> ids;
  {
    Query query =
        session.db().query("SELECT id FROM logs WHERE project_id = ?1 ORDER BY created_at DESC, id LIMIT ?2 OFFSET ?3",
                           project_id, page.size, first_row(page));
    while (query.step()) ids.push_back(query.text(0));
  }
  Json records = Json::array();
  for (const std::string& id : ids) records.push_back(log_response(session, id));
  return paginated(std::move(records), page, count.integer(0));
}

}  // namespace pgw::sandbox
