// Percent-encoding (RFC 3986 section 2.1) and form encoding (WHATWG URL, application/x-www-form-urlencoded).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hex.h"

namespace pgw::base {

namespace detail {
inline constexpr std::array<bool, 256> unreserved_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const unsigned char c : {'-', '.', '_', '~'}) table[c] = true;
  return table;
}();
}  // namespace detail

/// Letters, digits, '-', '.', '_' and '~' (RFC 3986 section 2.3): encoded or not, they mean the same.
inline bool is_unreserved(char c) {
  return detail::unreserved_characters[static_cast<std::uint8_t>(c)];
}

/// The byte of the "%XX" that `text` begins with, -1 if it begins otherwise.
constexpr int percent_byte(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' ? hex_byte(text[1], text[2]) : -1;
}

/// Appends "%XX", upper case as RFC 3986 section 2.1 prefers.
void append_percent_encoded(std::string& out, char c);

/// Every "%XX" decoded; nullopt if a '%' begins no such triplet.
std::optional<std::string> percent_decoded(std::string_view text);

/// "%XX" decoded and '+' read as a space. A '%' that begins no triplet stays, as browsers and frameworks read it.
std::string form_decoded(std::string_view text);

}  // namespace pgw::base
