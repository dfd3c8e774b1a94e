// The event log's lines about an upstream that fails: a few for an outage, however many requests it meets.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace pgw::pipeline {

/// One line when it begins, one a minute while it lasts, one when it ends; an outage that begins within ten seconds
/// after another one's end waits for its line until these are over. Time comes as an argument. Thread-safe; shared by
/// all workers.
class OutageLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Line {
    std::uint64_t failures = 0;  ///< since the line before
    std::chrono::seconds lasted{0};
  };

  /// The line to write for this failure, if it is due.
  std::optional<Line> failed(TimePoint now);

  /// The line to write for this answer, if it ends an outage.
  std::optional<Line> answered(TimePoint now);

 private:
  std::atomic<bool> is_failing_{false};  // read without the lock by every answer
  std::mutex mutex_;                     // guards all below
  bool is_told_ = false;
  TimePoint began_{};
  TimePoint last_failure_{};
  TimePoint next_line_{};
  std::uint64_t failures_ = 0;
};

}  // namespace pgw::pipeline
