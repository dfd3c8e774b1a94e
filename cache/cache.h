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
// Memory: the store's bound covers all entries and the index. Beside it stand fixed tables of 2.1 MiB and what is being
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

#include "cache/archive.h"
#include "cache/counter.h"
#include "cache/departures.h"
#include "cache/entry.h"
#include "cache/fetch.h"
#include "cache/flights.h"
#include "cache/generations.h"
#include "cache/key.h"
#include "cache/load_shedding.h"
#include "cache/movements.h"
#include "cache/read.h"
#include "cache/store.h"
#include "cache/tags.h"
#include "cache/time.h"
#include "cache/why.h"
#include "cache/write_guard.h"

namespace pgw::cache {

struct Options {
  StoreOptions store;
  // How long a key stays pass-through after a response that could not be shared (hit-for-miss).
  Duration pass_through_time = std::chrono::seconds(30);
  // How long the tags of a write stay unsettled when its guard is destroyed unfinished.
  Duration unknown_write_time = std::chrono::seconds(60);
  // A targeted field such as "CDN-Cache-Control" to obey before Cache-Control (RFC 9213); empty: none.
  std::string targeted_field;
  // The clock that all `now` come from: asked for the time of what nobody tells it, the end of a write or a purge.
  // Empty: the system's.
  std::function<TimePoint()> clock;
  // Tests switch it off to show that they detect stale reads.
  bool check_generations = true;
};

enum class PurgeMode {
  soft,      // stale at once: used as anything stale is, within the windows of its rule or origin
  outdated,  // not served any more; kept for revalidation
  hard,      // removed
};

// What a purge met.
struct Purged {
  std::size_t entries = 0;
  std::size_t fetches = 0;  // under way: what they bring is not stored, and nobody joins them any more
  std::uint64_t number = 0;  // of the purge, 1 the first since the start
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
  bool is_current;         // false: invalidated, or purged
  StaleReason stale;       // why it isn't current; its age is not looked at
  const EntryPtr& shared;  // `entry`, to be kept
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

  // To be called before the write is sent upstream. `by` names it to an operator: its request's id.
  WriteGuard begin_write(std::span<const Tag> tags, std::string_view by = {});

  // A read that begins after a purge has returned is not answered from anything that was fetched before the purge
  // began, but for what a soft purge leaves to be used as stale. By tags: whatever carries one of them, the origin's
  // own among them. By keys: by anything that a key tells, see `parse_key`.
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

  // See Store: the further representations of what is served.
  Store::Alternative alternative(const EntryPtr& entry, std::size_t number, TimePoint now) {
    return store_.alternative(entry, number, now);
  }
  void keep_alternative(const EntryPtr& entry, std::size_t number, EntryPtr made, TimePoint now) {
    store_.keep_alternative(entry, number, std::move(made), now);
  }

  void for_each(const std::function<void(const EntryInfo&)>& visit) const;
  Why why(const Read& read, TimePoint now) const;
  Stats stats() const;
  std::size_t max_body_bytes() const { return store_.max_object_bytes(); }

 private:
  friend class Fetch;
  friend class WriteGuard;

  struct Request;   // what the fields of a request ask of the cache
  struct Standing;  // how what is stored stands to a request
  struct Course;    // what a read comes to
  struct Counters {
    Counter hits, stale_hits, joined, fetches, revalidations, passes, stored, primed, sheds;
    Counter writes, unknown_writes, refused_writes;
  };

  bool is_current(const Snapshot& snapshot) const;
  Standing judge(Store::Found found, const Read& read, const Request& request, TimePoint now) const;
  StaleReason why_not_current(const Entry& entry, StaleMark mark) const;
  Course course_of(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                   TimePoint now) const;
  std::optional<Course> spare_upstream(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                                       TimePoint now) const;
  TimePoint clock() const;
  std::size_t carry_out(const std::function<bool(const Entry&)>& matches, PurgeMode mode, std::uint64_t number);
  std::vector<Why::TagStanding> standing_of_tags(const Read& read, const std::vector<Why::Variant>& variants) const;
  Decision serve(const Standing& standing, bool stale);
  Decision serve_stale(const Read& read, KeyHash hash, const Request& request, const Standing& standing, TimePoint now);
  Decision go_forward(const Read& read, KeyHash hash, const Request& request, const Standing& standing,
                      const Course& course, TimePoint now, Waiter& waiter);
  static bool wants_same(const Flight& flight, const Read& read, const Standing& standing);
  FlightPtr make_flight(const Read& read, KeyHash hash, const Request& request, const Standing& standing, TimePoint now,
                        bool joinable) const;

  Options options_;
  Departures departures_;  // before the store, which tells it
  Movements movements_;
  std::atomic<std::uint64_t> purges_{0};
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
