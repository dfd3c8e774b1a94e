// The tokens of `admin_token_file`: who may ask the admin listener for what.
#pragma once

#include <filesystem>
#include <vector>

#include "config/secret.h"
#include "contract/document.h"

namespace pgw::config {

enum class AdminRight {
  read,    ///< metrics, entries, configuration
  change,  ///< that, and purges
};

struct AdminToken {
  AdminRight right = AdminRight::read;
  Secret value;
};

struct LoadedAdminTokens {
  std::vector<AdminToken> tokens;           ///< complete only when no problem is an error, and then not empty
  std::vector<contract::Problem> problems;  ///< in the order of the file; none quotes it
  bool ok() const;                          ///< no problem is an error
};

/// Reads lines `read:TOKEN` and `change:TOKEN`, any number of each, so that a token can be rotated; blank lines and
/// those that begin with # say nothing. A token has 16 characters or more of those that `Authorization: Bearer` takes
/// (RFC 6750 section 2.1). A file that others may write is refused, see config/file_access.h, and one that everyone may
/// read is warned of. Throws nothing.
LoadedAdminTokens load_admin_tokens(const std::filesystem::path& path);

}  // namespace pgw::config
