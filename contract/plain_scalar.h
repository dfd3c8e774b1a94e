// What an unquoted YAML scalar means. Internal to contract/.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace pgw::contract {

/// By the core schema of YAML 1.2, section 10.3.2: null, a boolean, an integer or a decimal; the text itself where it
/// is none of them, or a number that JSON lacks (`.inf`).
nlohmann::json plain_scalar(std::string_view text);

}  // namespace pgw::contract
