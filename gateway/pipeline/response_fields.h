// What of an upstream's response fields goes on, stored or passed alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/tags.h"
#include "config/settings.h"
#include "gateway/http/message.h"

namespace pgw::pipeline {

/// The upstream, and the part of it that the gateway shows under `base_path` (of the contract).
struct Facade {
  const config::Url& upstream;
  std::string_view base_path;
  bool has_credential = false;  ///< the gateway asks with a credential of its own
};

/// What a reference to the upstream (RFC 3986) is for a client of the gateway: a path, since one answer is for all
/// clients, whichever name they have for the gateway. Nothing for a reference that may stay as it is: to another
/// origin, or relative.
std::optional<std::string> own_reference(const Facade& facade, std::string_view reference);

/// Takes out what is the gateway's to say, or nobody's: X-Request-ID of the upstream, its Proxy-Status, and, where the
/// gateway's own credential was used, Set-Cookie, since a session of the shared credential is no team's. Location and
/// Content-Location become `own_reference`s.
void take_over(http::Fields& fields, const Facade& facade);

/// Takes out the field `name` in which an origin names tags of its own, separated by white space (Surrogate-Key) or
/// commas (Cache-Tag); the tags as the cache spells them, each once. nullopt without such a field, and for an empty
/// name.
std::optional<cache::Tags> take_origin_tags(http::Fields& fields, std::string_view name);

/// Whether a response says that it differs by a field that the gateway writes for each client (Vary, RFC 9110 section
/// 12.5.5). No key of the cache holds those, so such a response is nobody else's. `behind_proxies`: X-Forwarded-Proto
/// differs between clients, too.
bool varies_by_client(const http::Fields& fields, bool behind_proxies);

}  // namespace pgw::pipeline
