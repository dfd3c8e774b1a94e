// Host names and addresses of resources in texts. Internal to contract/.
#pragma once

#include <string_view>

namespace pgw::contract {

enum class UriKind { absolute, reference };

/// RFC 3986 section 4: with a scheme, or also relative.
bool is_uri(std::string_view text, UriKind kind);

/// The same with characters beyond ASCII (RFC 3987).
bool is_iri(std::string_view text, UriKind kind);

/// RFC 6570.
bool is_uri_template(std::string_view text);

/// RFC 1123 section 2.1: letters, digits and hyphens, labels of at most 63.
bool is_hostname(std::string_view text);

/// The same with letters beyond ASCII (RFC 5890); which letters may stand beside each other is not looked at.
bool is_idn_hostname(std::string_view text);

/// RFC 5321 section 4.1.2; `is_international`: characters beyond ASCII too (RFC 6531).
bool is_email(std::string_view text, bool is_international);

bool is_ipv4(std::string_view text);

/// RFC 4291 section 2.2, without a zone.
bool is_ipv6(std::string_view text);

}  // namespace pgw::contract
