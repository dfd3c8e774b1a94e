#include "cache/generations.h"

#include "cache/heap_cost.h"

namespace pgw::cache {
namespace {

TimePoint::rep ticks(TimePoint time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::size_t Snapshot::heap_bytes() const {
  return marks_.empty() ? 0 : heap_cost(marks_.capacity() * sizeof(Mark));
}

Generations::Generations() : slots_(std::make_unique<std::array<Slot, kSlots>>()) {}

Snapshot Generations::snapshot(std::span<const Tag> tags, TimePoint now) const {
  Snapshot snapshot;
  snapshot.taken_at_ = now;
  snapshot.everything_ = everything_.load();
  snapshot.marks_.reserve(tags.size());
  for (const Tag& tag : tags) {
    const std::uint32_t slot = slot_of(tag);
    snapshot.marks_.push_back({slot, (*slots_)[slot].generation.load()});
  }
  return snapshot;
}

// `unsettle` sets the time before it moves the generation: a snapshot that has the new generation is checked against
// the new time.
bool Generations::is_current(const Snapshot& snapshot) const {
  if (everything_.load() != snapshot.everything_) return false;
  for (const Snapshot::Mark& mark : snapshot.marks_) {
    const Slot& slot = (*slots_)[mark.slot];
    if (slot.generation.load() != mark.generation) return false;
    if (slot.unsettled_until.load() > ticks(snapshot.taken_at_)) return false;
  }
  return true;
}

void Generations::bump(std::span<const Tag> tags) {
  for (const Tag& tag : tags) (*slots_)[slot_of(tag)].generation.fetch_add(1);
}

void Generations::bump_everything() {
  everything_.fetch_add(1);
}

void Generations::unsettle(std::span<const Tag> tags, TimePoint until) {
  for (const Tag& tag : tags) {
    auto& slot = (*slots_)[slot_of(tag)];
    auto known = slot.unsettled_until.load();
    while (known < ticks(until) && !slot.unsettled_until.compare_exchange_weak(known, ticks(until))) {
    }
    slot.generation.fetch_add(1);
  }
}

bool Generations::unsettled(std::span<const Tag> tags, TimePoint now) const {
  for (const Tag& tag : tags) {
    if ((*slots_)[slot_of(tag)].unsettled_until.load() > ticks(now)) return true;
  }
  return false;
}

}  // namespace pgw::cache
