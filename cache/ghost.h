// The ghost queue of S3-FIFO: fingerprints of keys that left the small queue lately.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pgw::cache {

// A fixed, set-associative table: a fingerprint counts as remembered until `window` more have come, or until its set of
// four needs the room. Not thread-safe.
class Ghost {
 public:
  explicit Ghost(std::size_t capacity) : sets_(std::bit_ceil(std::max(capacity, kWays)) / kWays) {}

  std::size_t bytes() const { return sets_.capacity() * sizeof(Set); }

  void remember(std::uint64_t hash) {
    Set& set = set_of(hash);
    const auto older = [this](const Slot& a, const Slot& b) { return age(a) > age(b); };
    *std::min_element(set.begin(), set.end(), older) = {fingerprint(hash), clock_++};
  }

  // Forgets it, too.
  bool recall(std::uint64_t hash, std::size_t window) {
    for (Slot& slot : set_of(hash)) {
      if (slot.fingerprint == fingerprint(hash) && age(slot) <= window) {
        slot = {};
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr std::size_t kWays = 4;
  struct Slot {
    std::uint32_t fingerprint = 0;  // 0: empty
    std::uint32_t time = 0;
  };
  using Set = std::array<Slot, kWays>;

  static std::uint32_t fingerprint(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U) | 1U; }
  std::uint32_t age(const Slot& slot) const { return slot.fingerprint == 0 ? UINT32_MAX : clock_ - slot.time; }
  Set& set_of(std::uint64_t hash) { return sets_[hash & (sets_.size() - 1)]; }

  std::vector<Set> sets_;
  std::uint32_t clock_ = 0;
};

}  // namespace pgw::cache
