// Freshness and storability (RFC 9111 3, 4.2; RFC 5861) as pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cache/cache_control.h"
#include "cache/header.h"
#include "cache/time.h"

namespace pgw::cache {

// What the operator says about an operation. It gives way to the origin's own words: `ttl` applies only to a response
// without explicit freshness, the windows only where the origin named none and does not forbid stale use, and
// `stale_while_revalidate` not to a response that the origin says is no longer fresh when it comes. With
// `overrides_origin` a lifetime of the rule, and its windows, go before those of the origin; what forbids storing, or
// stale use, holds all the same.
struct Rule {
  using TtlByStatus = std::vector<std::pair<int, Duration>>;

  std::optional<Duration> ttl = std::nullopt;
  Duration stale_while_revalidate{0};
  Duration stale_if_error{0};
  std::optional<Duration> max_ttl = std::nullopt;              // no response is fresh for longer, whoever says so
  std::shared_ptr<const TtlByStatus> ttl_by_status = nullptr;  // null: `ttl` for all that it covers
  bool overrides_origin = false;
  bool keeps_cookies = false;          // Set-Cookie is stored where the origin itself gives a lifetime
  std::uint8_t heuristic_percent = 0;  // of the time since Last-Modified; 0: no guesses
  std::uint8_t jitter_percent = 0;     // a lifetime of the rule is shorter by up to so much, each time by another part
};

// The fields of a response that decide about its caching, parsed once.
struct ResponseMeta {
  ResponseDirectives directives;
  std::optional<TimePoint> date;
  bool has_expires = false;
  std::optional<TimePoint> expires;  // nullopt with has_expires: invalid, so already expired (RFC 9111 5.3)
  std::optional<TimePoint> last_modified;
  bool has_etag = false;
  Duration age{0};  // the Age field; its first member counts, an invalid one is ignored (RFC 9111 5.1)
};
ResponseMeta read_response_meta(HeaderSpan headers, TimePoint now, std::string_view targeted_field = {});

enum class LifetimeSource { s_maxage, max_age, expires, rule, heuristic, none };

struct Lifetime {
  Duration value{0};
  LifetimeSource source = LifetimeSource::none;

  bool is_explicit() const { return source <= LifetimeSource::expires; }
};

// RFC 9111 4.2.1: s-maxage, max-age, Expires minus Date; then the rule's ttl (its own for this status, or the one for
// all that `rule_covers`); then the rule's part of the time since Last-Modified, at most a day, for the statuses that
// RFC 9110 15.1 names, or that the origin
// calls public (RFC 9111 4.2.2). An invalid max-age or s-maxage gives an explicit lifetime of zero. The rule's jitter
// is left out.
Lifetime freshness_lifetime(int status, const ResponseMeta& meta, const Rule& rule, TimePoint response_time);

// RFC 9111 4.2.3, on a Date of whole seconds.
Duration initial_age(const ResponseMeta& meta, TimePoint request_time, TimePoint response_time);

// Status codes that may be kept by heuristics (RFC 9110 15.1), without 206: this cache keeps no partial content.
bool is_heuristically_cacheable(int status);

// Status codes that a rule's ttl applies to: 200, 203, 204, 300, 301, 308, 410. Not 404: what is missing now may be
// created by a request to any other path, so that its absence should be kept only where the origin itself says so.
bool rule_covers(int status);

// 4xx: there is no such thing, or none for this request. It ends with a write to the thing, and as well with one to
// what would hold it (POST /projects creates /projects/pr_1).
bool is_refusal(int status);

// Does the origin say that a response to a request with Authorization may be given to others (RFC 9111 3.5)?
bool is_for_everyone(const ResponseDirectives& directives);

enum class Storable {
  yes,
  method,  // only GET is stored
  status,  // 1xx, 206, 304, or not understood although must-understand is there
  no_store,
  is_private,
  authorization,  // RFC 9111 3.5 applies and nothing in the response allows it
  vary_any,       // Vary: * matches no request
  no_freshness,   // no explicit freshness, no rule, no heuristic
  useless,        // stale on arrival with nothing to validate it by and no window for stale use
};

// In one word, for whoever asks why it isn't stored: "private", "no-rule"; empty for yes.
std::string_view to_string(Storable storable);

// RFC 9111 3. `authorized`: the request carries an Authorization field that 3.5 is about.
Storable is_storable(std::string_view method, int status, HeaderSpan headers, const ResponseMeta& meta,
                     const Lifetime& lifetime, const Rule& rule, bool authorized);

// How long and under what conditions a stored response may be used.
struct Freshness {
  Lifetime lifetime;
  Duration stale_while_revalidate{0};
  Duration stale_if_error{0};
  bool no_cache = false;  // every use needs validation
  // must-revalidate, proxy-revalidate, or s-maxage without a stale-* directive of the origin beside it (RFC
  // 9111 4.2.4, 5.2.2.10): never used stale, not even for a client that sends max-stale.
  bool stale_forbidden = false;
  bool for_everyone = false;  // see `is_for_everyone`
};
Freshness make_freshness(const ResponseMeta& meta, const Lifetime& lifetime, const Rule& rule);

enum class Usability {
  fresh,
  stale_by_request,        // max-stale allows it
  stale_while_revalidate,  // serve, and refresh in the background
  stale,                   // needs validation because of its age or of no-cache
  refused_by_request,      // fresh, but not for this request
};

// RFC 9111 4.2.4, 5.2.1. `age` is the current age (RFC 9111 4.2.3). A request that names a max-age wants nothing stale
// unless it says so (5.2.1.1).
Usability usability(const Freshness& freshness, Duration age, const RequestDirectives& request);

// RFC 5861 4: may it stand in for an error?
bool usable_on_error(const Freshness& freshness, Duration age, const RequestDirectives& request);

// The errors that stale-if-error is about: 500, 502, 503, 504, and 429, which says the same as 503.
bool is_stale_if_error_status(int status);

// How long the upstream wants to be left alone, as a response with which it sheds load says: Retry-After (RFC
// 9110 10.2.3) of a 429 or 503, at most an hour. Zero for any other.
Duration asked_to_wait(int status, HeaderSpan headers, TimePoint wall_now);

}  // namespace pgw::cache
