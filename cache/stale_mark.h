// What a purge has said of a stored response that it left in place.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cache/time.h"

namespace pgw::cache {

// In 32 bits, so that a node of the store has room for it. `softly`: the response counts as stale from then on, and may
// be used as any stale one. `outdated`: it is of use for revalidation only.
class StaleMark {
 public:
  StaleMark() = default;
  static StaleMark from_bits(std::uint32_t bits) { return StaleMark(bits); }
  static StaleMark outdated() { return StaleMark(kOutdated); }
  static StaleMark softly(TimePoint when) { return StaleMark(std::clamp(ticks(when), kNone + 1, kOutdated - 1)); }

  std::uint32_t bits() const { return bits_; }
  bool is_set() const { return bits_ != kNone; }
  bool is_outdated() const { return bits_ == kOutdated; }
  bool is_soft() const { return is_set() && !is_outdated(); }

  // How long ago the soft purge was, up to a tenth of a second more, so that no window of stale use gets longer by it.
  // Times are told apart within eight years.
  Duration since(TimePoint now) const { return (ticks(now) - bits_ + 1) * kTick; }

 private:
  explicit StaleMark(std::uint32_t bits) : bits_(bits) {}
  static std::uint32_t ticks(TimePoint time) { return static_cast<std::uint32_t>(time.time_since_epoch() / kTick); }

  static constexpr Duration kTick{64};
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kOutdated = UINT32_MAX;
  std::uint32_t bits_ = kNone;
};

}  // namespace pgw::cache
