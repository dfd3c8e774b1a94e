// Cache-Control and targeted fields, parsed exactly (RFC 9111 5.2, RFC 5861, RFC 8246, RFC 9213).
//
// Directive names are matched without regard to case; arguments may be tokens or quoted strings; commas inside quoted
// strings don't separate. Of a repeated directive the first occurrence counts (RFC 9111 4.2.1). An argument that
// is no delta-seconds makes the directive present but invalid; one that overflows counts as `kForever`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/header.h"
#include "cache/time.h"

namespace pgw::cache {

// What a too large delta-seconds stands for (RFC 9111 1.2.2).
inline constexpr Duration kForever = std::chrono::seconds(2147483648LL);

// The argument of a directive such as max-age.
struct DeltaSeconds {
  bool present = false;
  std::optional<Duration> value;  // nullopt: absent, or present and invalid

  bool invalid() const { return present && !value; }
};

// Digits only; overflow is kForever; anything else nullopt.
std::optional<Duration> parse_delta_seconds(std::string_view text);

struct ResponseDirectives {
  bool no_store = false;
  bool no_cache = false;    // without an argument
  bool is_private = false;  // without an argument
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool immutable = false;
  bool no_transform = false;
  bool is_targeted = false;  // from a targeted field: Cache-Control and Expires don't count (RFC 9213 2.2)
  DeltaSeconds max_age;
  DeltaSeconds s_maxage;
  DeltaSeconds stale_while_revalidate;
  DeltaSeconds stale_if_error;
  // Names given to no-cache="..." and private="...": fields that a shared cache must not store.
  std::vector<std::string> withheld_fields;
};

// Reads all Cache-Control lines. When `targeted_field` is not empty, and the response has a field of that name that is
// valid and not empty, that one is read instead (RFC 9213 2.2). Valid is a Dictionary (RFC 8941) in which a directive
// that this cache knows has the type that it is defined to have: max-age=60, but no max-age="60".
ResponseDirectives parse_response_directives(HeaderSpan headers, std::string_view targeted_field = {});

struct RequestDirectives {
  bool no_store = false;
  bool no_cache = false;  // also from "Pragma: no-cache" when there is no Cache-Control (RFC 9111 5.4)
  bool only_if_cached = false;
  bool max_stale_any = false;  // max-stale without an argument
  std::optional<Duration> max_age;
  std::optional<Duration> min_fresh;
  std::optional<Duration> max_stale;
  std::optional<Duration> stale_if_error;
};

// An invalid argument of a request directive counts as its strictest one: the client asked for more than a stored
// response.
RequestDirectives parse_request_directives(HeaderSpan headers);

}  // namespace pgw::cache
