#include "cache/store.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <random>
#include <shared_mutex>

#include "cache/ghost.h"
#include "cache/heap_cost.h"
#include "cache/striped_lock.h"

namespace pgw::cache {
namespace {

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
  std::atomic<std::uint8_t> uses{0};  // since the last round, at most kMaxUses; increments may get lost
  std::atomic<bool> marked_stale{false};

  std::size_t cost() const { return entry->size_bytes() + heap_cost(sizeof(Node)); }
};

std::uint32_t low_half(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash);
}

// Of an entry and its node. Not counted, since mostly there is none; but room is left for it.
constexpr std::size_t kMostEntrySlack = 2 * kMostHeapSlack;
constexpr std::uint8_t kMaxUses = 3;
constexpr std::uint8_t kPromotingUses = 1;
// The index is sized once: few entries with all that they cost are smaller than this, so chains stay short.
constexpr std::size_t kBytesPerBucket = 2048;
// What is gone through under one hold of a lock: some microseconds.
constexpr std::size_t kSliceEntries = 128;
constexpr std::size_t kSliceBuckets = 1024;

// Doubly linked through the nodes; new ones enter at the head.
class Fifo {
 public:
  void push(Node* node) {
    node->newer = nullptr;
    node->older = head_;
    (head_ != nullptr ? head_->newer : tail_) = node;
    head_ = node;
    bytes_ += node->cost();
  }
  void remove(Node* node) {
    (node->newer != nullptr ? node->newer->older : head_) = node->older;
    (node->older != nullptr ? node->older->newer : tail_) = node->newer;
    bytes_ -= node->cost();
  }
  Node* oldest() const { return tail_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Node* head_ = nullptr;
  Node* tail_ = nullptr;
  std::size_t bytes_ = 0;
};

// Nodes taken out under a lock, to be freed after it: declare it before the lock.
class Doomed {
 public:
  Doomed() = default;
  Doomed(const Doomed&) = delete;
  Doomed& operator=(const Doomed&) = delete;
  ~Doomed() {
    while (first_ != nullptr) {
      const std::unique_ptr<Node> node(first_);
      first_ = node->chain;
    }
  }
  void add(Node* node) {
    node->chain = first_;
    first_ = node;
  }

 private:
  Node* first_ = nullptr;
};

// Exact at first. Beyond that a thread tells about one in kHitStride of its hits, as that many of them: the memory of
// an entry that every thread reads all the time should not be written all the time.
void count_hit(Node& node) {
  constexpr std::uint32_t kExactHits = 64;
  constexpr std::uint32_t kHitStride = 16;
  if (node.hits.load(std::memory_order_relaxed) < kExactHits) {
    node.hits.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  thread_local std::minstd_rand random;  // not a plain count, which would fall in step with a client that alternates
  if (random() % kHitStride == 0) node.hits.fetch_add(kHitStride, std::memory_order_relaxed);
}

void touch(Node& node) {
  count_hit(node);
  const std::uint8_t uses = node.uses.load(std::memory_order_relaxed);
  if (uses < kMaxUses) node.uses.store(static_cast<std::uint8_t>(uses + 1), std::memory_order_relaxed);
}

bool is_newer(const Node& a, const Node* b) {
  return b == nullptr || a.entry->response_time > b->entry->response_time;
}

// RFC 9111 4.1: an answer that lacks Vary, perhaps by mistake, doesn't hide those that were made for such a request.
bool is_better_match(const Node& a, const Node* b) {
  if (b == nullptr) return true;
  const bool a_was_selected = a.entry->selected_by != nullptr;
  const bool b_was_selected = b->entry->selected_by != nullptr;
  return a_was_selected == b_was_selected ? is_newer(a, b) : a_was_selected;
}

// Does `a` leave before `b`? The less used one does, of two that are used alike the older one.
bool leaves_before(const Node& a, const Node* b) {
  if (b == nullptr) return true;
  const auto a_uses = a.uses.load(std::memory_order_relaxed);
  const auto b_uses = b->uses.load(std::memory_order_relaxed);
  return a_uses != b_uses ? a_uses < b_uses : !is_newer(a, b);
}

}  // namespace

// Everything below the public methods needs the lock: shared for const ones, exclusive for the others.
class Store::Shard {
 public:
  Shard(std::size_t capacity, std::size_t max_variants)
      : capacity_(capacity),
        max_variants_(max_variants),
        buckets_(std::bit_ceil(std::max<std::size_t>(capacity / kBytesPerBucket, 1))),
        ghost_(capacity / kBytesPerBucket),
        used_(sizeof(Shard) + buckets_.capacity() * sizeof(void*) + ghost_.bytes()) {}

  ~Shard() {
    Doomed doomed;
    for (Node* first : buckets_) {
      while (first != nullptr) {
        Node* const node = first;
        first = node->chain;
        doomed.add(node);
      }
    }
  }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Found find(std::string_view key, std::uint64_t hash, HeaderSpan request_headers) const {
    const std::shared_lock lock(mutex_);
    Node* match = nullptr;
    const Node* other = nullptr;
    for (Node* node = bucket(hash); node != nullptr; node = node->chain) {
      if (node->hash != low_half(hash) || node->entry->key != key) continue;
      if (node->entry->selected_by && !node->entry->selected_by->matches(request_headers)) {
        if (is_newer(*node, other)) other = node;
      } else if (is_better_match(*node, match)) {
        match = node;
      }
    }
    if (match != nullptr) {
      touch(*match);
      return {match->entry, nullptr, match->marked_stale.load(std::memory_order_acquire)};
    }
    return {nullptr, other != nullptr ? other->entry : nullptr, false};
  }

  void insert(EntryPtr entry, std::uint64_t hash, std::size_t cost) {
    auto node = std::make_unique<Node>();
    node->hash = low_half(hash);
    node->entry = std::move(entry);
    Doomed doomed;
    const std::unique_lock lock(mutex_);
    node->queue = ghost_.recall(hash, count_) ? Queue::main : Queue::small;
    if (Node* const old = same_variant(*node)) {
      node->queue = old->queue;
      node->uses.store(old->uses.load(std::memory_order_relaxed), std::memory_order_relaxed);
      node->hits.store(old->hits.load(std::memory_order_relaxed), std::memory_order_relaxed);
      remove(old, doomed);
    }
    limit_variants(*node, doomed);
    while (used_ + cost + (count_ + 1) * kMostEntrySlack > capacity_ && count_ > 0) evict_one(doomed);
    add(node.release());
  }

  bool erase(const EntryPtr& entry, std::uint64_t hash) {
    Doomed doomed;
    const std::unique_lock lock(mutex_);
    Node* const node = node_of(entry, hash);
    if (node == nullptr) return false;
    remove(node, doomed);
    return true;
  }

  // False if it isn't there any more.
  bool mark_stale(const EntryPtr& entry, std::uint64_t hash) {
    const std::shared_lock lock(mutex_);
    Node* const node = node_of(entry, hash);
    if (node == nullptr) return false;
    node->marked_stale.store(true, std::memory_order_release);
    return true;
  }

  struct Seen {
    Info info;
    std::uint64_t hash;
  };
  // Copies what is in the buckets from `bucket` on until the slice is full; returns where to go on. Nodes never change
  // their bucket, so that none is overlooked.
  std::size_t copy_slice(std::size_t bucket, std::vector<Seen>& slice) const {
    const std::shared_lock lock(mutex_);
    const std::size_t end = std::min(bucket + kSliceBuckets, buckets_.size());
    for (; bucket < end && slice.size() < kSliceEntries; ++bucket) {
      for (const Node* node = buckets_[bucket]; node != nullptr; node = node->chain) {
        const Info info{node->entry, node->hits.load(std::memory_order_relaxed), node->marked_stale.load()};
        slice.push_back({info, hash_key(node->entry->key).low});
      }
    }
    return bucket;
  }
  std::size_t buckets() const { return buckets_.size(); }

  std::size_t capacity() const { return capacity_; }
  std::size_t count() const {
    const std::shared_lock lock(mutex_);
    return count_;
  }
  std::size_t used() const {
    const std::shared_lock lock(mutex_);
    return used_;
  }
  std::uint64_t evictions() const {
    const std::shared_lock lock(mutex_);
    return evictions_;
  }
  std::uint64_t variant_evictions() const {
    const std::shared_lock lock(mutex_);
    return variant_evictions_;
  }

 private:
  Node* bucket(std::uint64_t hash) const { return buckets_[hash & (buckets_.size() - 1)]; }
  Node*& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  Fifo& queue_of(const Node& node) { return node.queue == Queue::small ? small_ : main_; }

  Node* node_of(const EntryPtr& entry, std::uint64_t hash) const {
    Node* node = bucket(hash);
    while (node != nullptr && node->entry != entry) node = node->chain;
    return node;
  }

  Node* same_variant(const Node& fresh) const {
    for (Node* node = bucket(fresh.hash); node != nullptr; node = node->chain) {
      const bool same_key = node->hash == fresh.hash && node->entry->key == fresh.entry->key;
      if (same_key && node->entry->vary() == fresh.entry->vary()) return node;
    }
    return nullptr;
  }

  void limit_variants(const Node& fresh, Doomed& doomed) {
    std::size_t variants = 0;
    Node* least_used = nullptr;
    for (Node* node = bucket(fresh.hash); node != nullptr; node = node->chain) {
      if (node->hash != fresh.hash || node->entry->key != fresh.entry->key) continue;
      ++variants;
      if (leaves_before(*node, least_used)) least_used = node;
    }
    if (variants < max_variants_) return;
    ++variant_evictions_;
    remove(least_used, doomed);
  }

  void add(Node* node) {
    node->chain = bucket(node->hash);
    bucket(node->hash) = node;
    queue_of(*node).push(node);
    used_ += node->cost();
    ++count_;
  }

  void remove(Node* node, Doomed& doomed) {
    Node** link = &bucket(node->hash);
    while (*link != node) link = &(*link)->chain;
    *link = node->chain;
    queue_of(*node).remove(node);
    used_ -= node->cost();
    --count_;
    doomed.add(node);
  }

  void move_to_main(Node* node, std::uint8_t uses) {
    queue_of(*node).remove(node);
    node->queue = Queue::main;
    node->uses.store(uses, std::memory_order_relaxed);
    main_.push(node);
  }

  // Terminates: each step takes a node out, moves one from small to main for good, or uses up one of a node's uses.
  void evict_one(Doomed& doomed) {
    for (;;) {
      const bool from_small = small_.bytes() > capacity_ / 10 || main_.oldest() == nullptr;
      Node* const node = (from_small ? small_ : main_).oldest();
      const std::uint8_t uses = node->uses.load(std::memory_order_relaxed);
      if (from_small && uses >= kPromotingUses) {
        move_to_main(node, 0);
      } else if (!from_small && uses > 0) {
        move_to_main(node, static_cast<std::uint8_t>(uses - 1));
      } else {
        if (from_small) ghost_.remember(hash_key(node->entry->key).low);
        ++evictions_;
        return remove(node, doomed);
      }
    }
  }

  const std::size_t capacity_;
  const std::size_t max_variants_;
  mutable StripedLock mutex_;  // guards all below, but for the atomics in the nodes
  std::vector<Node*> buckets_;
  Ghost ghost_;
  Fifo small_;
  Fifo main_;
  std::size_t used_;
  std::size_t count_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t variant_evictions_ = 0;
};

namespace {

std::size_t shard_count(const StoreOptions& options) {
  constexpr std::size_t kBytesPerShard = std::size_t{16} << 20U;
  constexpr std::size_t kMost = 64;
  if (options.shards != 0) return std::bit_floor(options.shards);
  return std::bit_floor(std::clamp<std::size_t>(options.max_bytes / kBytesPerShard, 1, kMost));
}

}  // namespace

Store::Store(const StoreOptions& options) : capacity_(options.max_bytes) {
  const std::size_t shards = shard_count(options);
  const std::size_t share = capacity_ / shards;
  const double wanted = static_cast<double>(capacity_) * options.max_object_share;
  constexpr std::size_t kLeastShare = std::size_t{16} << 10U;
  constexpr std::size_t kMostObjectBytes = std::size_t{1} << 30U;  // an entry counts its texts in 32 bits
  if (share >= kLeastShare) {
    max_object_bytes_ = std::min({static_cast<std::size_t>(std::max(wanted, 0.0)), share / 4, kMostObjectBytes});
  }
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(share, options.max_variants));
}

Store::~Store() = default;

Store::Shard& Store::shard_of(KeyHash hash) const {
  return *shards_[hash.high & (shards_.size() - 1)];
}

Store::Found Store::find(std::string_view key, KeyHash hash, HeaderSpan request_headers) {
  return shard_of(hash).find(key, hash.low, request_headers);
}

bool Store::insert(EntryPtr entry) {
  const KeyHash hash = hash_key(entry->key);
  const std::size_t cost = entry->size_bytes() + heap_cost(sizeof(Node));
  if (cost > max_object_bytes_) return false;
  shard_of(hash).insert(std::move(entry), hash.low, cost);
  return true;
}

bool Store::erase(const EntryPtr& entry) {
  const KeyHash hash = hash_key(entry->key);
  return shard_of(hash).erase(entry, hash.low);
}

template <class Visit>
void Store::scan(Visit visit) const {
  std::vector<Shard::Seen> slice;
  for (const auto& shard : shards_) {
    for (std::size_t bucket = 0; bucket < shard->buckets();) {
      slice.clear();
      bucket = shard->copy_slice(bucket, slice);
      scanned_.fetch_add(slice.size(), std::memory_order_relaxed);
      visit(*shard, slice);
    }
  }
}

std::size_t Store::erase_if(const std::function<bool(const Entry&)>& predicate) {
  std::size_t erased = 0;
  scan([&](Shard& shard, const std::vector<Shard::Seen>& slice) {
    for (const auto& [info, hash] : slice) erased += predicate(*info.entry) && shard.erase(info.entry, hash) ? 1 : 0;
  });
  return erased;
}

std::size_t Store::mark_stale_if(const std::function<bool(const Entry&)>& predicate) {
  std::size_t marked = 0;
  scan([&](Shard& shard, const std::vector<Shard::Seen>& slice) {
    for (const auto& [info, hash] : slice) {
      marked += predicate(*info.entry) && shard.mark_stale(info.entry, hash) ? 1 : 0;
    }
  });
  return marked;
}

std::size_t Store::count_if(const std::function<bool(const Entry&)>& predicate) const {
  std::size_t count = 0;
  for_each([&](const Info& info) { count += predicate(*info.entry) ? 1 : 0; });
  return count;
}

void Store::for_each(const std::function<void(const Info&)>& visit) const {
  scan([&](const Shard& /*shard*/, const std::vector<Shard::Seen>& slice) {
    for (const auto& seen : slice) visit(seen.info);
  });
}

std::size_t Store::entries() const {
  std::size_t sum = 0;
  for (const auto& shard : shards_) sum += shard->count();
  return sum;
}

std::size_t Store::bytes() const {
  std::size_t sum = 0;
  for (const auto& shard : shards_) sum += shard->used();
  return sum;
}

std::uint64_t Store::evictions() const {
  std::uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->evictions();
  return sum;
}

std::uint64_t Store::variant_evictions() const {
  std::uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->variant_evictions();
  return sum;
}

}  // namespace pgw::cache
