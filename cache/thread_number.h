// Which thread this is, for memory that threads should not share.
#pragma once

#include <atomic>
#include <cstddef>

namespace pgw::cache {

// 0, 1, 2... in the order of the first call: threads that live together have numbers close together, so that the few
// that serve requests fall on different stripes.
inline std::size_t thread_number() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace pgw::cache
