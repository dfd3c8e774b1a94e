// The request target and the Host field (RFC 9112 section 3.2).
#pragma once

#include <string_view>

#include "gateway/http/message.h"

namespace pgw::http {

/// True for `uri-host [ ":" port ]` (RFC 9110 section 7.2) with a host that isn't empty and a port of at most 65535.
bool is_valid_host(std::string_view host);

/// Splits `request.target` into path, query and, for an absolute target, host, which then wins over the Host field. An
/// absolute target's empty path becomes "/", or "*" for OPTIONS (RFC 9110 section 7.1). Bytes beyond ASCII in path and
/// query are percent-encoded: a target must not hold them, but clients send them and services take them. False if the
/// target is none of origin-form, absolute-form with an http or https scheme and without userinfo, and, for OPTIONS,
/// asterisk-form.
bool parse_target(Request& request);

}  // namespace pgw::http
