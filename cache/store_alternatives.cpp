// The further representations of entries that a shard keeps: made by one caller, counted, and gone with the entry.
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "cache/store_shard.h"

namespace pgw::cache {

std::size_t Store::Shard::Extra::cost() const {
  std::size_t bytes = heap_cost(sizeof(Extra));
  for (const Alternative& one : made) bytes += one.entry ? one.entry->size_bytes() + kMostHeapSlack : 0;
  return bytes;
}

Store::Alternative Store::Shard::alternative(const EntryPtr& entry, std::uint64_t hash, std::size_t number,
                                             TimePoint now) {
  {
    const std::shared_lock lock(mutex_);
    const Extra* const extra = extra_of(*entry);
    if (extra != nullptr && extra->made[number].state != Alternative::State::make) return extra->made[number];
  }
  Doomed doomed;
  const std::unique_lock lock(mutex_);
  Extra* extra = extra_of(*entry);
  if (extra == nullptr) extra = add_extra(entry, hash, now, doomed);
  if (extra == nullptr) return {};
  Alternative found = extra->made[number];
  if (found.state == Alternative::State::make) extra->made[number].state = Alternative::State::being_made;
  return found;
}

void Store::Shard::keep_alternative(const EntryPtr& entry, std::uint64_t hash, std::size_t number, EntryPtr made,
                                    TimePoint now) {
  Doomed doomed;
  const std::unique_lock lock(mutex_);
  if (made) make_room(made->size_bytes() + kMostHeapSlack, now, doomed);
  Extra* const extra = node_of(entry, hash) == nullptr ? nullptr : extra_of(*entry);
  if (extra == nullptr) return;
  used_ -= extra->cost();
  extra->made[number] = {made ? Alternative::State::ready : Alternative::State::useless, std::move(made)};
  used_ += extra->cost();
}

Store::Shard::Extra* Store::Shard::extra_of(const Entry& entry) const {
  Extra* extra = extras_[extra_bucket(entry)];
  while (extra != nullptr && extra->of != &entry) extra = extra->chain;
  return extra;
}

// Null if the entry is no longer there, or leaves as room is made.
Store::Shard::Extra* Store::Shard::add_extra(const EntryPtr& entry, std::uint64_t hash, TimePoint now, Doomed& doomed) {
  auto extra = std::make_unique<Extra>();
  extra->of = entry.get();
  make_room(extra->cost(), now, doomed);
  Node* const node = node_of(entry, hash);
  if (node == nullptr) return nullptr;
  node->has_extra = true;
  used_ += extra->cost();
  Extra*& first = extras_[extra_bucket(*entry)];
  extra->chain = first;
  return first = extra.release();
}

void Store::Shard::remove_extra(const Entry& entry, Doomed& doomed) {
  Extra** link = &extras_[extra_bucket(entry)];
  while ((*link)->of != &entry) link = &(*link)->chain;
  Extra* const extra = *link;
  *link = extra->chain;
  used_ -= extra->cost();
  doomed.add(extra);
}

}  // namespace pgw::cache
