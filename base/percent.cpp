#include "base/percent.h"

#include <array>
#include <cstdint>

namespace pgw::base {

void append_percent_encoded(std::string& out, char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  out += '%';
  out += upper_hex_digits[byte >> 4U];
  out += upper_hex_digits[byte & 0xfU];
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool is_encoded = text.front() == '%';
    const int byte = percent_byte(text);
    if (is_encoded && byte < 0) return std::nullopt;
    out += is_encoded ? static_cast<char>(byte) : text.front();
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return out;
}

std::string form_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const int byte = percent_byte(text);
    if (byte >= 0) {
      out += static_cast<char>(byte);
    } else {
      out += text.front() == '+' ? ' ' : text.front();
    }
    text.remove_prefix(byte >= 0 ? 3 : 1);
  }
  return out;
}

}  // namespace pgw::base
