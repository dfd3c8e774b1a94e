// The bytes of a YAML text, before they are parsed. Internal to contract/.
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

}  // namespace pgw::contract
