#include "sandbox/projects.h"

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox/configs.h"
#include "sandbox/deployments.h"
#include "sandbox/evaluators.h"
#include "sandbox/feedback_types.h"
#include "sandbox/organization.h"

namespace pgw::sandbox {

namespace {

Json users_of(Session& session, const std::string& project_id) {
  Json users = Json::array();
  Query query = session.db().query(
      "SELECT u.id, u.email_address, u.full_name FROM project_users p JOIN users u ON u.id = p.user_id "
      "WHERE p.project_id = ?1 ORDER BY u.id",
      project_id);
  while (query.step()) {
    Json user{{"id", query.text(0)}, {"email_address", query.text(1)}};
    if (const auto name = query.maybe_text(2)) user["full_name"] = *name;
    users.push_back(std::move(user));
  }
  return users;
}

std::int64_t count_logs(Session& session, const std::string& project_id) {
  Query query = session.db().query("SELECT count(*) FROM logs WHERE project_id = ?1", project_id);
  query.step();
  return query.integer(0);
}

void require_directory(Session& session, const std::string& id) {
  if (!session.db().query("SELECT 1 FROM directories WHERE id = ?1", id).step()) refuse_missing("Directory", id);
}

void require_free_name(Session& session, const std::string& name, const std::string& except_id) {
  Query query = session.db().query("SELECT 1 FROM projects WHERE name = ?1 AND id <> ?2", name, except_id);
  if (query.step()) throw Refusal(400, "Project with name '" + name + "' already exists.");
}

constexpr std::string_view matching_projects =
    "FROM projects p WHERE (?1 = '' OR instr(folded(p.name), folded(?1)) > 0) AND (?2 = '' OR EXISTS ("
    "SELECT 1 FROM project_users m JOIN users u ON u.id = m.user_id WHERE m.project_id = p.id AND ("
    "instr(folded(u.email_address), folded(?2)) > 0 OR instr(folded(u.full_name), folded(?2)) > 0)))";

/// Only words of this list reach the SQL; the contract has refused all others before.
std::string ordering(const ProjectListing& listing) {
  std::string column = "p.created_at";
  if (listing.sort_by == "updated_at") column = "p.updated_at";
  if (listing.sort_by == "name") column = "p.name";
  const std::string direction = listing.order == "asc" ? " ASC" : " DESC";
  return " ORDER BY " + column + direction + ", p.id" + direction;
}

}  // namespace

void require_valid(const Page& page) {
  if (page.page < 0) throw Refusal(400, "page must be 0 or more.");
  if (page.size < 0) throw Refusal(400, "size must be 0 or more.");
}

std::int64_t first_row(const Page& page) {
  std::int64_t first = 0;
  if (__builtin_mul_overflow(page.page, page.size, &first)) return std::numeric_limits<std::int64_t>::max();
  return first;
}

Json paginated(Json records, const Page& page, std::int64_t total) {
  return Json{{"records", std::move(records)}, {"page", page.page}, {"size", page.size}, {"total", total}};
}

Json list_projects(Session& session, const ProjectListing& listing) {
  require_valid(listing.page);
  const std::string source(matching_projects);
  Query count = session.db().query("SELECT count(*) " + source, listing.filter, listing.user_filter);
  count.step();
  std::vector<std::string> ids;
  {
    Query query = session.db().query("SELECT p.id " + source + ordering(listing) + " LIMIT ?3 OFFSET ?4",
                                     listing.filter, listing.user_filter, listing.page.size, first_row(listing.page));
    while (query.step()) ids.push_back(query.text(0));
  }
  Json records = Json::array();
  for (const std::string& id : ids) records.push_back(get_project(session, id));
  return paginated(std::move(records), listing.page, count.integer(0));
}

Json create_project(Session& session, const std::string& name, const std::optional<std::string>& directory_id) {
  const std::string directory = directory_id.value_or(std::string(root_directory_id));
  require_directory(session, directory);
  require_free_name(session, name, "");
  const std::string id = session.new_id("pr");
  const std::string now = session.now();
  session.db().run(
      "INSERT INTO projects (id, name, directory_id, team_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
      id, name, directory, team_id, now);
  session.db().run("INSERT INTO project_users (project_id, user_id) VALUES (?1, ?2)", id, owner_user_id);
  add_default_feedback_types(session, id);
  add_starter_config(session, id);
  return get_project(session, id);
}

Json get_project(Session& session, const std::string& id) {
  Query query = session.db().query(
      "SELECT name, directory_id, team_id, config_type, created_at, updated_at FROM projects WHERE id = ?1", id);
  if (!query.step()) refuse_missing("Project", id);
  Json project{{"id", id},
               {"name", query.text(0)},
               {"users", users_of(session, id)},
               {"data_count", count_logs(session, id)},
               {"feedback_types", list_feedback_types(session, id)},
               {"team_id", query.text(2)},
               {"created_at", query.text(4)},
               {"updated_at", query.text(5)}};
  if (const auto config = deployed_config(session, id, default_environment(session))) {
    project["active_config"] = project_config(session, *config, Aggregates::include);
  }
  project["config_type"] = query.text(3);
  project["active_evaluators"] = active_evaluators(session, id);
  project["directory_id"] = query.text(1);
  return project;
}

Json update_project(Session& session, const std::string& id, const ProjectChanges& changes) {
  require_project(session, id);
  if (changes.name) {
    require_free_name(session, *changes.name, id);
    session.db().run("UPDATE projects SET name = ?2 WHERE id = ?1", id, *changes.name);
  }
  if (changes.directory_id) {
    require_directory(session, *changes.directory_id);
    session.db().run("UPDATE projects SET directory_id = ?2 WHERE id = ?1", id, *changes.directory_id);
  }
  if (changes.active_config_id) {
    require_config(session, id, *changes.active_config_id);
    set_deployment(session, id, default_environment(session), *changes.active_config_id);
  }
  touch_project(session, id);
  return get_project(session, id);
}

void delete_project(Session& session, const std::string& id) {
  if (session.db().run("DELETE FROM projects WHERE id = ?1", id) == 0) refuse_missing("Project", id);
}

std::string require_project(Session& session, const std::string& id) {
  Query query = session.db().query("SELECT name FROM projects WHERE id = ?1", id);
  if (!query.step()) refuse_missing("Project", id);
  return query.text(0);
}

void touch_project(Session& session, const std::string& id) {
  session.db().run("UPDATE projects SET updated_at = ?2 WHERE id = ?1", id, session.now());
}

}  // namespace pgw::sandbox
