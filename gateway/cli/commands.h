// The commands of `projects-gateway`. Each returns the process's exit code: 0, or 1 with the reason on standard error
// unless it says otherwise.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/problems.h"

namespace pgw::cli {

struct ServeOptions {
  std::filesystem::path config;  ///< empty: `default_file`, or with `sandbox` the bundled one, and no cache file
  bool sandbox = false;          ///< in front of an embedded sandbox, with a key made for it
  std::string listen;            ///< instead of the file's; empty: the file's
  std::string admin;
  std::filesystem::path admin_token_file;
  std::filesystem::path ready_file;  ///< empty: none
};
int serve(const ServeOptions& options);

/// Every problem of config, contract and keys, with file and place.
int check(const std::filesystem::path& config, Detail detail);

/// Operation, method, path, cache rule, and what a write makes stale.
int routes(const std::filesystem::path& config);

struct ValidateOptions {
  std::filesystem::path config;
  std::vector<std::string> what;     ///< OPERATION [FILE], or METHOD PATH [FILE]; a FILE "-" is standard input
  std::vector<std::string> query;    ///< of a request: NAME=VALUE, as text
  std::vector<std::string> headers;  ///< of a request: "Name: value"
  std::filesystem::path folder;      ///< of recorded requests, instead of `what`
  bool as_json = false;
};
/// 0: valid; 1: invalid; 2: no verdict, since something can't be used or read.
int validate(const ValidateOptions& options);

struct NewKeyOptions {
  std::string team;
  std::vector<std::string> scopes;  ///< read, write
  std::string expires;              ///< "90d", or a date "2027-01-31"; empty: never
};
int new_key(const NewKeyOptions& options);

/// 0 if the gateway whose admin listener is at this URL says that it is ready.
int healthcheck(const std::string& admin_url);

}  // namespace pgw::cli
