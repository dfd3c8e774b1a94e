// Which fields of a request go on to the upstream, and which of them the cache may see.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"

namespace pgw::pipeline {

enum class FieldRole : std::uint8_t {
  ends_here,   ///< neither the upstream nor the cache learns of it
  for_cache,   ///< read by the gateway's own cache alone: a range, or Cache-Control where fields are narrowed
  condition,   ///< of RFC 9110 section 13: goes on where the cache has no part in the request
  goes_on,     ///< an end-to-end field like any other
  credential,  ///< goes on, and the answer to it is its sender's (RFC 9111 section 3.5)
};

/// What decides about the fields of one operation.
struct FieldSources {
  const contract::Contract& contract;
  const contract::Operation& operation;
  bool callers_have_keys = true;         ///< access.mode: X-API-KEY and Authorization carry keys of ours, or don't
  std::string_view upstream_credential;  ///< the name of the field that the gateway fills itself; empty: none
  bool is_stored_by_rule = false;        ///< nothing that is not in the cache's key may shape the answer
  std::vector<std::string> keyed = {};   ///< names of fields that the rule puts into the key
  /// `upstream.forward_fields`: what else goes on, and then nothing but that.
  std::optional<std::vector<std::string>> listed = std::nullopt;
};

/// The fields of one operation's requests, compiled: one lookup by name. Immutable.
///
/// What a client says of routing, of its address or its identity ends here, whatever the document declares, and so does
/// a name with '_' that the document doesn't declare: servers of the CGI kind read X_Api_Key as X-Api-Key. A credential
/// of the client (Cookie, Authorization, what `securitySchemes` name) goes on only where the document or the operator
/// says so. Where a rule stores the answers, or `listed` is set, everything else needs to be declared, listed, or
/// negotiated, conditional, of the trace, of the body, or User-Agent.
class FieldPolicy {
 public:
  FieldPolicy() = default;
  explicit FieldPolicy(const FieldSources& sources);

  FieldRole role_of(std::string_view name) const;

  /// Whether a raw query carries a credential that the document's schemes name.
  bool has_credential_in(std::string_view query) const;

  /// Whether the fields that tell the client's address and the name that it used may go on: not where a rule stores the
  /// answers, since a name of the client's choice would end in links that everybody gets.
  bool tells_host() const { return tells_host_; }

 private:
  struct Entry {
    std::string name;  ///< lower case
    FieldRole role;
  };

  void set(std::string_view name, FieldRole role);
  const FieldRole* find(std::string_view name) const;
  void declare(std::string_view name);
  void allow_client_credentials(const FieldSources& sources);
  void keep_own_credentials(const FieldSources& sources);

  static constexpr std::size_t longest = 40;
  std::array<std::vector<Entry>, longest + 1> by_size_;  ///< the last: names of that size and longer ones
  FieldRole otherwise_ = FieldRole::goes_on;
  std::vector<std::string> query_credentials_;
  bool tells_host_ = true;
};

}  // namespace pgw::pipeline
