// The clock that the cache goes by.
#pragma once

#include <chrono>

#include "cache/time.h"

namespace pgw::pipeline {

/// A moment as the cache counts it: by the wall clock's time when the process began, and since then by a clock that
/// nobody sets. So nothing is fresh for longer, or shorter, because the wall clock was set.
cache::TimePoint cache_time(std::chrono::steady_clock::time_point moment);
inline cache::TimePoint cache_now() {
  return cache_time(std::chrono::steady_clock::now());
}

/// By how much the wall clock is ahead of that now: what `Cache::set_wall_ahead` wants to know.
cache::Duration wall_ahead();

}  // namespace pgw::pipeline
