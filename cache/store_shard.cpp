#include "cache/store_shard.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>

namespace pgw::cache {
namespace {

std::uint32_t low_half(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash);
}

constexpr std::uint8_t kMaxUses = 3;
constexpr std::uint8_t kPromotingUses = 1;
// The index is sized once: few entries with all that they cost are smaller than this, so chains stay short.
constexpr std::size_t kBytesPerBucket = 2048;
// Few entries have alternatives.
constexpr std::size_t kBucketsPerExtra = 8;
// What is gone through under one hold of a lock: some microseconds.
constexpr std::size_t kSliceEntries = 128;
constexpr std::size_t kSliceBuckets = 1024;

std::size_t bucket_count(std::size_t capacity) {
  return std::bit_ceil(std::max<std::size_t>(capacity / kBytesPerBucket, 1));
}

}  // namespace

void Store::Shard::Fifo::push(Node* node) {
  node->newer = nullptr;
  node->older = head_;
  (head_ != nullptr ? head_->newer : tail_) = node;
  head_ = node;
  bytes_ += node->cost();
}

void Store::Shard::Fifo::remove(Node* node) {
  (node->newer != nullptr ? node->newer->older : head_) = node->older;
  (node->older != nullptr ? node->older->newer : tail_) = node->newer;
  bytes_ -= node->cost();
}

// Exact at first. Beyond that a thread tells about one in kHitStride of its hits, as that many of them: the memory of
// an entry that every thread reads all the time should not be written all the time.
void Store::Shard::count_hit(Node& node) {
  constexpr std::uint32_t kExactHits = 64;
  constexpr std::uint32_t kHitStride = 16;
  if (node.hits.load(std::memory_order_relaxed) < kExactHits) {
    node.hits.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  thread_local std::minstd_rand random;  // not a plain count, which would fall in step with a client that alternates
  if (random() % kHitStride == 0) node.hits.fetch_add(kHitStride, std::memory_order_relaxed);
}

void Store::Shard::touch(Node& node) {
  count_hit(node);
  const std::uint8_t uses = node.uses.load(std::memory_order_relaxed);
  if (uses < kMaxUses) node.uses.store(static_cast<std::uint8_t>(uses + 1), std::memory_order_relaxed);
}

bool Store::Shard::is_newer(const Node& a, const Node* b) {
  return b == nullptr || a.entry->response_time > b->entry->response_time;
}

// RFC 9111 4.1: an answer that lacks Vary, perhaps by mistake, doesn't hide those that were made for such a request.
bool Store::Shard::is_better_match(const Node& a, const Node* b) {
  if (b == nullptr) return true;
  const bool a_was_selected = a.entry->selected_by != nullptr;
  const bool b_was_selected = b->entry->selected_by != nullptr;
  return a_was_selected == b_was_selected ? is_newer(a, b) : a_was_selected;
}

// Does `a` leave before `b`? The less used one does, of two that are used alike the older one.
bool Store::Shard::leaves_before(const Node& a, const Node* b) {
  if (b == nullptr) return true;
  const auto a_uses = a.uses.load(std::memory_order_relaxed);
  const auto b_uses = b->uses.load(std::memory_order_relaxed);
  return a_uses != b_uses ? a_uses < b_uses : !is_newer(a, b);
}

Store::Shard::Shard(std::size_t capacity, std::size_t max_variants, Departures* departures)
    : capacity_(capacity),
      max_variants_(max_variants),
      departures_(departures),
      buckets_(bucket_count(capacity)),
      ghost_(capacity / kBytesPerBucket),
      extras_(std::max<std::size_t>(bucket_count(capacity) / kBucketsPerExtra, 1)),
      used_(sizeof(Shard) + (buckets_.capacity() + extras_.capacity()) * sizeof(void*) + ghost_.bytes()) {}

Store::Shard::~Shard() {
  Doomed doomed;
  for (Node* first : buckets_) {
    while (first != nullptr) {
      Node* const node = first;
      first = node->chain;
      doomed.add(node);
    }
  }
  for (Extra* first : extras_) {
    while (first != nullptr) {
      Extra* const extra = first;
      first = extra->chain;
      doomed.add(extra);
    }
  }
}

Store::Found Store::Shard::find(std::string_view key, std::uint64_t hash, HeaderSpan request_headers,
                                bool is_use) const {
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
    if (is_use) touch(*match);
    return {match->entry, nullptr, StaleMark::from_bits(match->mark.load(std::memory_order_acquire))};
  }
  return {nullptr, other != nullptr ? other->entry : nullptr, {}};
}

void Store::Shard::insert(EntryPtr entry, std::uint64_t hash, std::size_t cost) {
  const TimePoint now = entry->response_time;
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
  make_room(cost, now, doomed);
  add(node.release());
}

bool Store::Shard::erase(const EntryPtr& entry, std::uint64_t hash) {
  Doomed doomed;
  const std::unique_lock lock(mutex_);
  Node* const node = node_of(entry, hash);
  if (node == nullptr) return false;
  remove(node, doomed);
  return true;
}

bool Store::Shard::mark(const EntryPtr& entry, std::uint64_t hash, StaleMark mark) {
  const std::shared_lock lock(mutex_);
  Node* const node = node_of(entry, hash);
  if (node == nullptr) return false;
  // The first soft purge is the one that counts, and none lessens what a changed rule has said.
  std::uint32_t before = node->mark.load(std::memory_order_relaxed);
  while (!StaleMark::from_bits(before).is_outdated() && (mark.is_outdated() || before == 0) &&
         !node->mark.compare_exchange_weak(before, mark.bits(), std::memory_order_release)) {
  }
  return true;
}

void Store::Shard::copy_variants(std::string_view key, std::uint64_t hash, std::vector<Info>& into) const {
  const std::shared_lock lock(mutex_);
  for (const Node* node = bucket(hash); node != nullptr; node = node->chain) {
    if (node->hash != low_half(hash) || node->entry->key != key) continue;
    into.push_back({node->entry, node->hits.load(std::memory_order_relaxed), StaleMark::from_bits(node->mark.load())});
  }
}

std::size_t Store::Shard::copy_slice(std::size_t bucket, std::vector<Seen>& slice) const {
  const std::shared_lock lock(mutex_);
  const std::size_t end = std::min(bucket + kSliceBuckets, buckets_.size());
  for (; bucket < end && slice.size() < kSliceEntries; ++bucket) {
    for (const Node* node = buckets_[bucket]; node != nullptr; node = node->chain) {
      const Info info{node->entry, node->hits.load(std::memory_order_relaxed), StaleMark::from_bits(node->mark.load())};
      slice.push_back({info, hash_key(node->entry->key).low});
    }
  }
  return bucket;
}

std::size_t Store::Shard::count() const {
  const std::shared_lock lock(mutex_);
  return count_;
}
std::size_t Store::Shard::used() const {
  const std::shared_lock lock(mutex_);
  return used_;
}
std::uint64_t Store::Shard::evictions() const {
  const std::shared_lock lock(mutex_);
  return evictions_;
}
std::uint64_t Store::Shard::variant_evictions() const {
  const std::shared_lock lock(mutex_);
  return variant_evictions_;
}

Store::Shard::Node* Store::Shard::node_of(const EntryPtr& entry, std::uint64_t hash) const {
  Node* node = bucket(hash);
  while (node != nullptr && node->entry != entry) node = node->chain;
  return node;
}

Store::Shard::Node* Store::Shard::same_variant(const Node& fresh) const {
  for (Node* node = bucket(fresh.hash); node != nullptr; node = node->chain) {
    const bool same_key = node->hash == fresh.hash && node->entry->key == fresh.entry->key;
    if (same_key && node->entry->vary() == fresh.entry->vary()) return node;
  }
  return nullptr;
}

void Store::Shard::limit_variants(const Node& fresh, Doomed& doomed) {
  std::size_t variants = 0;
  Node* least_used = nullptr;
  for (Node* node = bucket(fresh.hash); node != nullptr; node = node->chain) {
    if (node->hash != fresh.hash || node->entry->key != fresh.entry->key) continue;
    ++variants;
    if (leaves_before(*node, least_used)) least_used = node;
  }
  if (variants < max_variants_) return;
  ++variant_evictions_;
  note(*least_used, Departure::variant, fresh.entry->response_time);
  remove(least_used, doomed);
}

void Store::Shard::make_room(std::size_t bytes, TimePoint now, Doomed& doomed) {
  while (!has_room_for(bytes) && count_ > 0) evict_one(now, doomed);
}

void Store::Shard::add(Node* node) {
  node->chain = bucket(node->hash);
  bucket(node->hash) = node;
  queue_of(*node).push(node);
  used_ += node->cost();
  ++count_;
}

void Store::Shard::remove(Node* node, Doomed& doomed) {
  if (node->has_extra) remove_extra(*node->entry, doomed);
  Node** link = &bucket(node->hash);
  while (*link != node) link = &(*link)->chain;
  *link = node->chain;
  queue_of(*node).remove(node);
  used_ -= node->cost();
  --count_;
  doomed.add(node);
}

void Store::Shard::move_to_main(Node* node, std::uint8_t uses) {
  queue_of(*node).remove(node);
  node->queue = Queue::main;
  node->uses.store(uses, std::memory_order_relaxed);
  main_.push(node);
}

// Terminates: each step takes a node out, moves one from small to main for good, or uses up one of a node's uses.
void Store::Shard::evict_one(TimePoint now, Doomed& doomed) {
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
      note(*node, Departure::evicted, now);
      return remove(node, doomed);
    }
  }
}

void Store::Shard::note(const Node& node, Departure how, TimePoint at) const {
  if (departures_ != nullptr) departures_->note(hash_key(node.entry->key), {.how = how, .at = at});
}

}  // namespace pgw::cache
