#include "gateway/access/token_bucket.h"

#include <algorithm>
#include <limits>

namespace pgw::access {
namespace {

std::int64_t nanoseconds(TokenBucket::TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

std::uint64_t seconds_rounded_up(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  return static_cast<std::uint64_t>((std::max<std::int64_t>(nanoseconds, 0) + second - 1) / second);
}

std::int64_t interval_of(config::Rate rate) {
  const auto period = std::chrono::duration_cast<std::chrono::nanoseconds>(rate.period).count();
  return std::max<std::int64_t>(1, period / std::max<std::int64_t>(1, rate.events));
}

}  // namespace

TokenBucket::TokenBucket(config::Rate rate, std::uint32_t burst)
    : rate_(rate),
      burst_(std::max<std::uint32_t>(1, burst)),
      interval_(interval_of(rate)),
      capacity_(interval_ * burst_),
      full_at_(std::numeric_limits<Nanoseconds>::min()) {}

RateDecision TokenBucket::take(TimePoint now) {
  const Nanoseconds time = nanoseconds(now);
  Nanoseconds full_at = full_at_.load(std::memory_order_relaxed);
  for (;;) {
    const Nanoseconds debt = std::max(full_at, time) - time;
    if (debt + interval_ > capacity_) return decision(debt, false);
    // Relaxed: the number guards nothing but itself.
    if (full_at_.compare_exchange_weak(full_at, time + debt + interval_, std::memory_order_relaxed)) {
      return decision(debt + interval_, true);
    }
  }
}

RateDecision TokenBucket::peek(TimePoint now) const {
  const Nanoseconds time = nanoseconds(now);
  const Nanoseconds debt = std::max(full_at_.load(std::memory_order_relaxed), time) - time;
  return decision(debt, debt + interval_ <= capacity_);
}

void TokenBucket::give_back(TimePoint now) {
  const Nanoseconds time = nanoseconds(now);
  Nanoseconds full_at = full_at_.load(std::memory_order_relaxed);
  while (full_at > time && !full_at_.compare_exchange_weak(full_at, full_at - interval_, std::memory_order_relaxed)) {
  }
}

void TokenBucket::inherit(const TokenBucket& other, TimePoint now) {
  const Nanoseconds time = nanoseconds(now);
  const Nanoseconds debt = std::max(other.full_at_.load(std::memory_order_relaxed), time) - time;
  const Nanoseconds missing = (debt + other.interval_ - 1) / other.interval_;  // tokens, rounded up
  full_at_.store(time + std::min<Nanoseconds>(missing, burst_) * interval_, std::memory_order_relaxed);
}

RateDecision TokenBucket::decision(Nanoseconds debt, bool allowed) const {
  RateDecision out;
  out.allowed = allowed;
  out.limit = burst_;
  out.window_seconds = std::max<std::uint64_t>(1, seconds_rounded_up(capacity_));
  out.remaining = static_cast<std::uint32_t>(std::max<Nanoseconds>(0, capacity_ - debt) / interval_);
  out.reset_seconds = seconds_rounded_up(debt);
  if (!allowed) {
    out.retry_after_seconds = std::max<std::uint64_t>(1, seconds_rounded_up(debt + interval_ - capacity_));
  }
  return out;
}

}  // namespace pgw::access
