// A counter that many threads move at once without contention; reading it is for metrics only.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "cache/thread_number.h"

namespace pgw::cache {

class Counter {
 public:
  void add() { stripes_[stripe()].value.fetch_add(1, std::memory_order_relaxed); }

  std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const Stripe& s : stripes_) sum += s.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr std::size_t kStripes = 16;
  static constexpr std::size_t kCacheLine = 64;
  struct alignas(kCacheLine) Stripe {
    std::atomic<std::uint64_t> value{0};
  };
  static std::size_t stripe() { return thread_number() % kStripes; }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace pgw::cache
