// One-shot timers of an event loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace pgw::loop {

/// A binary heap of deadlines over reused slots: no allocation per timer once warm (beyond what a callback's captures
/// need), O(log n) to add, O(1) to cancel. Takes the time as an argument. Not thread-safe.
class TimerQueue {
 public:
  using Id = std::uint64_t;  ///< never 0
  using TimePoint = std::chrono::steady_clock::time_point;

  Id add(TimePoint when, std::function<void()> callback);

  /// Unknown ids are ignored.
  void cancel(Id id);

  /// Runs the callbacks that were due at `now` when the call began, earliest first, those of one time in the order of
  /// their addition. Timers that they add wait for the next call.
  void run_due(TimePoint now);

  /// When the next timer is due; `TimePoint::max()` without one. Never later than the truth; may be earlier, for a
  /// cancelled timer.
  TimePoint next() const { return heap_.empty() ? TimePoint::max() : heap_.front().when; }

  std::size_t size() const { return live_; }
  void clear();

 private:
  struct Slot {
    std::uint32_t generation = 1;
    std::function<void()> callback;
  };
  struct Entry {
    TimePoint when;
    std::uint64_t order = 0;
    Id id = 0;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.when != b.when ? a.when > b.when : a.order > b.order;
    }
  };

  bool is_live(Id id) const;
  std::function<void()> release(Id id);
  void drop_cancelled();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
  std::uint64_t added_ = 0;
};

}  // namespace pgw::loop
