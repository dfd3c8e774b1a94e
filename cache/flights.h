// Fetches under way, and who waits for them: the machinery of coalescing behind cache.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/entry.h"
#include "cache/key.h"

namespace pgw::cache {

enum class SharedOutcome {
  response,        // `entry` answers the follower too
  stale_on_error,  // the fetch failed; `entry` is stale and allowed to stand in
  failed,          // the fetch failed, and so does the follower; `error` as the leader reported it
  retry,           // nothing to share: call `read` again
};

// What a follower gets.
struct Shared {
  SharedOutcome outcome;
  EntryPtr entry;
  int error = 0;
};
using Waiter = std::function<void(const Shared&)>;

// A follower's place. The waiter is called at most once: whoever of caller and canceller comes first decides.
class WaitRecord {
 public:
  // `may_be_refused`: nothing had come into being since the fetch was sent (`Flight::ties_if_refused`), so that a
  // refusal answers this follower, too. `authorized`: only what is for everyone does.
  WaitRecord(Waiter waiter, HeaderSpan request_headers, const RequestDirectives& directives, bool may_be_refused,
             bool authorized);

  bool cancel();
  // A waiter that throws was not called: its place stays open, to be cancelled or delivered to again.
  void deliver(const Shared& shared) noexcept;

  // Does the entry answer this follower's request: same variant, and of use under the request's directives?
  bool accepts(const Entry& entry, TimePoint now) const;
  bool accepts_variant(const Entry& entry) const;
  bool accepts_on_error(const Entry& entry, TimePoint now) const;
  bool accepts_errors() const { return !authorized_; }
  bool may_be_refused() const { return may_be_refused_; }

 private:
  std::atomic<bool> taken_{false};
  Waiter waiter_;  // belongs to the one who took
  OwnedHeaders request_headers_;
  RequestDirectives directives_;
  const bool may_be_refused_;
  const bool authorized_;
};

// A follower's hold on its place. Move-only; destroying it cancels.
class Wait {
 public:
  Wait() = default;
  explicit Wait(std::shared_ptr<WaitRecord> record) : record_(std::move(record)) {}
  ~Wait() { cancel(); }
  Wait(Wait&&) noexcept = default;
  Wait& operator=(Wait&& other) noexcept;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // True: the waiter will never be called. False: it was called, or is being called now by the leader's thread. Never
  // blocks.
  bool cancel();
  explicit operator bool() const { return record_ != nullptr; }

 private:
  std::shared_ptr<WaitRecord> record_;
};

// One fetch under way. What is not marked as guarded never changes.
struct Flight {
  std::string key;
  KeyHash hash{};
  OwnedHeaders request_headers;
  RequestDirectives request_directives;
  Rule rule;
  bool authorized = false;
  // Tags and their snapshot, taken before the fetch was sent.
  struct Ties {
    std::string tags;
    Snapshot snapshot;
  };
  Ties ties;
  Ties ties_if_refused;
  TimePoint request_time;
  EntryPtr stored;                // what is being revalidated, or may stand in for an error; null when there is none
  bool stored_may_serve = false;  // false: invalidated, of use for revalidation only
  bool stored_is_invalid = false;  // the same, or purged softly: a date is too coarse to validate it by
  Duration stored_older_by{0};     // a soft purge makes it so much older than it is
  std::uint64_t began = 0;         // of the generations' sequence, from before the snapshots
  std::uint64_t key_purges = 0;    // of the cache, when it began
  bool joinable = true;
  std::atomic<bool> spoiled{false};                    // set under the table's lock: a purge met this fetch
  std::vector<std::shared_ptr<WaitRecord>> followers;  // guarded by the table's lock
};
using FlightPtr = std::shared_ptr<Flight>;

// Thread-safe; one lock per shard, held for a few instructions, or while the result of a fetch is put into the store.
class FlightTable {
 public:
  struct Joined {
    std::shared_ptr<WaitRecord> record;
    FlightPtr flight;
  };
  // Looks, under the key's lock, for a flight that `may_join` accepts, newest first; a null one accepts none, and is
  // not slowed by how many there are. If there is one, adds the follower that `make_record` makes to it; a null one
  // only looks, and leaves both results null. If there is none, adds the flight that `make_flight` makes.
  Joined join_or_add(std::string_view key, KeyHash hash, const std::function<bool(const Flight&)>& may_join,
                     const std::function<std::shared_ptr<WaitRecord>(const Flight&)>& make_record,
                     const std::function<FlightPtr()>& make_flight);

  // Takes the flight out, gives its followers to `followers`, and runs `settle` under the same hold of the lock, with
  // whether a purge met the flight: a purge either comes later and finds what `settle` stored, or came before and is
  // known to it. Should `settle` throw, the flight is over all the same.
  using Followers = std::vector<std::shared_ptr<WaitRecord>>;
  void finish(const FlightPtr& flight, Followers& followers, const std::function<void(bool spoiled)>& settle);

  // Marks the flights that `matches` accepts as met by a purge: nobody joins them, and they are not stored. Returns how
  // many were not marked yet.
  std::size_t spoil_if(const std::function<bool(const Flight&)>& matches);

  std::size_t size() const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::vector<FlightPtr>> flights;  // guarded by mutex
  };
  static constexpr std::size_t kShards = 64;
  Shard& shard_of(KeyHash hash) { return shards_[hash.high % kShards]; }

  std::array<Shard, kShards> shards_;
};

// Keys whose last response could not be shared: their requests don't wait for each other for a while (hit-for-miss). A
// fixed table; a mark may be lost to another key's, which costs one round of waiting.
class PassMarks {
 public:
  void set(KeyHash hash, TimePoint until);
  void clear(KeyHash hash);
  bool is_set(KeyHash hash, TimePoint now) const;

 private:
  struct Mark {
    std::atomic<std::uint64_t> key{0};
    std::atomic<TimePoint::rep> until{0};
  };
  static constexpr std::size_t kMarks = 4096;
  std::array<Mark, kMarks> marks_;
};

}  // namespace pgw::cache
