#include "gateway/pipeline/response_fields.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/list.h"
#include "base/text.h"

namespace pgw::pipeline {
namespace {

/// "scheme://authority" and what follows it; `scheme` is empty in "//authority".
struct Absolute {
  std::string_view scheme;
  std::string_view host;
  std::optional<std::uint16_t> port;
  std::string_view rest;  ///< path, query and fragment
};

std::optional<Absolute> absolute(std::string_view reference) {
  Absolute parts;
  const auto slashes = reference.find("//");
  if (slashes == std::string_view::npos) return std::nullopt;
  if (slashes > 0) {
    const auto colon = reference.find(':');
    const auto before = reference.substr(0, slashes);
    if (colon + 1 != slashes || before.find_first_of("/?#") != std::string_view::npos) return std::nullopt;
    parts.scheme = reference.substr(0, colon);
  }
  reference.remove_prefix(slashes + 2);
  auto authority = reference.substr(0, reference.find_first_of("/?#\\"));
  parts.rest = reference.substr(authority.size());
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const auto digits = authority.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!digits.empty() && (error != std::errc{} || end != digits.data() + digits.size())) return std::nullopt;
    if (!digits.empty()) parts.port = port;
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  parts.host = authority;
  return parts;
}

/// An application behind something that ends TLS takes its own scheme, and so its port, for another one than it is.
bool names(const config::Url& upstream, const Absolute& reference) {
  if (!base::iequals(reference.host, upstream.host)) return false;
  if (!reference.port || *reference.port == upstream.port) return true;
  return *reference.port == (base::iequals(reference.scheme, "https") ? 443 : 80);
}

/// A path on the upstream as the gateway shows it.
std::string shown_path(const Facade& facade, std::string_view path) {
  const std::string_view prefix = facade.upstream.path;
  const auto behind = path.substr(std::min(prefix.size(), path.size()));
  const bool is_below = path.starts_with(prefix) &&
                        (behind.empty() || std::string_view("/?#").find(behind.front()) != std::string_view::npos);
  std::string shown;
  if (is_below) shown = facade.base_path;
  shown += is_below ? behind : path;
  if (!shown.starts_with('/')) shown.insert(0, "/");
  return shown;
}

void refer_to_gateway(http::Fields& fields, const Facade& facade, std::string_view name) {
  const std::string* const reference = fields.find(name);
  if (reference == nullptr) return;
  if (const auto own = own_reference(facade, *reference)) fields.set(name, *own);
}

}  // namespace

std::optional<std::string> own_reference(const Facade& facade, std::string_view reference) {
  if (const auto there = absolute(reference)) {
    return names(facade.upstream, *there) ? std::optional(shown_path(facade, there->rest)) : std::nullopt;
  }
  if (!reference.starts_with('/') || facade.base_path == facade.upstream.path) return std::nullopt;
  return shown_path(facade, reference);
}

void take_over(http::Fields& fields, const Facade& facade) {
  fields.erase("x-request-id");
  fields.erase("proxy-status");
  if (facade.has_credential) fields.erase("set-cookie");
  refer_to_gateway(fields, facade, "Location");
  refer_to_gateway(fields, facade, "Content-Location");
}

std::optional<cache::Tags> take_origin_tags(http::Fields& fields, std::string_view name) {
  if (name.empty() || !fields.contains(name)) return std::nullopt;
  cache::Tags tags;
  for (std::string_view value : fields.all(name)) {
    while (!value.empty()) {
      const auto text = value.substr(0, value.find_first_of(" \t,"));
      value.remove_prefix(std::min(text.size() + 1, value.size()));
      if (text.empty()) continue;
      cache::Tag tag(cache::tag_text(text));
      if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
    }
  }
  fields.erase(name);
  return tags;
}

bool varies_by_client(const http::Fields& fields, bool behind_proxies) {
  bool is_named = false;
  for (const auto& field : fields) {
    if (!base::iequals(field.name, "vary")) continue;
    for (const std::string_view name : {"forwarded", "x-forwarded-for", "x-forwarded-host"}) {
      is_named = is_named || base::list_contains(field.value, name);
    }
    is_named = is_named || (behind_proxies && base::list_contains(field.value, "x-forwarded-proto"));
  }
  return is_named;
}

}  // namespace pgw::pipeline
