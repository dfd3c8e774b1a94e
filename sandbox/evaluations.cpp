#include "sandbox/evaluations.h"

#include <utility>

#include "sandbox/datasets.h"
#include "sandbox/evaluators.h"
#include "sandbox/projects.h"

namespace pgw::sandbox {

namespace {

Json aggregate(const std::string& config_id, const Query& row) {
  Json result{{"model_config_id", config_id}, {"evaluator_id", row.text(0)}, {"evaluator_version_id", row.text(1)}};
  if (const auto value = row.maybe_real(2)) result["aggregate_value"] = *value;
  return result;
}

Json evaluators_of(Session& session, const std::string& evaluation_id) {
  std::vector<std::string> ids;
  {
    Query query = session.db().query(
        "SELECT evaluator_id FROM evaluation_evaluators WHERE evaluation_id = ?1 ORDER BY position", evaluation_id);
    while (query.step()) ids.push_back(query.text(0));
  }
  Json evaluators = Json::array();
  for (const std::string& id : ids) evaluators.push_back(get_evaluator(session, id));
  return evaluators;
}

Json evaluation_aggregates(Session& session, const std::string& evaluation_id, const std::string& config_id) {
  Json aggregates = Json::array();
  Query query = session.db().query(
      "SELECT e.id, e.version_id, v.aggregate_value FROM evaluation_evaluators v JOIN evaluators e "
      "ON e.id = v.evaluator_id WHERE v.evaluation_id = ?1 ORDER BY v.position",
      evaluation_id);
  while (query.step()) aggregates.push_back(aggregate(config_id, query));
  return aggregates;
}

Json evaluation_response(Session& session, const std::string& id, Aggregates aggregates) {
  Query query = session.db().query(
      "SELECT project_id, config_id, dataset_id, status, created_at, updated_at FROM evaluations WHERE id = ?1", id);
  if (!query.step()) refuse_missing("Evaluation", id);
  const std::string config_id = query.text(1);
  const Json dataset = get_dataset(session, query.text(0), query.text(2));
  Json evaluation{{"id", id},
                  {"status", query.text(3)},
                  {"config", config_response(session, config_id)},
                  {"created_at", query.text(4)},
                  {"updated_at", query.text(5)},
                  {"evaluators", evaluators_of(session, id)},
                  {"dataset", dataset},
                  {"dataset_version_id", dataset_version(session, query.text(2))},
                  {"dataset_snapshot", dataset}};
  if (aggregates == Aggregates::include) {
    evaluation["evaluator_aggregates"] = evaluation_aggregates(session, id, config_id);
  }
  return evaluation;
}

}  // namespace

Json list_evaluations(Session& session, const std::string& project_id, const std::optional<std::string>& evaluatee_id,
                      Aggregates aggregates) {
  require_project(session, project_id);
  std::vector<std::string> ids;
  {
    Query query = session.db().query(
        "SELECT id FROM evaluations WHERE project_id = ?1 AND (?2 = '' OR config_id = ?2) ORDER BY created_at DESC, id",
        project_id, evaluatee_id.value_or(""));
    while (query.step()) ids.push_back(query.text(0));
  }
  Json evaluations = Json::array();
  for (const std::string& id : ids) evaluations.push_back(evaluation_response(session, id, aggregates));
  return evaluations;
}

Json create_evaluation(Session& session, const std::string& project_id, const NewEvaluation& evaluation) {
  require_project(session, project_id);
  require_config(session, project_id, evaluation.config_id);
  get_dataset(session, project_id, evaluation.dataset_id);
  const std::string id = session.new_id("ev");
  session.db().run(
      "INSERT INTO evaluations (id, project_id, config_id, dataset_id, status, name, created_at, updated_at) "
      "VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?6)",
      id, project_id, evaluation.config_id, evaluation.dataset_id, evaluation.name, session.now());
  int position = 0;
  for (const std::string& evaluator_id : evaluation.evaluator_ids) {
    get_evaluator(session, evaluator_id);
    session.db().run(
        "INSERT INTO evaluation_evaluators (evaluation_id, evaluator_id, position) VALUES (?1, ?2, ?3) "
        "ON CONFLICT DO NOTHING",
        id, evaluator_id, position++);
  }
  return evaluation_response(session, id, Aggregates::omit);
}

Json config_aggregates(Session& session, const std::string& config_id) {
  Json aggregates = Json::array();
  Query query = session.db().query(
      "SELECT e.id, e.version_id, avg(v.aggregate_value) FROM evaluations n "
      "JOIN evaluation_evaluators v ON v.evaluation_id = n.id JOIN evaluators e ON e.id = v.evaluator_id "
      "WHERE n.config_id = ?1 AND n.status = 'completed' GROUP BY e.id ORDER BY e.id",
      config_id);
  while (query.step()) aggregates.push_back(aggregate(config_id, query));
  return aggregates;
}

}  // namespace pgw::sandbox
