// A read, and what it comes to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cache/freshness.h"
#include "cache/header.h"
#include "cache/tags.h"
#include "cache/time.h"

namespace pgw::cache {

// A GET or HEAD. Views need to live only as long as the call.
struct Read {
  std::string_view key;        // from make_key
  HeaderSpan request_headers;  // the client's, without its credentials
  std::span<const Tag> tags;
  // With those that `add_refusal_tags` adds: what a refusal (`is_refusal`) depends on. Empty: on no more than `tags`.
  std::span<const Tag> tags_if_refused = {};
  Rule rule;
  // RFC 9111 3.5 applies: the request carries Authorization, or what stands for it, that goes to the origin. It neither
  // gets nor makes what others get, unless the origin says that it may.
  bool authorized = false;
  bool is_head = false;     // answered from a stored GET; never fetched through the cache
  bool may_wait = true;     // false: never `wait` (e.g. after waiting too long already)
  bool is_hurried = false;  // has waited so long that what may stand in for an error is served
};

enum class ReadAction {
  serve,
  serve_stale_and_refresh,
  serve_stale_on_error,
  wait,
  fetch,
  revalidate,
  pass,
  only_if_cached_miss,
  shed
};

// Why a request goes forward: the `fwd` parameter of Cache-Status (RFC 9211 2.2).
enum class MissReason {
  none,       // it doesn't: a fresh hit, or stale with permission
  uri_miss,   // nothing stored under this key
  vary_miss,  // only variants for other requests
  stale,      // stored, but stale or invalidated
  request,    // the request's own directives or its Range
  bypass,     // a write of unknown outcome is not settled yet
};
std::string_view fwd_token(MissReason reason);  // "uri-miss", ...; empty for none

// Why something stored is not served as fresh. In the order in which they count.
enum class StaleReason : std::uint8_t {
  none,
  rule_changed,     // the operator's rule is another one since
  purged,           // softly, or by a tag
  write_under_way,  // to one of its tags
  write_unsettled,  // a write to one of its tags was lost, and may still take effect
  changed,          // by a write to one of its tags
  no_cache,         // the origin wants to be asked before each use
  expired,
};
std::string_view to_string(StaleReason reason);  // in a word: "expired", "changed"; empty for none

// The last answer of an upstream that sheds load. Readers get this answer, and the upstream is not asked again.
struct Shed {
  int status = 0;  // 429 or 503
  Duration wait{0};
};

}  // namespace pgw::cache
