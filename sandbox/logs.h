// Logs: what a project's configs were asked and answered. All throw Refusal.
#pragma once

#include <string>

#include "sandbox/projects.h"
#include "sandbox/store.h"

namespace pgw::sandbox {

/// PaginatedData_LogResponse_, the newest first.
Json export_logs(Session& session, const std::string& project_id, const Page& page);

}  // namespace pgw::sandbox
