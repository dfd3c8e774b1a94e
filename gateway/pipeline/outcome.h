// What became of a request: one record, from which the Cache-Status and Proxy-Status fields, the access log line and
// the metrics are all made, so that they can't disagree.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/upstream/failure.h"

namespace pgw::pipeline {

/// What the cache had to do with the response.
enum class CacheOutcome {
  none,         ///< the request never came as far as the cache
  hit,          ///< a fresh stored response
  stale,        ///< a stale one, as RFC 5861 allows
  revalidated,  ///< a stored one that the upstream confirmed with 304
  miss,         ///< fetched
  collapsed,    ///< another request's fetch served this one too
  pass,         ///< forwarded without looking: a write, or a read that must not be stored
};
std::string_view to_string(CacheOutcome outcome);

/// Why a request was forwarded: the `fwd` parameter of RFC 9211 section 2.2.
enum class ForwardReason { none, bypass, method, uri_miss, vary_miss, stale, request };
std::string_view to_string(ForwardReason reason);

/// Why the gateway itself said no.
enum class Rejection {
  none,
  malformed,
  loop,
  key_missing,
  key_unknown,
  key_expired,
  unknown_route,
  other_ending,
  method_not_allowed,
  scope_missing,
  operation_not_allowed,
  unsupported_media_type,
  body_not_taken,
  invalid,
  rate_limited,
  too_many_at_once,
  not_in_cache,
  upstream_sheds,  ///< load: it has asked not to be asked for a while
  response_invalid,
};
std::string_view to_string(Rejection rejection);

struct Outcome {
  int status = 0;
  Rejection rejection = Rejection::none;
  std::string_view malformation;  ///< what the edge found wrong (http::Malformation::reason)
  CacheOutcome cache = CacheOutcome::none;
  ForwardReason forwarded = ForwardReason::none;
  bool stored = false;
  std::string_view why_not_stored = {};  ///< in a word, of a read whose response was not; a literal
  std::string_view why_stale = {};  ///< in a word, why what was stored was not fresh; a literal
  bool was_purged = false;          ///< softly: what was served stale
  bool stale_on_error = false;
  bool broke_off = false;          ///< the upstream's response ended before its end, after it had begun to go out
  bool would_be_rejected = false;  ///< invalid, and forwarded all the same since validation only reports
  std::optional<std::int64_t> ttl_seconds;  ///< what is left of the freshness of a stored response; negative when stale
  std::optional<int> upstream_status;
  std::optional<upstream::Failure> failure;
  std::optional<std::chrono::microseconds> upstream_time;
};

/// The member of Cache-Status that this cache adds (RFC 9211), e.g. "projects-gateway; hit; ttl=12"; appended.
void append_cache_status(std::string& out, const Outcome& outcome);

/// The member of Proxy-Status (RFC 9209), e.g. "projects-gateway; error=connection_refused"; empty without a failure.
std::string proxy_status(const Outcome& outcome);

}  // namespace pgw::pipeline
