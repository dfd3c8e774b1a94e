// The duty of the one who asks upstream for a read, and the decision that gives it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "cache/flights.h"
#include "cache/read.h"
#include "cache/tags.h"

namespace pgw::cache {

class Cache;

enum class StoreResult {
  stored,
  updated,           // by a 304
  not_cacheable,     // the response forbids it (RFC 9111 3)
  no_rule,           // nothing says how long it is fresh
  generation_moved,  // a write or a purge came between
  too_large,
  error_shared,    // a 5xx or 429: handed to the followers of this fetch, not stored
  stale_on_error,  // a 5xx or 429: the stale entry stands in
  not_selected,    // a 304 that speaks of another representation: ask again without validators
};
std::string_view to_string(StoreResult result);

struct Response {
  int status = 0;
  HeaderSpan headers;
  std::string body;
  std::span<const Tag> tags = {};  // the origin's own, beside those of the read
};

// The duty of the one who asks upstream. Move-only. Ended by exactly one of `complete`, `not_modified` (unless
// not_selected), `failed`, `uncacheable_head` (when it says true), `stand_in` (when it gives something) and
// `too_large`; destroying an unfinished one makes its followers read again. `complete` and
// `not_modified` end it as well when settling throws. Used by one thread at a time. Methods call the waiters of
// followers, without any lock held. After the end all methods do nothing and return null or false.
//
// Send the request without the client's own conditional fields and Range, with `validators()` instead.
class Fetch {
 public:
  Fetch() = default;
  ~Fetch();
  Fetch(Fetch&&) noexcept = default;
  Fetch& operator=(Fetch&& other) noexcept;
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  explicit operator bool() const { return flight_ != nullptr; }

  // Why the response was not stored, in a word; empty while that is open, and when it was. Also after the end.
  std::string_view why_not_stored() const { return why_not_stored_; }

  // If-None-Match and If-Modified-Since of the stored entry; empty when there is nothing to revalidate. Views are valid
  // until the end.
  std::vector<Header> validators() const;

  // To be asked when the head is there: true: the response can't be stored or shared (or its Content-Length is too
  // large); followers have been released, the key is pass-through for a while, and the duty is over: stream it. False:
  // go on and `complete`.
  bool uncacheable_head(int status, HeaderSpan headers, TimePoint now);

  // The body proved larger than `Cache::max_body_bytes`, or than there is room for.
  void too_large(int status, TimePoint now);

  // The whole response. Stores and shares what may be. Returns what to answer from: the new entry, or the stale one
  // that stands in (stale_on_error). Null: answer from `response`. That is copied from, never changed.
  EntryPtr complete(Response&& response, TimePoint now, StoreResult& result);

  // A 304 to `validators()`. Null only with not_selected. `tags`: the origin's own; null: it names none, and those of
  // the stored response stay.
  EntryPtr not_modified(HeaderSpan headers, TimePoint now, StoreResult& result, const Tags* tags = nullptr);

  // The stale entry that may stand in for an error, or null. Ends nothing.
  EntryPtr stale_if_error(TimePoint now) const;

  // For a response whose body is not wanted: of an error (RFC 5861 4) the stale entry that stands in for it, as
  // `complete` would give it. Null: go on.
  EntryPtr stand_in(int status, TimePoint now);

  // No response. Returns what `stale_if_error` does; followers get the same, or `error`, which means nothing to the
  // cache.
  EntryPtr failed(TimePoint now, int error);

 private:
  friend class Cache;
  Fetch(Cache* cache, FlightPtr flight) : cache_(cache), flight_(std::move(flight)) {}

  struct Verdict {
    StoreResult result;
    bool is_shareable;  // stored, or at least handed to the followers
    Storable storable;
  };
  Verdict judge(int status, HeaderSpan headers, TimePoint now) const;
  // What an entry is tied to: the tags of its read, and the origin's own.
  struct Ties {
    std::string tags;
    Snapshot snapshot;
    bool has_origins_own = false;
    bool are_purged = false;  // a purge by keys, or a soft one, may have named one of the origin's own meanwhile
  };
  Ties ties_for(int status, std::span<const Tag> origins_own) const;
  EntryContext context_for(const Ties& ties, HeaderSpan request_headers, TimePoint now) const;
  void note_load(int status, HeaderSpan headers, TimePoint now) const;
  bool stored_may_serve() const;
  EntryPtr settle_response(const Response& response, TimePoint now, StoreResult& result);
  EntryPtr settle_not_modified(HeaderSpan headers, TimePoint now, StoreResult& result, const Tags* tags);
  void settle(const EntryPtr& entry, const Ties& ties, TimePoint now, StoreResult& result);
  void share_stale(TimePoint now, const Shared& otherwise);
  void release(int status, TimePoint now);
  void abandon();
  void end(const std::function<void(bool spoiled)>& settle, const std::function<Shared(const WaitRecord&)>& share);

  Cache* cache_ = nullptr;
  FlightPtr flight_;
  bool drop_validators_ = false;
  std::string_view why_not_stored_;
};

struct Decision {
  ReadAction action = ReadAction::pass;
  EntryPtr entry;  // serve, serve_stale_and_refresh; of revalidate: what is being revalidated
  Fetch fetch;     // fetch, revalidate, serve_stale_and_refresh
  Wait wait;       // wait
  Shed shed;       // shed
  // wait, fetch, revalidate: something stored may stand in for an error, or for an upstream that is slow.
  bool has_stand_in = false;
  MissReason reason = MissReason::none;
  StaleReason stale = StaleReason::none;  // of what is stored, where that is not served as fresh
  Duration older_by{0};                   // what is served counts as so much older than it is, since a purge
};

}  // namespace pgw::cache
