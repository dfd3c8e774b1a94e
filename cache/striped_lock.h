// A lock for what many threads read at once and few write.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>

#include "cache/thread_number.h"

namespace pgw::cache {

// A reader locks one of several mutexes, its thread's own, a writer all of them. Readers of different threads thus
// write no common memory: with a std::shared_mutex, whose readers all count in one word, two threads with nothing but
// hits spend more time on passing that word to and fro than on the look-up. Meets SharedMutex as std::shared_lock and
// std::unique_lock need it.
class StripedLock {
 public:
  void lock() {
    for (Stripe& stripe : stripes_) stripe.mutex.lock();
  }
  void unlock() {
    for (Stripe& stripe : stripes_) stripe.mutex.unlock();
  }
  void lock_shared() { own().lock(); }
  void unlock_shared() { own().unlock(); }

 private:
  static constexpr std::size_t kStripes = 8;
  static constexpr std::size_t kCacheLine = 64;
  struct alignas(kCacheLine) Stripe {
    std::mutex mutex;
  };
  std::mutex& own() { return stripes_[thread_number() % kStripes].mutex; }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace pgw::cache
