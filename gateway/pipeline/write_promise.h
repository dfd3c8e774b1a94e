// The promise of a write: no read that begins after the write's answer has begun shows what was there before.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "cache/cache.h"

namespace pgw::pipeline {

/// Kept here and nowhere else. From `begin`, when it is certain that the write is sent, until one of the ends, nothing
/// of its tags that is fetched meanwhile stays; an end makes stale what was stored before it. One of the ends is called
/// before the first byte of the write's answer goes to anyone. Destroyed without an end, the promise counts as lost.
class WritePromise {
 public:
  explicit operator bool() const { return static_cast<bool>(guard_); }

  /// `by`: the id of the write's request.
  void begin(cache::Cache& cache, cache::Tags changed, std::string_view by) {
    if (changed.empty()) return;
    changed_ = std::move(changed);
    by_ = by;
    guard_ = cache.begin_write(changed_, by_);
  }

  /// More that the write changed, as its answer tells.
  void add(const cache::Tags& tags) {
    if (!guard_) return;
    guard_.add(tags);
    changed_.insert(changed_.end(), tags.begin(), tags.end());
  }

  /// The write was sent a second time since nobody knows what became of the first, which may still take effect:
  /// whatever the answer, its tags stay unsettled until then.
  void note_repetition(cache::TimePoint until) { unsettled_until_ = until; }

  /// The answer is there in full. For the guard's other ends see `guard`.
  void keep() {
    if (unsettled_until_ != cache::TimePoint{}) {
      guard_.finish_unknown(unsettled_until_);
    } else {
      guard_.finish();
    }
  }

  /// The answer is one of `cache::refuses_write`: unless the write was sent twice, nothing has changed.
  void refuse() {
    if (was_repeated()) return keep();
    guard_.finish_refused();
  }

  /// The answer's first byte is about to go out while its last one hasn't come: kept now, and held until the end as
  /// well, so that nothing that is fetched while the body comes stays.
  void keep_and_go_on(cache::Cache& cache) {
    auto rest = cache.begin_write(changed_, by_);
    keep();
    guard_ = std::move(rest);
  }

  /// No answer came; the write may take effect at any time before `until`.
  void lose(cache::TimePoint until) { guard_.finish_unknown(until); }

  /// For an end that also stores the answer. Not to be used where the write was repeated.
  cache::WriteGuard& guard() { return guard_; }
  bool was_repeated() const { return unsettled_until_ != cache::TimePoint{}; }

 private:
  cache::WriteGuard guard_;
  cache::Tags changed_;
  std::string by_;
  cache::TimePoint unsettled_until_{};
};

}  // namespace pgw::pipeline
