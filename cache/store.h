// Where entries live: a sharded hash table with S3-FIFO eviction and a hard bound in bytes.
//
// Each shard has an equal part of the bytes, fixed at construction, and pays from it for its index, its ghost queue and
// all its entries. Room is made before an entry goes in, so `bytes() <= capacity()` holds at every instant, with room
// left for what malloc may round up. (An evicted entry that is just being sent lives on until sent; that memory belongs
// to the sender.)
//
// S3-FIFO (Yang et al., SOSP 2023): new entries pass a small queue, a tenth of the bytes; those used again there move
// to the main queue, the others leave, remembered by the ghost queue; one that returns while remembered goes to main at
// once. The main queue gives each entry as many more rounds as it had hits in the last one, at most three. A scan thus
// passes through the small queue and leaves main alone.
//
// Thread-safe. `find` takes one shard's lock shared, which readers of different threads do without writing common
// memory, and of an entry that is found often it writes little more than the count of its owners. Nothing is freed
// under a lock. Those who go through everything do so in slices, and look at entries with no lock held, so that however
// much there is, hits are never held up by it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "cache/departures.h"
#include "cache/entry.h"
#include "cache/key.h"
#include "cache/stale_mark.h"

namespace pgw::cache {

struct StoreOptions {
  std::size_t max_bytes = std::size_t{256} << 20;  // below 16 KiB nothing is stored
  double max_object_share = 1.0 / 16;              // of max_bytes; never more than a quarter of a shard
  std::size_t shards = 0;                          // a power of two; 0: one per 16 MiB, at most 64
  std::size_t max_variants = 64;                   // of one key; beyond, the least used one leaves
};

class Store {
 public:
  // `departures`: told which entries left to make room; null: nobody is.
  explicit Store(const StoreOptions& options, Departures* departures = nullptr);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  struct Found {
    EntryPtr entry;          // the matching variant; of several the newest with a Vary, else the newest (RFC 9111 4.1)
    EntryPtr other_variant;  // when none matches: the newest of the key's variants
    StaleMark mark;
  };
  // Counts as a use of the entry; `peek` doesn't.
  Found find(std::string_view key, KeyHash hash, HeaderSpan request_headers);
  Found peek(std::string_view key, KeyHash hash, HeaderSpan request_headers) const;

  // Replaces the entry of the same key and variant. False: larger than `max_object_bytes`, and nothing has changed.
  bool insert(EntryPtr entry);

  // Removes exactly this entry, if it is still there.
  bool erase(const EntryPtr& entry);
  // These meet what is there from their begin to their end; what comes in meanwhile perhaps. A mark stays until the
  // entry is replaced. `erased` is called with each entry that went, without a lock.
  std::size_t erase_if(const std::function<bool(const Entry&)>& predicate,
                       const std::function<void(const Entry&)>& erased = nullptr);
  std::size_t mark_if(const std::function<bool(const Entry&)>& predicate, StaleMark mark);
  std::size_t count_if(const std::function<bool(const Entry&)>& predicate) const;

  struct Info {
    EntryPtr entry;
    std::uint64_t hits;  // exact up to some tens, then estimated
    StaleMark mark;
  };
  // All of one key. Counts as no use.
  std::vector<Info> variants(std::string_view key, KeyHash hash) const;
  void for_each(const std::function<void(const Info&)>& visit) const;

  // A further representation of a stored response, which the caller makes, once for all who ask: of at most
  // kAlternatives kinds, numbered as the caller likes. They leave with the entry, and take room as it does.
  static constexpr std::size_t kAlternatives = 3;
  struct Alternative {
    enum class State : std::uint8_t {
      make,        // the caller makes it now, and calls `keep_alternative`, whatever came of that
      being_made,  // by another caller
      useless,     // was made, and not worth keeping
      ready,       // `entry`
    };
    State state = State::make;
    EntryPtr entry;
  };
  Alternative alternative(const EntryPtr& entry, std::size_t number, TimePoint now);
  // Null: useless. Nothing is kept for an entry that has left meanwhile.
  void keep_alternative(const EntryPtr& entry, std::size_t number, EntryPtr made, TimePoint now);

  std::size_t entries() const;
  std::size_t bytes() const;  // with the index; never above capacity()
  std::size_t capacity() const { return capacity_; }
  std::size_t max_object_bytes() const { return max_object_bytes_; }
  std::uint64_t evictions() const;
  std::uint64_t variant_evictions() const;  // for `max_variants`; not counted as evictions
  // How many entries those who go through everything have looked at so far.
  std::uint64_t scanned() const { return scanned_.load(std::memory_order_relaxed); }

 private:
  class Shard;
  Shard& shard_of(KeyHash hash) const;
  // Calls `visit(shard, slice)` with a few entries at a time until all have been seen.
  template <class Visit>
  void scan(Visit visit) const;

  std::size_t capacity_;
  std::size_t max_object_bytes_ = 0;
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::atomic<std::uint64_t> scanned_{0};
};

}  // namespace pgw::cache
