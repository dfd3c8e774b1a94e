#include "cache/generations.h"

#include <algorithm>

#include "cache/heap_cost.h"

namespace pgw::cache {
namespace {

TimePoint::rep ticks(TimePoint time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Snapshot::Marks::push_back(Mark mark) {
  if (all_ != nullptr) {
    all_->push_back(mark);
  } else if (only_.slot == kNoSlot) {
    only_ = mark;
  } else {
    all_ = std::make_unique<std::vector<Mark>>(std::vector<Mark>{only_, mark});
  }
}

std::size_t Snapshot::Marks::heap_bytes() const {
  return all_ == nullptr ? 0 : heap_cost(sizeof(std::vector<Mark>)) + heap_cost(all_->capacity() * sizeof(Mark));
}

Generations::Generations() : slots_(std::make_unique<std::array<Slot, kSlots>>()) {}

Snapshot Generations::snapshot(std::span<const Tag> tags, TimePoint now) const {
  Snapshot snapshot;
  snapshot.taken_at_ = now;
  snapshot.everything_ = everything_.load();
  for (const Tag& tag : tags) {
    const std::uint32_t number = slot_of(tag);
    const Slot& slot = at(number);
    const std::uint32_t opened = slot.opened.load();
    snapshot.marks_.push_back({number, opened, slot.generation.load()});
  }
  return snapshot;
}

// `end_unknown` sets the time before it moves the generation: a snapshot that has the new generation is checked against
// the new time.
bool Generations::is_current(const Snapshot& snapshot) const {
  if (everything_.load() != snapshot.everything_) return false;
  for (const Snapshot::Mark& mark : snapshot.marks_) {
    const Slot& slot = (*slots_)[mark.slot];
    if (slot.generation.load() != mark.generation) return false;
    if (slot.open.load() != 0 && slot.opened.load() != mark.opened) return false;
    if (slot.unsettled_until.load() > ticks(snapshot.taken_at_)) return false;
  }
  return true;
}

Generations::End Generations::end_of(const Snapshot& snapshot) const {
  if (everything_.load() != snapshot.everything_) return {End::Kind::everything_moved, 0};
  for (const Snapshot::Mark& mark : snapshot.marks_) {
    const Slot& slot = at(mark.slot);
    if (slot.generation.load() != mark.generation) return {End::Kind::moved, mark.slot};
    if (slot.open.load() != 0 && slot.opened.load() != mark.opened) return {End::Kind::under_way, mark.slot};
    if (slot.unsettled_until.load() > ticks(snapshot.taken_at_)) return {End::Kind::unsettled, mark.slot};
  }
  return {};
}

void Generations::tie(Snapshot& snapshot, std::span<const Tag> tags, std::uint64_t began) const {
  for (const Tag& tag : tags) {
    const std::uint32_t number = slot_of(tag);
    const Slot& slot = at(number);
    const std::uint32_t opened = slot.opened.load();
    const std::uint64_t generation = slot.generation.load();
    snapshot.marks_.push_back({number, opened, generation > began ? kMoved : generation});
  }
}

void Generations::tie(Snapshot& snapshot, std::span<const Tag> tags, const Write& write) const {
  for (const Tag& tag : tags) {
    const auto is_its_slot = [&](const Snapshot::Mark& mark) { return mark.slot == slot_of(tag); };
    const auto own = std::find_if(write.marks_.begin(), write.marks_.end(), is_its_slot);
    if (own != write.marks_.end()) {
      snapshot.marks_.push_back(*own);
    } else {
      tie(snapshot, std::span(&tag, 1), write.began_at_);
    }
  }
}

void Generations::bump(std::span<const Tag> tags) {
  for (const Tag& tag : tags) at(slot_of(tag)).generation.exchange(next());
}

void Generations::bump_everything() {
  everything_.fetch_add(1);
}

Generations::Write Generations::begin(std::span<const Tag> tags) {
  Write write;
  write.everything_ = everything_.load();
  extend(write, tags);
  write.began_at_ = sequence_.load();
  write.alone_ = true;  // what came before the beginning doesn't count
  return write;
}

// The count goes up before the generation is looked at, and `end` moves the generation before it takes the count down:
// whoever finds neither a move nor a count was alone. A write that was under way all the time is found by its count;
// one that ended meanwhile by its move; one that ends while this one begins, by whichever it has not yet undone.
void Generations::extend(Write& write, std::span<const Tag> tags) {
  write.marks_.reserve(write.marks_.size() + tags.size());  // so that no count goes up that nothing takes down again
  for (const Tag& tag : tags) {
    const std::uint32_t number = slot_of(tag);
    const auto has_number = [&](const Snapshot::Mark& mark) { return mark.slot == number; };
    if (std::any_of(write.marks_.begin(), write.marks_.end(), has_number)) continue;
    Slot& slot = at(number);
    slot.open.fetch_add(1);
    const auto opened = static_cast<std::uint32_t>(next());
    slot.opened.store(opened);
    const std::uint64_t generation = slot.generation.load();
    if (generation > write.began_at_) write.alone_ = false;
    write.marks_.push_back({number, opened, generation});
  }
}

bool Generations::end(Write& write) {
  for (Snapshot::Mark& mark : write.marks_) {
    Slot& slot = at(mark.slot);
    const std::uint64_t generation = next();
    if (slot.generation.exchange(generation) != mark.generation) write.alone_ = false;
    mark.generation = generation;
    if (slot.open.fetch_sub(1) != 1) write.alone_ = false;
  }
  return write.alone_ && everything_.load() == write.everything_;
}

void Generations::end_refused(Write& write) {
  for (const Snapshot::Mark& mark : write.marks_) at(mark.slot).open.fetch_sub(1);
}

void Generations::end_unknown(Write& write, TimePoint until) {
  for (const Snapshot::Mark& mark : write.marks_) unsettle(at(mark.slot), until);
  end(write);
}

Snapshot Generations::snapshot_after(const Write& write, std::span<const Tag> tags, TimePoint sent) const {
  Snapshot snapshot;
  snapshot.taken_at_ = sent;
  snapshot.everything_ = write.everything_;
  for (const Snapshot::Mark& mark : write.marks_) {
    const auto is_slot_of = [&](const Tag& tag) { return slot_of(tag) == mark.slot; };
    if (std::any_of(tags.begin(), tags.end(), is_slot_of)) snapshot.marks_.push_back(mark);
  }
  return snapshot;
}

void Generations::unsettle(Slot& slot, TimePoint until) {
  auto known = slot.unsettled_until.load();
  while (known < ticks(until) && !slot.unsettled_until.compare_exchange_weak(known, ticks(until))) {
  }
}

std::vector<Generations::Unsettled> Generations::unsettled_slots(TimePoint now) const {
  std::vector<Unsettled> list;
  for (std::uint32_t number = 0; number < kSlots; ++number) {
    const TimePoint until{Duration(at(number).unsettled_until.load())};
    if (until > now) list.push_back({number, until});
  }
  return list;
}

void Generations::restore(const Unsettled& unsettled) {
  if (unsettled.slot < kSlots) unsettle(at(unsettled.slot), unsettled.until);
}

void Generations::unsettle_open_writes(TimePoint until) {
  for (Slot& slot : *slots_) {
    if (slot.open.load() > 0) unsettle(slot, until);
  }
}

bool Generations::unsettled(std::span<const Tag> tags, TimePoint now) const {
  for (const Tag& tag : tags) {
    if ((*slots_)[slot_of(tag)].unsettled_until.load() > ticks(now)) return true;
  }
  return false;
}

Generations::Standing Generations::standing(std::uint32_t slot) const {
  return {at(slot).open.load(), TimePoint(Duration(at(slot).unsettled_until.load()))};
}

}  // namespace pgw::cache
