// Hexadecimal digits, read and written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pgw::base {

inline constexpr std::string_view lower_hex_digits = "0123456789abcdef";
inline constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";

/// The value of a digit of either case, -1 for any other character.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that two digits make, -1 unless both are digits.
constexpr int hex_byte(char high, char low) {
  return hex_value(high) < 0 || hex_value(low) < 0 ? -1 : hex_value(high) * 16 + hex_value(low);
}

/// Appends two lower-case digits for each byte.
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);

/// Fills `out` from exactly twice as many digits; false, with `out` in an unspecified state, for any other text.
bool read_hex(std::string_view digits, std::span<std::uint8_t> out);

}  // namespace pgw::base
