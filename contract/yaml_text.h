// The bytes of a YAML or JSON text, before they are parsed. Internal to contract/.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::contract {

/// Where the bytes that a YAML stream can't hold begin, and why.
struct BadBytes {
  std::size_t position = 0;
  std::string message;
};

std::optional<BadBytes> find_bad_bytes(std::string_view text);

/// JSON is YAML but for this, of which a YAML 1.1 parser has another idea: characters beyond the basic plane that are
/// escaped as two surrogates, and line separators (U+0085, U+2028, U+2029) within strings. Nullopt if `text` has
/// neither, or is no JSON; else the same in terms that both share.
std::optional<std::string> json_in_yaml_terms(std::string_view text);

}  // namespace pgw::contract
