// UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pgw::base {

/// The length of the well-formed sequence at the front of `text`, 0 if there is none. `text` is not empty.
std::size_t utf8_sequence(std::string_view text);

/// How many bytes at the front of `text` are well-formed.
std::size_t utf8_prefix(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return utf8_prefix(text) == text.size();
}

/// Appends the sequence of a code point, which is no surrogate and at most U+10FFFF.
void append_utf8(std::string& out, char32_t point);

}  // namespace pgw::base
