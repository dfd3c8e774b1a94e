#include "sandbox/evaluators.h"

#include <vector>

namespace pgw::sandbox {

Json get_evaluator(Session& session, const std::string& id) {
  Query query = session.db().query("SELECT name, type, body, created_at, updated_at FROM evaluators WHERE id = ?1", id);
  if (!query.step()) refuse_missing("Evaluator", id);
  Json evaluator{{"id", id}, {"name", query.text(0)}, {"type", query.text(1)}};
  evaluator.update(Json::parse(query.text(2)));
  evaluator["created_at"] = query.text(3);
  evaluator["updated_at"] = query.text(4);
  return evaluator;
}

Json active_evaluators(Session& session, const std::string& project_id) {
  std::vector<std::string> ids;
  {
    Query query = session.db().query(
        "SELECT evaluator_id FROM project_evaluators WHERE project_id = ?1 ORDER BY evaluator_id", project_id);
    while (query.step()) ids.push_back(query.text(0));
  }
  Json evaluators = Json::array();
  for (const std::string& id : ids) evaluators.push_back(get_evaluator(session, id));
  return evaluators;
}

}  // namespace pgw::sandbox
