// How a read stands to what is stored, and what it comes to. Internal to cache/.
#pragma once

#include "cache/cache.h"

namespace pgw::cache {

struct Cache::Request {
  explicit Request(HeaderSpan headers) : directives(parse_request_directives(headers)) {}

  // Another's fetch was sent before this request came: too early for who asks for a response of now.
  bool refuses_to_join() const { return directives.no_cache || directives.max_age == Duration::zero(); }

  RequestDirectives directives;
};

struct Cache::Standing {
  EntryPtr entry;
  EntryPtr other_variant;
  bool may_serve = false;  // false: invalidated, of use for revalidation only
  bool was_purged = false;  // softly
  Duration older_by{0};     // a soft purge makes it so much older than it is
  Usability usability = Usability::stale;
  StaleReason stale = StaleReason::none;

  MissReason reason() const {
    if (!entry) return other_variant ? MissReason::vary_miss : MissReason::uri_miss;
    return may_serve && usability == Usability::refused_by_request ? MissReason::request : MissReason::stale;
  }
  // Is it of use for a request of this kind while the upstream is in trouble?
  bool may_stand_in(const Request& request, TimePoint now) const {
    return entry && may_serve && entry->usable_on_error(now + older_by, request.directives);
  }
  // The entry whose Vary tells which requests want the same response; null when nothing is known yet.
  const Entry* sibling() const { return entry ? entry.get() : other_variant.get(); }
};

struct Cache::Course {
  ReadAction action = ReadAction::pass;
  MissReason reason = MissReason::none;
  bool is_stale = false;  // of what is served
  Shed shed = {};
  bool asks_alone = false;
};

}  // namespace pgw::cache
