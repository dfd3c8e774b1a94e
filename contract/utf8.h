#pragma once

#include <cstddef>
#include <string_view>

namespace pgw::contract {

/// How many bytes at the front of `text` are well-formed UTF-8.
std::size_t utf8_prefix(std::string_view text);

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace pgw::contract
