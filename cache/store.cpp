#include "cache/store.h"

#include <algorithm>
#include <bit>

#include "cache/store_shard.h"

namespace pgw::cache {
namespace {

std::size_t shard_count(const StoreOptions& options) {
  constexpr std::size_t kBytesPerShard = std::size_t{16} << 20U;
  constexpr std::size_t kMost = 64;
  if (options.shards != 0) return std::bit_floor(options.shards);
  return std::bit_floor(std::clamp<std::size_t>(options.max_bytes / kBytesPerShard, 1, kMost));
}

}  // namespace

Store::Store(const StoreOptions& options, Departures* departures) : capacity_(options.max_bytes) {
  const std::size_t shards = shard_count(options);
  const std::size_t share = capacity_ / shards;
  const double wanted = static_cast<double>(capacity_) * options.max_object_share;
  constexpr std::size_t kLeastShare = std::size_t{16} << 10U;
  constexpr std::size_t kMostObjectBytes = std::size_t{1} << 30U;  // an entry counts its texts in 32 bits
  if (share >= kLeastShare) {
    max_object_bytes_ = std::min({static_cast<std::size_t>(std::max(wanted, 0.0)), share / 4, kMostObjectBytes});
  }
  for (std::size_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(share, options.max_variants, departures));
  }
}

Store::~Store() = default;

Store::Shard& Store::shard_of(KeyHash hash) const {
  return *shards_[hash.high & (shards_.size() - 1)];
}

Store::Found Store::find(std::string_view key, KeyHash hash, HeaderSpan request_headers) {
  return shard_of(hash).find(key, hash.low, request_headers, true);
}

Store::Found Store::peek(std::string_view key, KeyHash hash, HeaderSpan request_headers) const {
  return shard_of(hash).find(key, hash.low, request_headers, false);
}

bool Store::insert(EntryPtr entry) {
  const KeyHash hash = hash_key(entry->key);
  const std::size_t cost = Shard::cost_of(*entry);
  if (cost > max_object_bytes_) return false;
  shard_of(hash).insert(std::move(entry), hash.low, cost);
  return true;
}

bool Store::erase(const EntryPtr& entry) {
  const KeyHash hash = hash_key(entry->key);
  return shard_of(hash).erase(entry, hash.low);
}

Store::Alternative Store::alternative(const EntryPtr& entry, std::size_t number, TimePoint now) {
  const KeyHash hash = hash_key(entry->key);
  return shard_of(hash).alternative(entry, hash.low, number, now);
}

void Store::keep_alternative(const EntryPtr& entry, std::size_t number, EntryPtr made, TimePoint now) {
  const KeyHash hash = hash_key(entry->key);
  if (made && made->size_bytes() > max_object_bytes_) made = nullptr;
  shard_of(hash).keep_alternative(entry, hash.low, number, std::move(made), now);
}

std::vector<Store::Info> Store::variants(std::string_view key, KeyHash hash) const {
  std::vector<Info> variants;
  shard_of(hash).copy_variants(key, hash.low, variants);
  return variants;
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

std::size_t Store::erase_if(const std::function<bool(const Entry&)>& predicate,
                            const std::function<void(const Entry&)>& erased) {
  std::size_t count = 0;
  scan([&](Shard& shard, const std::vector<Shard::Seen>& slice) {
    for (const auto& [info, hash] : slice) {
      if (!predicate(*info.entry) || !shard.erase(info.entry, hash)) continue;
      ++count;
      if (erased) erased(*info.entry);
    }
  });
  return count;
}

std::size_t Store::mark_if(const std::function<bool(const Entry&)>& predicate, StaleMark mark) {
  std::size_t marked = 0;
  scan([&](Shard& shard, const std::vector<Shard::Seen>& slice) {
    for (const auto& [info, hash] : slice) {
      marked += predicate(*info.entry) && shard.mark(info.entry, hash, mark) ? 1 : 0;
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
