// What exists once, whatever the project: the team, the user that owns the key, the root directory, the environments.
#pragma once

#include <string>

#include "sandbox/store.h"

namespace pgw::sandbox {

inline constexpr const char* team_id = "tm_sandbox";
inline constexpr const char* owner_user_id = "usr_ada";
inline constexpr const char* root_directory_id = "dir_root";

/// Identifier of the environment that is meant when none is named: `production`.
std::string default_environment(Session& session);

/// The identifier of the environment that has this name or identifier; 404 if none has.
std::string require_environment(Session& session, const std::string& name_or_id);

}  // namespace pgw::sandbox
