#include "gateway/pipeline/field_policy.h"

#include <algorithm>
#include <span>

#include "base/list.h"
#include "base/percent.h"
#include "base/text.h"
#include "gateway/http/message.h"

namespace pgw::pipeline {
namespace {

using Names = std::span<const std::string_view>;

/// A claim of routing, of an address or of an identity, whoever declares it; what frames the message; and what the
/// gateway writes anew. Beside them, what speaks of one connection. `Proxy` would be read as the variable HTTP_PROXY
/// (CVE-2016-5385).
constexpr std::string_view always_end_here[] = {
    "host",
    "content-length",
    "expect",
    "x-request-id",
    "accept-encoding",
    "via",
    "forwarded",
    "x-real-ip",
    "x-rewrite-url",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "remote-user",
    "remote-addr",
    "x-remote-user",
    "x-remote-addr",
    "x-http-host-override",
    "proxy",
};
constexpr std::string_view prefixes_that_end_here[] = {"x-forwarded", "x-original-",     "x-rewrite-",
                                                       "ssl-client-", "x-ssl-client-",   "x-remote-",
                                                       "remote-",     "x-auth-request-", "x-envoy-"};

/// Rarer claims of the same kind: a document may declare a field of such a name for something else.
constexpr std::string_view end_here_unless_declared[] = {
    "client-ip",        "x-client-ip",      "true-client-ip",       "x-cluster-client-ip",    "x-originating-ip",
    "x-host",           "client-cert",      "client-cert-chain",    "x-client-cert",          "x-client-dn",
    "cf-connecting-ip", "fastly-client-ip", "x-authenticated-user", "x-authenticated-userid", "x-url-scheme",
    "front-end-https",
};

constexpr std::string_view conditions[] = {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since"};

/// A range is cut from what is stored: in two halves the credential would pass whoever looks for it.
constexpr std::string_view of_a_range[] = {"range", "if-range"};

constexpr std::string_view of_the_cache[] = {"cache-control", "pragma"};

/// What goes on where fields are narrowed: negotiated, of the trace (W3C Trace Context), about the body, and the name
/// of the program that asks.
constexpr std::string_view always_go_on[] = {
    "accept",       "accept-language",  "user-agent",          "traceparent",    "tracestate",
    "content-type", "content-encoding", "content-disposition", "content-digest", "content-language",
};

constexpr std::string_view authorization_field = "authorization";
constexpr std::string_view cookie = "cookie";
constexpr std::string_view team_key = "x-api-key";

bool is_one_of(Names names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return base::iequals(one, name); });
}

bool has_forbidden_prefix(std::string_view name) {
  return std::ranges::any_of(prefixes_that_end_here, [&](std::string_view prefix) {
    return base::iequals(name.substr(0, prefix.size()), prefix);
  });
}

/// Whether servers of the CGI kind read the name as another's: they take '_', and some any other such character, for
/// '-'.
bool has_twin(std::string_view name) {
  return name.find_first_of("_.!#$%&'*+^`|~") != std::string_view::npos;
}

/// As a server of the CGI kind reads a name.
std::string with_dashes(std::string_view name) {
  std::string text = base::to_lower(name);
  std::ranges::replace(text, '_', '-');
  return text;
}

bool always_ends_here(std::string_view name) {
  return is_one_of(always_end_here, name) || is_one_of(http::always_hop_by_hop(), name) ||
         has_forbidden_prefix(with_dashes(name));
}

}  // namespace

FieldPolicy::FieldPolicy(const FieldSources& sources) {
  const bool is_narrowed = sources.is_stored_by_rule || sources.listed;
  otherwise_ = is_narrowed ? FieldRole::ends_here : FieldRole::goes_on;
  tells_host_ = !sources.is_stored_by_rule;

  for (const auto name : end_here_unless_declared) set(name, FieldRole::ends_here);
  for (const auto name : always_go_on) set(name, FieldRole::goes_on);
  for (const auto name : of_the_cache) set(name, is_narrowed ? FieldRole::for_cache : FieldRole::goes_on);
  for (const auto& name : sources.operation.header_names()) declare(name);
  for (const auto& name : sources.keyed) declare(name);
  if (sources.listed) {
    for (const auto& name : *sources.listed) declare(name);
  }
  for (const auto name : conditions) set(name, FieldRole::condition);
  for (const auto name : of_a_range) set(name, FieldRole::for_cache);
  for (const auto name : always_end_here) set(name, FieldRole::ends_here);
  for (const auto name : http::always_hop_by_hop()) set(name, FieldRole::ends_here);
  allow_client_credentials(sources);
  keep_own_credentials(sources);
}

/// A name with '_' is taken as it is spelt, but never as the twin of one that ends here.
void FieldPolicy::declare(std::string_view name) {
  if (!has_forbidden_prefix(with_dashes(name))) set(name, FieldRole::goes_on);
}

void FieldPolicy::allow_client_credentials(const FieldSources& sources) {
  const auto is_listed = [&](std::string_view name) {
    return sources.listed &&
           std::ranges::any_of(*sources.listed, [&](const std::string& one) { return base::iequals(one, name); });
  };
  set(cookie, is_listed(cookie) ? FieldRole::credential : FieldRole::ends_here);
  set(authorization_field, sources.callers_have_keys ? FieldRole::ends_here : FieldRole::credential);
  set(team_key, FieldRole::ends_here);
  for (const auto& scheme : sources.contract.security_schemes()) {
    switch (scheme.in) {
      case contract::SecurityScheme::In::cookie:
        set(cookie, FieldRole::credential);
        break;
      case contract::SecurityScheme::In::query:
        query_credentials_.push_back(scheme.parameter);
        break;
      case contract::SecurityScheme::In::header:
        if (!always_ends_here(scheme.parameter)) {
          set(scheme.parameter, FieldRole::credential);
        }
        break;
    }
  }
}

/// The field that the gateway fills, in either spelling, and those that carry keys of ours.
void FieldPolicy::keep_own_credentials(const FieldSources& sources) {
  if (sources.callers_have_keys) {
    set(authorization_field, FieldRole::ends_here);
    set(team_key, FieldRole::ends_here);
  }
  if (!sources.upstream_credential.empty()) {
    set(sources.upstream_credential, FieldRole::ends_here);
    set(with_dashes(sources.upstream_credential), FieldRole::ends_here);
  }
  for (auto& names : by_size_) {
    for (auto& [name, role] : names) {
      if (name.find('_') == std::string::npos) continue;
      const FieldRole* const twin = find(with_dashes(name));
      if (twin != nullptr && *twin != FieldRole::goes_on) role = FieldRole::ends_here;
    }
  }
}

void FieldPolicy::set(std::string_view name, FieldRole role) {
  const std::string lower = base::to_lower(name);
  auto& names = by_size_[std::min(lower.size(), longest)];
  const auto known = std::ranges::find(names, lower, &Entry::name);
  if (known != names.end()) {
    known->role = role;
  } else {
    names.push_back({lower, role});
  }
}

const FieldRole* FieldPolicy::find(std::string_view name) const {
  for (const auto& [known, role] : by_size_[std::min(name.size(), longest)]) {
    if (base::iequals(known, name)) return &role;
  }
  return nullptr;
}

FieldRole FieldPolicy::role_of(std::string_view name) const {
  if (const FieldRole* const known = find(name)) return *known;
  if (otherwise_ == FieldRole::ends_here || has_twin(name) || has_forbidden_prefix(name)) {
    return FieldRole::ends_here;
  }
  return FieldRole::goes_on;
}

bool FieldPolicy::has_credential_in(std::string_view query) const {
  if (query_credentials_.empty()) return false;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string name = base::form_decoded(pair.substr(0, pair.find('=')));
    if (std::ranges::find(query_credentials_, name) != query_credentials_.end()) return true;
  }
  return false;
}

}  // namespace pgw::pipeline
