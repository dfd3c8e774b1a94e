// A circuit breaker for the one upstream: after a run of failures it stops asking for a while, so that callers get
// their 503 (or a stale answer) at once and a struggling upstream gets room to recover.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

namespace pgw::upstream {

struct BreakerOptions {
  unsigned failures = 10;                     ///< consecutive failures that open it; 0 switches it off
  std::chrono::milliseconds open_for{5'000};  ///< how long nothing is asked before one probe is let through
  /// Told when it opens (true), and when a request succeeds after that (false); a probe that fails changes nothing. In
  /// the order of events, under the breaker's lock: must not call it.
  std::function<void(bool open)> on_change = nullptr;
};

/// Thread-safe; shared by all workers, so that each learns from the others' failures. Time comes as an argument.
class Breaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit Breaker(BreakerOptions options) : options_(std::move(options)) {}

  /// May this request go upstream? While open: no. After `open_for`: yes for one probe at a time.
  bool allows(TimePoint now);

  /// Reports how a request that was allowed ended. A failure is a connection failure, a timeout or a 502, 503 or 504.
  void succeeded();
  void failed(TimePoint now);

  /// The request that was allowed ended without saying anything about the upstream's health (its caller left).
  void cancelled();

 private:
  bool has_tripped() const { return options_.failures != 0 && consecutive_failures_ >= options_.failures; }
  void tell(bool was_tripped) const;

  const BreakerOptions options_;
  std::mutex mutex_;  // guards all below; held for a few instructions, once per request that goes upstream
  unsigned consecutive_failures_ = 0;
  bool probing_ = false;
  TimePoint open_until_{};
};

}  // namespace pgw::upstream
