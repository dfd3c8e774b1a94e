// SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein, 2012): a keyed hash that is quick for short texts.
#pragma once

#include <cstdint>
#include <string_view>

namespace pgw::access {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

/// `secret` is the 128-bit key. Who doesn't know it can neither tell the hash of a text nor find two texts that share
/// one better than by trying.
Hash128 siphash(const Hash128& secret, std::string_view text);

}  // namespace pgw::access
