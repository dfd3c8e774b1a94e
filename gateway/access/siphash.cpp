#include "gateway/access/siphash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace pgw::access {
namespace {

constexpr std::size_t word_size = sizeof(std::uint64_t);

/// Up to eight bytes, the first one lowest.
std::uint64_t word_of(const char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  if (size > 0) std::memcpy(&word, bytes, size);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// The four words of the algorithm's state.
struct State {
  std::uint64_t v0, v1, v2, v3;

  void rounds(int count) {
    for (int round = 0; round < count; ++round) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }

  std::uint64_t half_result(std::uint64_t& word, std::uint64_t mark) {
    word ^= mark;
    rounds(4);
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Hash128 siphash(const Hash128& secret, std::string_view text) {
  State state{0x736f6d6570736575 ^ secret.low, 0x646f72616e646f6d ^ secret.high ^ 0xee, 0x6c7967656e657261 ^ secret.low,
              0x7465646279746573 ^ secret.high};
  const std::uint64_t length = text.size();
  for (; text.size() >= word_size; text.remove_prefix(word_size)) state.take(word_of(text.data(), word_size));
  state.take(word_of(text.data(), text.size()) | length << 56);
  const std::uint64_t low = state.half_result(state.v2, 0xee);
  const std::uint64_t high = state.half_result(state.v1, 0xdd);
  return {low, high};
}

}  // namespace pgw::access
