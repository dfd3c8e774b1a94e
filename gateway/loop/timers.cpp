#include "gateway/loop/timers.h"

#include <algorithm>
#include <utility>

namespace pgw::loop {
namespace {

// An Id is a slot's generation above its index; a generation begins at 1, so no Id is 0.
constexpr std::uint32_t index_of(TimerQueue::Id id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint32_t generation_of(TimerQueue::Id id) {
  return static_cast<std::uint32_t>(id >> 32);
}

}  // namespace

TimerQueue::Id TimerQueue::add(TimePoint when, std::function<void()> callback) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slots_[index].callback = std::move(callback);
  const Id id = (Id{slots_[index].generation} << 32) | index;
  heap_.push_back({when, added_++, id});
  std::push_heap(heap_.begin(), heap_.end(), Later{});
  ++live_;
  return id;
}

bool TimerQueue::is_live(Id id) const {
  return index_of(id) < slots_.size() && slots_[index_of(id)].generation == generation_of(id);
}

std::function<void()> TimerQueue::release(Id id) {
  Slot& slot = slots_[index_of(id)];
  auto callback = std::exchange(slot.callback, nullptr);
  slot.generation = slot.generation == UINT32_MAX ? 1 : slot.generation + 1;
  free_.push_back(index_of(id));
  --live_;
  return callback;
}

void TimerQueue::cancel(Id id) {
  if (!is_live(id)) return;
  release(id);
  // Entries of cancelled timers stay in the heap until their time comes or they outnumber the live ones.
  if (heap_.size() > 64 && heap_.size() > 2 * live_) drop_cancelled();
}

void TimerQueue::drop_cancelled() {
  std::erase_if(heap_, [this](const Entry& entry) { return !is_live(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), Later{});
}

void TimerQueue::run_due(TimePoint now) {
  const std::uint64_t end = added_;
  std::vector<Entry> later;  // added by the callbacks below, and due already
  while (!heap_.empty() && heap_.front().when <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Entry entry = heap_.back();
    heap_.pop_back();
    if (!is_live(entry.id)) continue;
    if (entry.order >= end) {
      later.push_back(entry);
      continue;
    }
    release(entry.id)();
  }
  for (const Entry& entry : later) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), Later{});
  }
}

void TimerQueue::clear() {
  heap_.clear();
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].callback) release((Id{slots_[index].generation} << 32) | index);
  }
}

}  // namespace pgw::loop
