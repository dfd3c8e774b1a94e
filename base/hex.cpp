#include "base/hex.h"

#include <cstddef>

namespace pgw::base {

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    out += lower_hex_digits[byte >> 4U];
    out += lower_hex_digits[byte & 0xfU];
  }
}

bool read_hex(std::string_view digits, std::span<std::uint8_t> out) {
  if (digits.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int byte = hex_byte(digits[2 * i], digits[2 * i + 1]);
    if (byte < 0) return false;
    out[i] = static_cast<std::uint8_t>(byte);
  }
  return true;
}

}  // namespace pgw::base
