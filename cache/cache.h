// The cache: a shared HTTP cache (RFC 9111, RFC 5861) with invalidation by tags and coalescing of identical fetches.
//
// It decides; it does no I/O, starts no thread and logs nothing. For each request the caller asks `read` and does what
// the decision says:
//   serve                    answer from `entry`
//   serve_stale_and_refresh  answer from `entry`, and do `fetch` in the background
//   serve_stale_on_error     answer from `entry`: the upstream sheds load, or is slow
//   fetch, revalidate        ask upstream and finish `fetch`, then answer
//   wait                     keep `wait`; the waiter will be called with the outcome of another's fetch
//   pass                     ask upstream; the cache has no part in it
//   only_if_cached_miss      answer 504
//   shed                     answer with `shed`: the upstream sheds load and has asked not to be asked
//
// The promise: once `WriteGuard::finish` has returned, no read that begins later is answered from something that was
// fetched before.
//
// Time: `now` comes from a clock that nobody sets, so that nothing stays fresh longer, or shorter, because the wall
// clock was. What the origin dates by its own clock is compared with the wall clock: see `set_wall_ahead`.
//
// Memory: the store's bound covers all entries and the index. Beside it stand fixed tables of 1.6 MiB and what is being
// fetched.
//
// Thread-safe: all methods may be called from all threads. Methods don't throw but for std::bad_alloc.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/counter.h"
#include "cache/entry.h"
#include "cache/flights.h"
#include "cache/generations.h"
#include "cache/key.h"
#include "cache/load_shedding.h"
#include "cache/store.h"
#include "cache/tags.h"
#include "cache/time.h"

namespace pgw::cache {

class Cache;

struct Options {
  StoreOptions store;
  // How long a key stays pass-through after a response that could not be shared (hit-for-miss).
  Duration pass_through_time = std::chrono::seconds(30);
  // How long the tags of a write stay unsettled when its guard is destroyed unfinished.
  Duration unknown_write_time = std::chrono::seconds(60);
  // A targeted field such as "CDN-Cache-Control" to obey before Cache-Control (RFC 9213); empty: none.
  std::string targeted_field;
  // Asked only by the destructor of an unfinished WriteGuard. Empty: the system's clock.
  std::function<TimePoint()> clock;
  // Tests switch it off to show that they detect stale reads.
  bool check_generations = true;
};

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

  // A 304 to `validators()`. Null only with not_selected.
  EntryPtr not_modified(HeaderSpan headers, TimePoint now, StoreResult& result);

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
  EntryContext context_for(int status, HeaderSpan request_headers, TimePoint now) const;
  void note_load(int status, HeaderSpan headers, TimePoint now) const;
  bool stored_may_serve() const;
  EntryPtr settle_response(const Response& response, TimePoint now, StoreResult& result);
  EntryPtr settle_not_modified(HeaderSpan headers, TimePoint now, StoreResult& result);
  void settle(const EntryPtr& entry, TimePoint now, StoreResult& result);
  void share_stale(TimePoint now, const Shared& otherwise);
  void release(int status, TimePoint now);
  void abandon();
  void end(const std::function<void(bool spoiled)>& settle, const std::function<Shared(const WaitRecord&)>& share);

  Cache* cache_ = nullptr;
  FlightPtr flight_;
  bool drop_validators_ = false;
  std::string_view why_not_stored_;
};

// The last answer of an upstream that sheds load. Readers get this answer, and the upstream is not asked again.
struct Shed {
  int status = 0;  // 429 or 503
  Duration wait{0};
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
};

// What became of the answer to a write that was to be stored as the answer to a read.
enum class PrimeResult {
  stored,
  not_alone,  // another write to the same tags, or a purge, fell into its time: who knows which came last
  refused,    // a response to that read with these fields would not be stored either, or it is too large
};

// Does a write that is answered so change nothing? True for 401, 403, 404, 405, 409, 410, 412, 415, 422 and 429 alone;
// and only of a write that was sent once: a repeated DELETE gets 404 after the first one took effect.
bool refuses_write(int status);

// A write on its way. Move-only. Until its end nothing of its tags is served that was fetched before it began; its end
// moves their generations.
class WriteGuard {
 public:
  WriteGuard() = default;
  ~WriteGuard();
  WriteGuard(WriteGuard&& other) noexcept;
  WriteGuard& operator=(WriteGuard&& other) noexcept;
  WriteGuard(const WriteGuard&) = delete;
  WriteGuard& operator=(const WriteGuard&) = delete;

  explicit operator bool() const { return cache_ != nullptr; }

  // More of what the write changes, known only now (Location, Content-Location; RFC 9111 4.4).
  void add(std::span<const Tag> tags);
  // The upstream has answered, with whatever status. To be called before the first byte of the answer goes to the
  // writer.
  void finish();
  // `finish`, for an answer that carries in full what `read` asks for: stores it as the answer to that, if it would be
  // stored as such and the write was alone. `read.request_headers` are the write's. Validators of the origin are left
  // out: of which representation they speak is not said. `sent`: when the write was sent, at the latest.
  PrimeResult finish_and_prime(const Read& read, Response&& response, TimePoint sent, TimePoint now);
  // The upstream has answered with one of `refuses_write`, and the write was sent once: what was stored before is
  // current again. To be called when `finish` would be.
  void finish_refused();
  // No answer: the write may take effect at any time before `until`.
  void finish_unknown(TimePoint until);

 private:
  friend class Cache;
  WriteGuard(Cache* cache, std::span<const Tag> tags);
  void abandon();

  Cache* cache_ = nullptr;  // null once finished or moved from
  Generations::Write write_;
  std::uint64_t key_purges_ = 0;  // of the cache when the write began
};

enum class PurgeMode {
  soft,  // stale at once; kept for revalidation
  hard,  // removed
};

// What a purge met.
struct Purged {
  std::size_t entries = 0;
  std::size_t fetches = 0;  // under way: what they bring is not stored, and nobody joins them any more
};

// What happened since the start. `reads` by what `read` and `find_fresh` decided.
struct Stats {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t capacity = 0;
  std::uint64_t evictions = 0;
  std::uint64_t variant_evictions = 0;  // of keys with more variants than `max_variants`
  std::uint64_t hits = 0;               // served from memory, fresh or stale
  std::uint64_t stale_hits = 0;         // of these: stale
  std::uint64_t joined = 0;
  std::uint64_t fetches = 0;
  std::uint64_t revalidations = 0;
  std::uint64_t passes = 0;
  std::uint64_t stored = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t invalidations_by_write = 0;          // writes that ended with an answer
  std::uint64_t invalidations_by_unknown_write = 0;  // writes that ended without one
  std::uint64_t refused_writes = 0;                  // writes that the upstream refused, and that changed nothing
  std::uint64_t sheds = 0;                           // reads that were not forwarded since the upstream sheds load
  std::uint64_t invalidations_by_purge = 0;
  std::uint64_t scanned = 0;  // entries that purges and listings went through
  std::uint64_t primed = 0;   // answers to writes that were stored as answers to reads
};

struct EntryInfo {
  const Entry& entry;
  std::uint64_t hits;
  bool is_current;  // false: invalidated; of use for revalidation only
};

// Whose cache a saved one is: all must agree, or it is of no use.
struct ArchiveIdentity {
  std::string contract;  // stands for the API description
  std::string upstream;  // as in the keys
};

// The fingerprint of how keys, tags, their slots and entries are written in a saved cache. A file with another
// fingerprint is of no use to this program, whatever the versions say.
std::uint64_t archive_format();

enum class ArchiveFault {
  none,
  not_an_archive,
  other_format,
  other_contract,
  other_upstream,
  from_the_future,  // the clock went back since: ages can't be told
  damaged,          // cut off, or changed
};
std::string_view to_string(ArchiveFault fault);

struct Saved {
  std::size_t entries = 0;
  bool is_all = true;  // false: the time was up, so the least valuable entries are missing
};

struct Restored {
  ArchiveFault fault = ArchiveFault::none;
  std::size_t entries = 0;
};

class Cache {
 public:
  explicit Cache(Options options);
  ~Cache();  // every Fetch and WriteGuard must be gone by then
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // The fast path: the entry to serve when it is fresh for this request, otherwise null. Needs neither `tags` nor
  // `rule`, so a caller may derive them only when this says null, and call `read` then.
  EntryPtr find_fresh(const Read& read, TimePoint now);

  // `waiter` is called exactly once if the decision is `wait`, by the thread that ends the fetch (perhaps before `read`
  // has returned, never from within it), unless the Wait is cancelled or destroyed first; otherwise never. It should
  // hand over and return. One that throws counts as not called: the Wait can still be cancelled.
  Decision read(const Read& read, TimePoint now, Waiter waiter);

  // To be called before the write is sent upstream.
  WriteGuard begin_write(std::span<const Tag> tags);

  // A read that begins after a purge has returned is not answered from anything that was fetched before the purge
  // began. By tags: whatever carries one of them. By keys: by anything that a key tells, see `parse_key`.
  Purged purge_all(PurgeMode mode);
  Purged purge_tags(std::span<const Tag> tags, PurgeMode mode);
  Purged purge_keys(const std::function<bool(std::string_view key)>& matches, PurgeMode mode);

  // By how much the wall clock is ahead of the clock that `now` comes from. To be told again whenever it may have
  // changed: about once a second.
  void set_wall_ahead(Duration wall_ahead) { wall_ahead_ = wall_ahead; }

  // From now on instead of `Options::unknown_write_time`, if it is longer: writes that were sent under the other may be
  // under way. By one thread at a time.
  void raise_unknown_write_time(Duration time) { unknown_write_time_ = std::max(unknown_write_time_.load(), time); }

  // Writes what may still be served, the most used first, and what is unsettled; writes under way become unsettled.
  // Left out is what was selected by somebody's Authorization or Cookie: their values belong in no file. To be called
  // when nothing uses the cache any more. `may_go_on` is asked before each entry. Failures are the stream's.
  Saved save(std::ostream& out, const ArchiveIdentity& identity, TimePoint now, const std::function<bool()>& may_go_on);
  // Takes over what `save` wrote, all of it or, with a fault, nothing. To be called before anything uses the cache.
  // Reads `in`, which must be seekable, twice: the first time only to check it. Whoever saved may not have gone on
  // after that, and nobody may restore the same twice: what changed since is not known to it.
  Restored restore(std::istream& in, const ArchiveIdentity& identity, TimePoint now);

  void for_each(const std::function<void(const EntryInfo&)>& visit) const;
  Stats stats() const;
  std::size_t max_body_bytes() const { return store_.max_object_bytes(); }

 private:
  friend class Fetch;
  friend class WriteGuard;

  struct Request;   // what the fields of a request ask of the cache
  struct Standing;  // how what is stored stands to a request
  struct Counters {
    Counter hits, stale_hits, joined, fetches, revalidations, passes, stored, primed, sheds;
    Counter writes, unknown_writes, refused_writes, purges;
  };

  bool is_current(const Snapshot& snapshot) const;
  Standing judge(Store::Found found, const Read& read, const Request& request, TimePoint now) const;
  Decision pass(MissReason reason);
  Decision serve(EntryPtr entry, bool stale);
  std::optional<Decision> spare_upstream(const Read& read, KeyHash hash, const Request& request,
                                         const Standing& standing, TimePoint now);
  Decision serve_stale(const Read& read, KeyHash hash, const Request& request, const Standing& standing, TimePoint now);
  Decision go_forward(const Read& read, KeyHash hash, const Request& request, const Standing& standing, TimePoint now,
                      Waiter& waiter);
  static bool wants_same(const Flight& flight, const Read& read, const Standing& standing);
  FlightPtr make_flight(const Read& read, KeyHash hash, const Request& request, const Standing& standing, TimePoint now,
                        bool joinable) const;

  Options options_;
  std::atomic<Duration> unknown_write_time_;
  std::atomic<Duration> wall_ahead_{Duration::zero()};
  Store store_;
  Generations generations_;
  FlightTable flights_;
  PassMarks pass_marks_;
  LoadShedding shedding_;
  std::atomic<std::uint64_t> key_purges_{0};  // begun so far
  Counters counters_;
};

}  // namespace pgw::cache
