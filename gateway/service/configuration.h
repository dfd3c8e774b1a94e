// What a configuration means for a process that is to serve it, or serves already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/admin/admin_access.h"

namespace pgw::service {

void log_problems(const std::vector<contract::Problem>& problems);

/// Puts what a running process can't change back to what runs; the keys whose values differed. So whatever reads the
/// settings, /config included, sees what is in force.
std::vector<std::string> keep_what_runs(config::Settings& next, const config::Settings& running);

/// Who may ask the admin listener for what. Nobody but the machine itself may without a token.
std::optional<admin::Access> admin_access(const config::Settings& settings, std::vector<contract::Problem>& problems);

}  // namespace pgw::service
