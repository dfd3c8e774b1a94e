// Model configs: what a project's prompts are made of. All throw Refusal.
#pragma once

#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

/// Whether a config is told with the averages that evaluators gave it.
enum class Aggregates { omit, include };

/// The config's identifier and `name`, and its `body`: the rest of a ModelConfigResponse.
struct NewConfig {
  std::string id;
  std::string name;
  Json body;
};

void add_config(Session& session, const std::string& project_id, const NewConfig& config,
                const std::string& created_at);

/// The config that every new project begins with, as the API has no operation to make one.
void add_starter_config(Session& session, const std::string& project_id);

/// 404 unless the project has this config.
void require_config(Session& session, const std::string& project_id, const std::string& config_id);

/// ConfigResponse: the config itself.
Json config_response(Session& session, const std::string& config_id);

/// ProjectConfigResponse: the config and its use in its project.
Json project_config(Session& session, const std::string& config_id, Aggregates aggregates);

/// []ProjectConfigResponse, the newest first.
Json list_configs(Session& session, const std::string& project_id, Aggregates aggregates);

}  // namespace pgw::sandbox
