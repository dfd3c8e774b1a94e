// Which config serves which environment. A config is active where it is deployed; the project's "active config" is the
// one in the default environment. All throw Refusal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// The config deployed there, if any.
std::optional<std::string> deployed_config(Session& session, const std::string& project_id,
                                           const std::string& environment_id);

/// Replaces what was deployed there.
void set_deployment(Session& session, const std::string& project_id, const std::string& environment_id,
                    const std::string& config_id);

/// GetModelConfigResponse. Without environment: of the default one. 404 if nothing is active there.
Json get_active_config(Session& session, const std::string& project_id, const std::optional<std::string>& environment);

/// ProjectResponse. That nothing was active there is no error.
Json deactivate_config(Session& session, const std::string& project_id, const std::optional<std::string>& environment);

/// []EnvironmentProjectConfigResponse: the environments that have something deployed, the default one first.
Json list_deployments(Session& session, const std::string& project_id);

/// []EnvironmentProjectConfigResponse of the environments named, or of the default one if none is.
Json deploy_config(Session& session, const std::string& project_id, const std::string& config_id,
                   const std::vector<std::string>& environments);

/// 404 if nothing is deployed there.
void delete_deployment(Session& session, const std::string& project_id, const std::string& environment);

}  // namespace pgw::sandbox
