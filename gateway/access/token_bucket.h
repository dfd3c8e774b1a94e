// The rate of one key: a token bucket, kept as the time at which it will be full again (the generic cell rate algorithm
// of ATM, ITU-T I.371), so that one atomic number is all its state.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "config/units.h"

namespace pgw::access {

struct RateDecision {
  bool allowed = true;
  /// For RateLimit, RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) and their older kin: the bucket's size, in
  /// how many seconds an empty one fills, whole tokens left, seconds until it is full; seconds rounded up.
  std::uint32_t limit = 0;
  std::uint64_t window_seconds = 0;
  std::uint32_t remaining = 0;
  std::uint64_t reset_seconds = 0;
  /// For Retry-After (RFC 9110 section 10.2.3): seconds until a token is there, rounded up, at least 1; 0 when allowed.
  std::uint64_t retry_after_seconds = 0;
};

/// Starts full. Thread-safe and lock-free. Time is the caller's: a time earlier than one seen before is harmless.
class TokenBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// `rate.events` and `burst` at least 1, at most a million.
  TokenBucket(config::Rate rate, std::uint32_t burst);

  /// Takes a token if there is one.
  RateDecision take(TimePoint now);

  /// What `take` would say, taking nothing. `remaining` is what is there now.
  RateDecision peek(TimePoint now) const;

  /// Gives a taken token back, never beyond a full bucket.
  void give_back(TimePoint now);

  /// Takes over another bucket's level at `now`: as many tokens are missing here as there, down to empty.
  void inherit(const TokenBucket& other, TimePoint now);

  bool has(config::Rate rate, std::uint32_t burst) const { return rate_ == rate && burst_ == burst; }

 private:
  using Nanoseconds = std::int64_t;

  RateDecision decision(Nanoseconds debt, bool allowed) const;

  const config::Rate rate_;
  const std::uint32_t burst_;
  const Nanoseconds interval_;        // between two tokens
  const Nanoseconds capacity_;        // interval_ * burst_: the debt of an empty bucket
  std::atomic<Nanoseconds> full_at_;  // of the steady clock; the debt is how far it lies ahead of now
};

}  // namespace pgw::access
