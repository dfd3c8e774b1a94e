#include "sandbox/feedback_types.h"

#include <utility>

#include "sandbox/projects.h"

namespace pgw::sandbox {

namespace {

bool is_choice(const std::string& feedback_class) {
  return feedback_class == "select" || feedback_class == "multi_select";
}

std::optional<std::string> class_of(Session& session, const std::string& project_id, const std::string& type) {
  Query query =
      session.db().query("SELECT class FROM feedback_types WHERE project_id = ?1 AND type = ?2", project_id, type);
  if (!query.step()) return std::nullopt;
  return query.text(0);
}

void set_labels(Session& session, const std::string& project_id, const std::string& type,
                const std::vector<FeedbackLabel>& labels) {
  for (const FeedbackLabel& label : labels) {
    session.db().run(
        "INSERT INTO feedback_labels (project_id, type, value, sentiment, position) "
        "SELECT ?1, ?2, ?3, coalesce(?4, 'unset'), "
        "(SELECT count(*) FROM feedback_labels WHERE project_id = ?1 AND type = ?2) WHERE true "
        "ON CONFLICT (project_id, type, value) DO UPDATE SET sentiment = coalesce(?4, sentiment)",
        project_id, type, label.value, label.sentiment);
  }
}

/// Makes the type, or gives a known one its new class and labels.
void set_type(Session& session, const std::string& project_id, const FeedbackType& type) {
  const bool has_labels = type.values && !type.values->empty();
  const auto known_class = class_of(session, project_id, type.type);
  const std::string implied = known_class.value_or(has_labels ? "select" : "text");
  const std::string feedback_class = type.feedback_class.value_or(implied);
  if (has_labels && !is_choice(feedback_class)) {
    throw Refusal(400, "Feedback type '" + type.type + "' of class '" + feedback_class + "' can't have values.");
  }
  session.db().run(
      "INSERT INTO feedback_types (project_id, type, class, position) SELECT ?1, ?2, ?3, "
      "(SELECT count(*) FROM feedback_types WHERE project_id = ?1) WHERE true "
      "ON CONFLICT (project_id, type) DO UPDATE SET class = excluded.class",
      project_id, type.type, feedback_class);
  if (has_labels) set_labels(session, project_id, type.type, *type.values);
}

Json labels_of(Session& session, const std::string& project_id, const std::string& type) {
  Json labels = Json::array();
  Query query = session.db().query(
      "SELECT value, sentiment FROM feedback_labels WHERE project_id = ?1 AND type = ?2 ORDER BY position", project_id,
      type);
  while (query.step()) labels.push_back({{"value", query.text(0)}, {"sentiment", query.text(1)}});
  return labels;
}

Json feedback_type(Session& session, const std::string& project_id, const std::string& type,
                   const std::string& feedback_class) {
  Json result{{"type", type}};
  if (is_choice(feedback_class)) result["values"] = labels_of(session, project_id, type);
  return result;
}

}  // namespace

void add_default_feedback_types(Session& session, const std::string& project_id) {
  using Labels = std::vector<FeedbackLabel>;
  set_type(session, project_id, {"rating", "select", Labels{{"good", "positive"}, {"bad", "negative"}}});
  set_type(session, project_id, {"action", "multi_select", std::nullopt});
  set_type(session, project_id, {"issue", "multi_select", std::nullopt});
  set_type(session, project_id, {"correction", "text", std::nullopt});
  set_type(session, project_id, {"comment", "text", std::nullopt});
}

Json list_feedback_types(Session& session, const std::string& project_id) {
  Json types = Json::array();
  Query query =
      session.db().query("SELECT type, class FROM feedback_types WHERE project_id = ?1 ORDER BY position", project_id);
  while (query.step()) types.push_back(feedback_type(session, project_id, query.text(0), query.text(1)));
  return types;
}

Json create_feedback_type(Session& session, const std::string& project_id, const FeedbackType& type) {
  require_project(session, project_id);
  if (class_of(session, project_id, type.type)) {
    throw Refusal(400, "Feedback type '" + type.type + "' already exists.");
  }
  set_type(session, project_id, type);
  touch_project(session, project_id);
  return feedback_type(session, project_id, type.type, class_of(session, project_id, type.type).value_or(""));
}

Json update_feedback_types(Session& session, const std::string& project_id, const std::vector<FeedbackType>& types) {
  require_project(session, project_id);
  for (const FeedbackType& type : types) set_type(session, project_id, type);
  if (!types.empty()) touch_project(session, project_id);
  return list_feedback_types(session, project_id);
}

}  // namespace pgw::sandbox
