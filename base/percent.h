// Percent-encoding (RFC 3986 section 2.1) and form encoding (WHATWG URL, application/x-www-form-urlencoded).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hex.h"

namespace pgw::base {

/// Letters, digits, '-', '.', '_' and '~' (RFC 3986 section 2.3): encoded or not, they mean the same.
bool is_unreserved(char c);

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
