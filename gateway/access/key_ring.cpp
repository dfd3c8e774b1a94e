#include "gateway/access/key_ring.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/text.h"

namespace pgw::access {
namespace {

/// A digest context per thread: making one costs more than hashing a key.
class DigestContext {
 public:
  DigestContext() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  DigestContext(const DigestContext&) = delete;
  DigestContext& operator=(const DigestContext&) = delete;
  ~DigestContext() { EVP_MD_CTX_free(context_); }

  EVP_MD_CTX* get() const { return context_; }

 private:
  EVP_MD_CTX* context_;
};

/// SHA-256, looked up once: `EVP_sha256()` has OpenSSL 3 search its providers at every hash, which takes five times as
/// long as hashing a key.
const EVP_MD* sha256() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

std::uint64_t index_of(const KeyDigest& digest) {
  std::uint64_t index = 0;
  std::memcpy(&index, digest.data(), sizeof index);
  return index;
}

bool equal(const KeyDigest& a, const KeyDigest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// The token of "Bearer TOKEN" (RFC 6750 section 2.1); the scheme's case does not matter (RFC 9110 section 11.1).
std::optional<std::string_view> bearer_token(std::string_view value) {
  constexpr std::string_view scheme = "bearer";
  value = base::trim(value);
  const std::string_view rest = value.substr(std::min(scheme.size(), value.size()));
  const bool is_bearer = base::iequals(value.substr(0, scheme.size()), scheme) && rest.find_first_of(" \t") == 0;
  return is_bearer ? std::optional(base::trim(rest)) : std::nullopt;
}

std::optional<std::vector<bool>> allow_list(const config::KeyEntry& entry, std::span<const std::string> operation_ids) {
  if (entry.operations.empty()) return std::nullopt;
  std::vector<bool> allowed(operation_ids.size(), false);
  for (const auto& id : entry.operations) {
    const auto found = std::find(operation_ids.begin(), operation_ids.end(), id);
    if (found != operation_ids.end()) allowed[static_cast<std::size_t>(found - operation_ids.begin())] = true;
  }
  return allowed;
}

using Buckets = std::unordered_map<std::string_view, std::shared_ptr<TokenBucket>>;

/// The buckets of a ring by key id.
Buckets buckets_of(const KeyRing* ring) {
  Buckets buckets;
  if (ring == nullptr) return buckets;
  for (const auto& principal : ring->principals()) {
    if (principal.bucket) buckets.emplace(principal.key_id, principal.bucket);
  }
  return buckets;
}

std::shared_ptr<TokenBucket> bucket_for(const config::KeyEntry& entry, const Buckets& previous,
                                        TokenBucket::TimePoint now) {
  if (!entry.rate) return nullptr;
  const auto old = previous.find(entry.id);
  // The very same bucket where nothing changed, so that requests still running on the old ring count too.
  if (old != previous.end() && old->second->has(*entry.rate, entry.burst)) return old->second;
  auto bucket = std::make_shared<TokenBucket>(*entry.rate, entry.burst);
  if (old != previous.end()) bucket->inherit(*old->second, now);
  return bucket;
}

/// What is under way by key id and by team, of the ring before and of the one that is built.
class Places {
 public:
  explicit Places(const KeyRing* previous) {
    if (previous == nullptr) return;
    for (const auto& principal : previous->principals()) {
      if (principal.of_key) of_keys_.emplace(principal.key_id, principal.of_key);
      if (principal.of_team) of_teams_.emplace(principal.team, principal.of_team);
    }
  }

  std::shared_ptr<Concurrency> of_key(const std::string& id, std::optional<std::uint32_t> limit) {
    return find(of_keys_, id, limit);
  }
  std::shared_ptr<Concurrency> of_team(const std::string& team, std::optional<std::uint32_t> limit) {
    return find(of_teams_, team, limit);
  }

 private:
  using Known = std::unordered_map<std::string, std::shared_ptr<Concurrency>>;

  static std::shared_ptr<Concurrency> find(Known& known, const std::string& name, std::optional<std::uint32_t> limit) {
    if (!limit) return nullptr;
    auto& found = known[name];
    if (found == nullptr) found = std::make_shared<Concurrency>(*limit);
    found->set_limit(*limit);
    return found;
  }

  Known of_keys_;
  Known of_teams_;
};

Principal principal_of(const config::KeyEntry& entry, const KeyRing::Options& options, const Buckets& previous,
                       Places& places) {
  Principal principal;
  principal.key_id = entry.id;
  principal.team = entry.team;
  if (options.team_number) principal.team_number = options.team_number(entry.team);
  for (const Scope scope : entry.scopes) principal.scopes.set(bit(scope));
  principal.operations = allow_list(entry, options.operation_ids);
  principal.bucket = bucket_for(entry, previous, options.now);
  principal.of_key = places.of_key(entry.id, entry.concurrency);
  if (options.team_concurrency) principal.of_team = places.of_team(entry.team, options.team_concurrency(entry.team));
  principal.entry_hash = std::hash<std::string>{}(config::entry_yaml(entry));
  principal.expires = entry.expires;
  return principal;
}

}  // namespace

std::string_view to_string(Denial denial) {
  static constexpr std::array<std::string_view, 5> names{"", "missing", "ambiguous", "unknown", "expired"};
  return names[static_cast<std::size_t>(denial)];
}

std::string_view message(Denial denial) {
  static constexpr std::array<std::string_view, 5> messages{
      "", "no API key: send it as X-API-KEY or as Authorization: Bearer",
      "more than one API key: send one, as X-API-KEY or as Authorization: Bearer", "unknown API key",
      "this API key has expired"};
  return messages[static_cast<std::size_t>(denial)];
}

PresentedKey presented_key(std::span<const std::string_view> x_api_key,
                           std::span<const std::string_view> authorization) {
  if (x_api_key.size() > 1 || authorization.size() > 1) return {Denial::ambiguous, {}};
  const std::string_view plain = x_api_key.empty() ? std::string_view{} : base::trim(x_api_key.front());
  const std::string_view bearer =
      authorization.empty() ? std::string_view{} : bearer_token(authorization.front()).value_or(std::string_view{});
  if (plain.empty() && bearer.empty()) return {Denial::missing, {}};
  if (plain.empty()) return {Denial::none, bearer};
  if (bearer.empty() || bearer == plain) return {Denial::none, plain};
  return {Denial::ambiguous, {}};
}

KeyDigest digest_of(std::string_view key) {
  thread_local const DigestContext context;
  KeyDigest digest{};
  // SHA-256 of bytes in memory fails only without memory or without the algorithm; neither leaves a gateway that could
  // go on.
  if (EVP_DigestInit_ex2(context.get(), sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), key.data(), key.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

std::shared_ptr<const KeyRing> KeyRing::build(std::span<const config::KeyEntry> entries, const Options& options) {
  const Buckets previous = buckets_of(options.previous);
  Places places(options.previous);
  auto ring = std::make_shared<KeyRing>();
  ring->principals_.reserve(entries.size());
  for (const auto& entry : entries) {
    if (entry.disabled) continue;
    for (const auto& secret : config::secrets_of(entry)) {
      ring->index_[index_of(secret.sha256)].push_back({secret.sha256, ring->principals_.size(), secret.expires});
    }
    ring->principals_.push_back(principal_of(entry, options, previous, places));
  }
  return ring;
}

const KeyRing::Entry* KeyRing::match(const KeyDigest& digest) const {
  static const std::vector<Entry> decoy{Entry{KeyDigest{}, 0, std::nullopt}};
  const auto bucket = index_.find(index_of(digest));
  const bool candidates = bucket != index_.end();
  const Entry* found = nullptr;
  // Every candidate is compared, and an unknown key is compared with something too. What time still tells, whether
  // eight bytes of the hash exist here, helps nobody who can't invert SHA-256.
  for (const auto& entry : candidates ? bucket->second : decoy) {
    if (equal(entry.digest, digest) && candidates) found = &entry;
  }
  return found;
}

KeyRing::Lookup KeyRing::find(std::string_view key, std::chrono::system_clock::time_point now) const {
  const Entry* entry = match(digest_of(key));
  if (entry == nullptr) return {Denial::unknown, nullptr};
  const Principal& principal = principals_[entry->principal];
  const auto passed = [now](const auto& expires) { return expires && now >= *expires; };
  const bool expired = passed(principal.expires) || passed(entry->expires);
  return {expired ? Denial::expired : Denial::none, &principal};
}

KeyChanges changes_of(const KeyRing& before, const KeyRing& after) {
  std::unordered_map<std::string_view, const Principal*> old;
  for (const auto& principal : before.principals()) old.emplace(principal.key_id, &principal);
  KeyChanges changes;
  for (const auto& principal : after.principals()) {
    const auto known = old.find(principal.key_id);
    if (known == old.end()) {
      changes.added.push_back(principal.key_id);
      continue;
    }
    if (known->second->entry_hash != principal.entry_hash) changes.changed.push_back(principal.key_id);
    old.erase(known);
  }
  for (const auto& principal : before.principals()) {
    if (old.contains(principal.key_id)) changes.removed.push_back(principal.key_id);
  }
  return changes;
}

Principal anonymous(std::size_t team_number) {
  Principal principal;
  principal.team = anonymous_team;
  principal.team_number = team_number;
  principal.scopes.set();
  return principal;
}

std::string_view to_string(Refusal refusal) {
  static constexpr std::array<std::string_view, 3> names{"", "missing_scope", "operation_not_allowed"};
  return names[static_cast<std::size_t>(refusal)];
}

std::string message(Refusal refusal, Scope needed) {
  switch (refusal) {
    case Refusal::none:
      return {};
    case Refusal::missing_scope:
      return "this API key lacks the scope '" + std::string(config::to_string(needed)) + "'";
    case Refusal::operation_not_allowed:
      return "this API key may not use this operation";
  }
  return {};
}

Refusal authorize(const Principal& principal, std::size_t operation_index, Scope needed) {
  if (!principal.scopes.test(bit(needed))) return Refusal::missing_scope;
  if (!principal.operations) return Refusal::none;
  const auto& allowed = *principal.operations;
  return operation_index < allowed.size() && allowed[operation_index] ? Refusal::none : Refusal::operation_not_allowed;
}

}  // namespace pgw::access
