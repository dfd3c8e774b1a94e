#include "sandbox/organization.h"

namespace pgw::sandbox {

std::string default_environment(Session& session) {
  Query query = session.db().query("SELECT id FROM environments WHERE tag = 'default'");
  if (!query.step()) throw DatabaseError("the database has no default environment");
  return query.text(0);
}

std::string require_environment(Session& session, const std::string& name_or_id) {
  Query query =
      session.db().query("SELECT id FROM environments WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC", name_or_id);
  if (!query.step()) refuse_missing("Environment", name_or_id);
  return query.text(0);
}

}  // namespace pgw::sandbox
