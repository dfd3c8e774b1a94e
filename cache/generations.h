// Generations: how writes make stored reads stale, without looking for them.
//
// Every tag hashes to a slot with a generation. A write moves the generations of its tags; whatever was fetched under
// an older one is stale from then on. Two tags in one slot only make more stale than needed. A fixed table: O(tags) per
// operation, no lock, no growth.
//
// A write of unknown outcome (timeout, lost connection) may take effect after its end. Its tags are unsettled until a
// given time: nothing fetched before that time under these tags is ever current.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cache/tags.h"
#include "cache/time.h"

namespace pgw::cache {

// What the generations of some tags were at an instant.
class Snapshot {
 public:
  Snapshot() = default;
  TimePoint taken_at() const { return taken_at_; }
  std::size_t heap_bytes() const;

 private:
  friend class Generations;
  struct Mark {
    std::uint32_t slot;
    std::uint64_t generation;
  };
  TimePoint taken_at_{};
  std::uint64_t everything_ = 0;
  std::vector<Mark> marks_;
};

// Thread-safe; every operation is lock-free. A bump that happened before (in the sense of the C++ memory model, or by
// way of a socket) a call of `is_current` is seen by it.
class Generations {
 public:
  Generations();

  // To be taken before the fetch is sent.
  Snapshot snapshot(std::span<const Tag> tags, TimePoint now) const;

  // True when no tag moved since, and the snapshot was taken after the unsettled times of all of them.
  bool is_current(const Snapshot& snapshot) const;

  void bump(std::span<const Tag> tags);
  void bump_everything();

  // Bumps, and makes the tags unsettled until `until` (a later one that is set already stays).
  void unsettle(std::span<const Tag> tags, TimePoint until);
  bool unsettled(std::span<const Tag> tags, TimePoint now) const;

 private:
  static constexpr std::size_t kSlots = 65536;
  struct Slot {
    std::atomic<std::uint64_t> generation{0};
    std::atomic<TimePoint::rep> unsettled_until{0};
  };
  static std::uint32_t slot_of(const Tag& tag) { return static_cast<std::uint32_t>(tag.hash() % kSlots); }

  std::atomic<std::uint64_t> everything_{0};
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

}  // namespace pgw::cache
