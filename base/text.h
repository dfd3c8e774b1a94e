// Plain ASCII text: case, white space, numbers.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace pgw::base {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// A copy in lower case; bytes that are not ASCII letters stay.
std::string to_lower(std::string_view text);

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/// Comparison without regard to ASCII case: field names, tokens and schemes (RFC 9110 section 5.1). Inline, since a
/// request looks for some twenty names, and nearly all comparisons end with the sizes.
inline bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// Where `word` stands first from `from` on, without regard to ASCII case; npos: nowhere.
std::size_t ifind(std::string_view text, std::string_view word, std::size_t from = 0);

/// Without leading and trailing characters of `blanks`; by default optional white space (RFC 9110 section 5.6.3).
inline std::string_view trim(std::string_view text, std::string_view blanks = " \t") {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Appends the number in decimal.
template <std::integral Number>
void append_number(std::string& out, Number number) {
  std::array<char, 20> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace pgw::base
