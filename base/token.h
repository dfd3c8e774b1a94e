// Tokens and quoted strings of HTTP fields (RFC 9110 sections 5.6.2 and 5.6.4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::base {

namespace detail {
inline constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<std::uint8_t>(c)] = true;
  return table;
}();
}  // namespace detail

inline bool is_token_character(char c) {
  return detail::token_characters[static_cast<std::uint8_t>(c)];
}

/// A method, a field name, a coding. Not empty.
bool is_token(std::string_view text);

/// The text of a quoted-string without quotes and escapes; nullopt when `text` is not one complete quoted-string.
std::optional<std::string> unquoted(std::string_view text);

}  // namespace pgw::base
