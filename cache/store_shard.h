// One shard of the store: a hash table of nodes, each in one of the two queues of S3-FIFO. Internal to cache/.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cache/departures.h"
#include "cache/entry.h"
#include "cache/ghost.h"
#include "cache/heap_cost.h"
#include "cache/stale_mark.h"
#include "cache/store.h"
#include "cache/striped_lock.h"

namespace pgw::cache {

// Thread-safe. Private members need the lock: shared for const ones, exclusive for the others.
class Store::Shard {
 public:
  // `departures`: told who was evicted; null: nobody is.
  Shard(std::size_t capacity, std::size_t max_variants, Departures* departures);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // What an entry costs here, its node included.
  static std::size_t cost_of(const Entry& entry) { return entry.size_bytes() + heap_cost(sizeof(Node)); }

  Found find(std::string_view key, std::uint64_t hash, HeaderSpan request_headers, bool is_use) const;
  void insert(EntryPtr entry, std::uint64_t hash, std::size_t cost);
  bool erase(const EntryPtr& entry, std::uint64_t hash);
  // False if it isn't there any more.
  bool mark(const EntryPtr& entry, std::uint64_t hash, StaleMark mark);

  // See Store.
  Alternative alternative(const EntryPtr& entry, std::uint64_t hash, std::size_t number, TimePoint now);
  void keep_alternative(const EntryPtr& entry, std::uint64_t hash, std::size_t number, EntryPtr made, TimePoint now);

  // All of a key's variants.
  void copy_variants(std::string_view key, std::uint64_t hash, std::vector<Info>& into) const;

  struct Seen {
    Info info;
    std::uint64_t hash = 0;
  };
  // Copies what is in the buckets from `bucket` on until the slice is full; returns where to go on. Nodes never change
  // their bucket, so that none is overlooked.
  std::size_t copy_slice(std::size_t bucket, std::vector<Seen>& slice) const;
  std::size_t buckets() const { return buckets_.size(); }

  std::size_t capacity() const { return capacity_; }
  std::size_t count() const;
  std::size_t used() const;
  std::uint64_t evictions() const;
  std::uint64_t variant_evictions() const;

 private:
  // Of an entry and its node. Not counted, since mostly there is none; but room is left for it.
  static constexpr std::size_t kMostEntrySlack = 2 * kMostHeapSlack;

  enum class Queue : std::uint8_t { small, main };

  // 56 bytes, which malloc makes 64 of.
  struct Node {
    EntryPtr entry;
    Node* chain = nullptr;  // next in the bucket, or in a Doomed list
    Node* newer = nullptr;
    Node* older = nullptr;
    std::uint32_t hash = 0;  // the low half of the key's
    std::atomic<std::uint32_t> hits{0};
    Queue queue = Queue::small;
    std::atomic<std::uint8_t> uses{0};   // since the last round, at most kMaxUses; increments may get lost
    bool has_extra = false;              // in `extras_`; what it costs is not the node's
    std::atomic<std::uint32_t> mark{0};  // a StaleMark

    std::size_t cost() const { return cost_of(*entry); }
  };
  static_assert(sizeof(Node) == 56);

  // Doubly linked through the nodes; new ones enter at the head.
  class Fifo {
   public:
    void push(Node* node);
    void remove(Node* node);
    Node* oldest() const { return tail_; }
    std::size_t bytes() const { return bytes_; }

   private:
    Node* head_ = nullptr;
    Node* tail_ = nullptr;
    std::size_t bytes_ = 0;
  };

  // The alternatives of an entry that has any.
  struct Extra {
    const Entry* of = nullptr;
    Extra* chain = nullptr;  // next in the bucket, or in a Doomed list
    std::array<Alternative, kAlternatives> made{};

    std::size_t cost() const;
  };

  // What was taken out under a lock, to be freed after it: declare it before the lock.
  class Doomed {
   public:
    Doomed() = default;
    Doomed(const Doomed&) = delete;
    Doomed& operator=(const Doomed&) = delete;
    ~Doomed() {
      while (nodes_ != nullptr) {
        const std::unique_ptr<Node> node(nodes_);
        nodes_ = node->chain;
      }
      while (extras_ != nullptr) {
        const std::unique_ptr<Extra> extra(extras_);
        extras_ = extra->chain;
      }
    }
    void add(Node* node) {
      node->chain = nodes_;
      nodes_ = node;
    }
    void add(Extra* extra) {
      extra->chain = extras_;
      extras_ = extra;
    }

   private:
    Node* nodes_ = nullptr;
    Extra* extras_ = nullptr;
  };

  static void count_hit(Node& node);
  static void touch(Node& node);
  static bool is_newer(const Node& a, const Node* b);
  static bool is_better_match(const Node& a, const Node* b);
  static bool leaves_before(const Node& a, const Node* b);

  bool has_room_for(std::size_t bytes) const { return used_ + bytes + (count_ + 1) * kMostEntrySlack <= capacity_; }
  Node* bucket(std::uint64_t hash) const { return buckets_[hash & (buckets_.size() - 1)]; }
  Node*& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  Fifo& queue_of(const Node& node) { return node.queue == Queue::small ? small_ : main_; }
  Node* node_of(const EntryPtr& entry, std::uint64_t hash) const;
  Node* same_variant(const Node& fresh) const;
  void limit_variants(const Node& fresh, Doomed& doomed);
  void make_room(std::size_t bytes, TimePoint now, Doomed& doomed);
  void add(Node* node);
  void remove(Node* node, Doomed& doomed);
  Extra* extra_of(const Entry& entry) const;
  // Entries of one size lie apart by multiples of it: the bits above those are told apart by a multiplication.
  std::size_t extra_bucket(const Entry& entry) const {
    constexpr std::uint64_t kGoldenRatio = 0x9e37'79b9'7f4a'7c15;
    return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(&entry) * kGoldenRatio) >> 32U) % extras_.size();
  }
  Extra* add_extra(const EntryPtr& entry, std::uint64_t hash, TimePoint now, Doomed& doomed);
  void remove_extra(const Entry& entry, Doomed& doomed);
  void move_to_main(Node* node, std::uint8_t uses);
  void evict_one(TimePoint now, Doomed& doomed);
  void note(const Node& node, Departure how, TimePoint at) const;

  const std::size_t capacity_;
  const std::size_t max_variants_;
  Departures* const departures_;
  mutable StripedLock mutex_;  // guards all below, but for the atomics in the nodes
  std::vector<Node*> buckets_;
  Ghost ghost_;
  Fifo small_;
  Fifo main_;
  std::vector<Extra*> extras_;  // buckets, by the entry's address
  std::size_t used_;
  std::size_t count_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t variant_evictions_ = 0;
};

}  // namespace pgw::cache
