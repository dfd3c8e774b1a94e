// Makes a team's key.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys_file.h"
#include "config/secret.h"

namespace pgw::access {

/// "pgw_" and 256 random bits in base64url: recognisable to secret scanners, 47 characters.
inline constexpr std::string_view key_prefix = "pgw_";

struct NewKey {
  config::Secret key;      ///< to be shown once
  config::KeyEntry entry;  ///< the hash, never the key
  std::string yaml;        ///< the entry, to paste under `keys:`
};

/// From the operating system's random numbers (RAND_bytes). The id is the team's name and 8 random hexadecimal digits.
/// Throws std::runtime_error when there is no randomness, std::invalid_argument when `team` can't be a team's name.
NewKey new_key(std::string_view team, std::vector<config::Scope> scopes,
               std::optional<std::chrono::sys_seconds> expires = std::nullopt);

}  // namespace pgw::access
