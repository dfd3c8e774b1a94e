// What things cost on the heap, for the byte-accurate bound.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace pgw::cache {

// What an allocation of `bytes` takes: glibc's malloc adds a word, rounds up to 16 and gives no less than 32.
inline std::size_t heap_cost(std::size_t bytes) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kAlign = 16;
  constexpr std::size_t kLeast = 32;
  return std::max(kLeast, (bytes + kHeader + kAlign - 1) / kAlign * kAlign);
}

// What malloc may leave with an allocation beyond that: a rest of a free piece that is too small to stand alone.
inline constexpr std::size_t kMostHeapSlack = 16;

// What a string takes beside its own object; nothing while it is short enough to live in it.
inline std::size_t heap_cost(const std::string& text) {
  constexpr std::size_t kInObject = 15;
  return text.capacity() <= kInObject ? 0 : heap_cost(text.capacity() + 1);
}

}  // namespace pgw::cache
