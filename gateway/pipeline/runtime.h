// One configuration, put together and ready to serve: what a reload swaps as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/access/key_ring.h"
#include "gateway/http/limits.h"
#include "gateway/pipeline/operation_policy.h"
#include "gateway/upstream/client.h"

namespace pgw::pipeline {

/// Immutable; shared by the requests that began under it, so that a reload never changes a request half-way.
struct Runtime {
  config::Settings settings;
  std::shared_ptr<const contract::Contract> contract;
  std::string contract_digest;            ///< of the API description's bytes
  http::Limits limits;                    ///< of the teams' connections
  std::vector<OperationPolicy> policies;  ///< by Operation::index()
  std::shared_ptr<const access::KeyRing> keys;
  std::string keys_digest;      ///< of the keys file's bytes; empty: there is none
  access::Principal anonymous;  ///< of everyone, when access.mode is open
  /// A reload makes a new one, which the clients take as a sign to resolve and connect anew; what changes nothing about
  /// the upstream hands on the old one.
  std::shared_ptr<const upstream::Target> target;
  std::string upstream_identity;  ///< stands for upstream and credential in cache keys; a digest, never the credential
  std::size_t base_segments = 0;  ///< leading path segments that name no collection

  const OperationPolicy& policy(const contract::Operation& operation) const { return policies[operation.index()]; }
};

struct BuiltRuntime {
  std::shared_ptr<const Runtime> runtime;  ///< null if any problem is an error
  std::vector<contract::Problem> problems;
};

/// What a runtime takes over from the one before and from the process; all optional.
struct BuildOptions {
  std::string contract_digest;                                    ///< from load_contract
  std::vector<config::KeyEntry> extra_keys;                       ///< beside those of the keys file
  const access::KeyRing* previous_keys = nullptr;                 ///< their rate limits go on where they were
  std::function<std::size_t(std::string_view team)> team_number;  ///< of the metrics
};

struct LoadedContract {
  std::shared_ptr<const contract::Contract> contract;  ///< null if any problem is an error
  std::string digest;
  std::vector<contract::Problem> problems;
};

/// Reads and compiles the API description that the settings name, as they say.
LoadedContract load_contract(const config::Settings& settings);

/// What tells a file's content from another one; an unreadable file is as an empty one.
std::string digest_of_file(const std::filesystem::path& file);

/// The operator's files, as far as they could be read.
struct LoadedFiles {
  std::optional<config::Settings> settings;  ///< nullopt if any problem of the config is an error
  LoadedContract api;                        ///< its problems are among `problems`
  std::vector<contract::Problem> problems;   ///< of the config and the API description
  bool usable() const { return settings && api.contract != nullptr; }
};

/// Reads the API description that the config names. If either can't be used, `problems` has those of everything else,
/// too: `build_runtime` will never say them, and an operator wants all mistakes at once.
LoadedFiles load_files(config::Loaded config);

std::vector<std::string> operation_ids(const contract::Contract& contract);

/// Loads the keys and checks settings, contract and keys together.
BuiltRuntime build_runtime(const config::Settings& settings, std::shared_ptr<const contract::Contract> contract,
                           BuildOptions options = {});

/// The same with the keys that their file has now.
BuiltRuntime with_keys(const Runtime& runtime, BuildOptions options);

/// The same with another credential value, under the same header name.
std::shared_ptr<const Runtime> with_credential(const Runtime& runtime, const config::Secret& value);

}  // namespace pgw::pipeline
