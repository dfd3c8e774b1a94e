// Projects: the listing, the life of one, and what every other subject asks about it. All throw Refusal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// One page of a listing. `page` counts from 0.
struct Page {
  std::int64_t page = 0;
  std::int64_t size = 10;
};

/// 400 unless the page is 0 or more and the size too. A page past the end isn't an error: it is empty.
void require_valid(const Page& page);

/// The row that the page begins with; the largest number if it exceeds 64 bits.
std::int64_t first_row(const Page& page);

/// The envelope of a page: `records` are its own, `total` counts all.
Json paginated(Json records, const Page& page, std::int64_t total);

/// The parameters of Projects_list, with the API's defaults.
struct ProjectListing {
  Page page;
  std::string filter;       ///< part of the name, whatever its case
  std::string user_filter;  ///< part of the email address or the name of one of the users
  std::string sort_by = "created_at";
  std::string order = "desc";
};

struct ProjectChanges {
  std::optional<std::string> name;
  std::optional<std::string> active_config_id;
  std::optional<std::string> directory_id;
};

/// PaginatedData_ProjectResponse_. Names sort by their bytes.
Json list_projects(Session& session, const ProjectListing& listing);

/// ProjectResponse of a new project, with its feedback types, its user and its starter config. 400 if the name is
/// taken.
Json create_project(Session& session, const std::string& name, const std::optional<std::string>& directory_id);

/// ProjectResponse.
Json get_project(Session& session, const std::string& id);

/// ProjectResponse after the changes; an `active_config_id` is deployed to the default environment.
Json update_project(Session& session, const std::string& id, const ProjectChanges& changes);

/// Takes everything of the project with it.
void delete_project(Session& session, const std::string& id);

/// The project's name; 404 if there is none.
std::string require_project(Session& session, const std::string& id);

/// The project changed just now.
void touch_project(Session& session, const std::string& id);

}  // namespace pgw::sandbox
