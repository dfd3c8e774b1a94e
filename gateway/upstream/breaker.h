// A circuit breaker: after a run of failures nothing is asked for a while, so that callers get their 503 (or a stale
// answer) at once and what struggles gets room to recover.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace pgw::upstream {

struct BreakerOptions {
  unsigned failures = 10;                     ///< consecutive failures that open it; 0 switches it off
  std::chrono::milliseconds open_for{5'000};  ///< how long nothing is asked before one trial is let through
  /// Told when the first circuit opens (true), and when the last one closes (false); a trial that fails changes
  /// nothing. In the order of events, under the breaker's lock: must not call it.
  std::function<void(bool open)> on_change = nullptr;
};

/// One circuit for each operation, since one that is broken says nothing of the others, and one for the upstream as a
/// whole, which opens when it can't be reached.
///
/// Thread-safe; shared by all workers, so that each learns from the others' failures. Time comes as an argument.
class Breaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// A request's leave to go upstream, to be given back with how it ended. Refused: false.
  struct Permit {
    bool is_granted = false;
    std::size_t operation = 0;
    std::uint64_t trial_of_operation = 0;  ///< not 0: the one trial of an open circuit
    std::uint64_t trial_of_upstream = 0;

    explicit operator bool() const { return is_granted; }
  };

  explicit Breaker(BreakerOptions options) : options_(std::move(options)) {}

  /// May this request go upstream? While a circuit of its is open: no. After `open_for`: yes for one trial at a time,
  /// however many that began before end meanwhile.
  Permit allows(std::size_t operation, TimePoint now);

  /// The upstream answered, and not with a failure of its own.
  void succeeded(const Permit& permit);

  /// It was reached, and failed: a timeout, an answer that broke off, a 502 or 504.
  void failed(const Permit& permit, TimePoint now);

  /// It could not be reached.
  void unreachable(const Permit& permit, TimePoint now);

  /// The request ended without saying anything about the upstream's health (its caller left).
  void cancelled(const Permit& permit);

 private:
  struct Circuit {
    unsigned consecutive_failures = 0;
    std::uint64_t trial = 0;  // the number of the one under way; 0: none
    TimePoint open_until{};
  };

  bool has_tripped(const Circuit& circuit) const { return circuit.consecutive_failures >= options_.failures; }
  bool may_pass(const Circuit& circuit, TimePoint now) const;
  std::uint64_t begin_trial(Circuit& circuit);
  void fail(Circuit& circuit, std::uint64_t trial, TimePoint now);
  void succeed(Circuit& circuit, std::uint64_t trial);

  const BreakerOptions options_;
  std::mutex mutex_;  // guards all below; held for a few instructions, twice for each request that goes upstream
  Circuit upstream_;
  std::unordered_map<std::size_t, Circuit> operations_;
  std::size_t open_circuits_ = 0;
  std::uint64_t last_trial_ = 0;
};

}  // namespace pgw::upstream
