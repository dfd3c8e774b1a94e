#include "cache/movements.h"

#include <algorithm>

namespace pgw::cache {

std::string_view to_string(Mover mover) {
  switch (mover) {
    case Mover::write:
      return "write";
    case Mover::lost_write:
      return "lost-write";
    case Mover::purge:
      return "purge";
  }
  return "";
}

void Movements::Record::set(std::uint32_t its_slot, Mover its_mover, TimePoint when, std::string_view its_by) {
  at = when;
  slot = its_slot;
  mover = its_mover;
  length = static_cast<std::uint8_t>(std::min(its_by.size(), kLongest));
  std::copy_n(its_by.begin(), length, by.begin());
}

Movement Movements::Record::movement() const {
  return {mover, at, std::string(by.data(), length)};
}

Movements::Movements() : records_(kRecords) {}

void Movements::note(std::uint32_t slot, Mover mover, TimePoint at, std::string_view by) {
  const std::lock_guard lock(mutex_);
  records_[slot % kRecords].set(slot, mover, at, by);
}

void Movements::note_everything(TimePoint at, std::string_view by) {
  const std::lock_guard lock(mutex_);
  everything_.set(UINT32_MAX, Mover::purge, at, by);
  has_everything_moved_ = true;
}

std::optional<Movement> Movements::last(std::uint32_t slot) const {
  const std::lock_guard lock(mutex_);
  const Record& record = records_[slot % kRecords];
  return record.slot == slot ? std::optional(record.movement()) : std::nullopt;
}

std::optional<Movement> Movements::last_of_everything() const {
  const std::lock_guard lock(mutex_);
  return has_everything_moved_ ? std::optional(everything_.movement()) : std::nullopt;
}

}  // namespace pgw::cache
