// What the configuration says about one operation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache/freshness.h"
#include "cache/tags.h"
#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/pipeline/field_policy.h"

namespace pgw::pipeline {

/// A tag that a write moves beyond those of its own path: a path whose parameters are the operation's own.
struct ExtraTag {
  struct Piece {
    std::string text;                       ///< of a literal segment
    std::optional<std::size_t> path_value;  ///< else: which value of the write's own path
  };
  std::vector<Piece> pieces;

  cache::Tag tag_for(const contract::Match& write) const;
};

/// The read whose answer the response to a write also is.
struct PrimedRead {
  const contract::Operation* operation = nullptr;  ///< a GET of the same contract
  struct Value {
    std::string name;
    std::optional<std::size_t> path_value;  ///< which value of the write's own path; else a member of its response
  };
  std::vector<Value> values;  ///< one for each parameter of the read's path
};

struct OperationPolicy {
  bool is_read = false;   ///< GET: goes through the cache
  bool is_cached = true;  ///< false: its rule says `off`
  config::CacheKeyRule key_rule;
  std::uint64_t max_body = 0;
  /// Safe by method or by cache.safe_operations: invalidates nothing, needs scope `read`.
  bool changes_nothing = false;
  cache::Rule rule;
  FieldPolicy fields;
  std::string cache_key_prefix;            ///< of `cache::make_key_prefix`: names operation and upstream; the runtime's
  std::vector<ExtraTag> also_invalidates;  ///< from the rule's `invalidates`
  std::optional<PrimedRead> primes;        ///< from the rule's `primes`
};

/// By Operation::index(). Appends what is wrong with the rules to `problems`, each with its place in the settings.
std::vector<OperationPolicy> make_policies(const config::Settings& settings, const contract::Contract& contract,
                                           std::vector<contract::Problem>& problems);

}  // namespace pgw::pipeline
