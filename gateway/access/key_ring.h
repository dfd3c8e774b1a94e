// Who calls: from a presented key to a principal.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/keys_file.h"
#include "gateway/access/concurrency.h"
#include "gateway/access/scope.h"
#include "gateway/access/token_bucket.h"

namespace pgw::access {

/// Who a request is made for. Immutable but for its bucket's level and what is under way; belongs to a KeyRing.
struct Principal {
  std::string key_id;
  std::string team;
  std::size_t team_number = 0;  ///< of `metrics::Metrics::team`
  Scopes scopes;
  std::optional<std::vector<bool>> operations;  ///< the allow-list by operation index; nullopt: every operation
  std::shared_ptr<TokenBucket> bucket;          ///< null: unlimited
  std::shared_ptr<Concurrency> of_key;          ///< null: any number of requests at once
  std::shared_ptr<Concurrency> of_team;         ///< shared by the team's keys; null: any number
  std::size_t entry_hash = 0;  ///< of the entry as the keys file would say it: tells whether it changed
  std::optional<std::chrono::sys_seconds> expires;  ///< of the key, whichever of its secrets is presented
};

/// Why a request has no principal. One cause, one answer: 401.
enum class Denial {
  none,
  missing,    ///< no key presented
  ambiguous,  ///< more than one key presented
  unknown,
  expired,
};
std::string_view to_string(Denial denial);  ///< "", "missing", "ambiguous", "unknown", "expired"
/// For the response's `detail`; names no key.
std::string_view message(Denial denial);

/// What a request presents in X-API-KEY or as `Authorization: Bearer`: the values of those fields, one per field line.
/// Other authorization schemes are not keys of ours. The same key in both fields is one key; two different ones, or a
/// field that is there twice, are ambiguous, since what stands before the gateway may have looked at another one than
/// the gateway does.
struct PresentedKey {
  Denial denial = Denial::missing;  ///< none, missing or ambiguous
  std::string_view key;             ///< into the field values
};
PresentedKey presented_key(std::span<const std::string_view> x_api_key,
                           std::span<const std::string_view> authorization);

/// SHA-256.
using config::KeyDigest;
KeyDigest digest_of(std::string_view key);

/// The keys in force: an immutable snapshot, swapped whole on reload (hold it by shared_ptr<const KeyRing> as long as a
/// Principal of it is in use). Thread-safe.
class KeyRing {
 public:
  struct Options {
    /// The contract's, in its order: what allow-lists are compiled to.
    std::span<const std::string> operation_ids;
    /// A team's number for the metrics; may be empty.
    std::function<std::size_t(std::string_view team)> team_number;
    /// How many requests a team may have under way at once; nullopt: any number. May be empty.
    std::function<std::optional<std::uint32_t>(std::string_view team)> team_concurrency;
    /// Keys that keep their id keep their bucket's level, and keys and teams what they have under way.
    const KeyRing* previous = nullptr;
    TokenBucket::TimePoint now{};
  };

  struct Lookup {
    Denial denial = Denial::unknown;
    /// Set for `none` and for `expired` (so that the log can say whose key it was); belongs to this ring.
    const Principal* principal = nullptr;
  };

  static std::shared_ptr<const KeyRing> build(std::span<const config::KeyEntry> entries, const Options& options);

  /// Hashes what was presented and compares hashes in constant time; a known and an unknown key take the same steps.
  Lookup find(std::string_view key, std::chrono::system_clock::time_point now) const;

  std::span<const Principal> principals() const { return principals_; }

 private:
  struct Entry {
    KeyDigest digest;
    std::size_t principal;
    std::optional<std::chrono::sys_seconds> expires;  // of this secret of the key
  };
  const Entry* match(const KeyDigest& digest) const;

  std::vector<Principal> principals_;
  std::unordered_map<std::uint64_t, std::vector<Entry>> index_;  // by the first eight bytes of the digest
};

/// The ids of keys, in the order of the files.
struct KeyChanges {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
};
KeyChanges changes_of(const KeyRing& before, const KeyRing& after);

/// The principal of every request when `access.mode` is open: team "anonymous", every scope, no limit.
Principal anonymous(std::size_t team_number = 0);
inline constexpr std::string_view anonymous_team = "anonymous";

/// Why a principal may not do what it asks for: 403.
enum class Refusal {
  none,
  missing_scope,
  operation_not_allowed,
};
std::string_view to_string(Refusal refusal);
/// For the response's `detail`, e.g. "this key lacks the scope 'write'".
std::string message(Refusal refusal, Scope needed);

Refusal authorize(const Principal& principal, std::size_t operation_index, Scope needed);

}  // namespace pgw::access
