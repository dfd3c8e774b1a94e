// A body's bytes to a JSON value. Internal to contract/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "contract/violation.h"

namespace pgw::contract {

inline constexpr int deepest_json = 64;

/// The value, or nullopt and a violation: what is wrong in the words of Python's json module, and where. Of keys that
/// stand twice the last counts, as in Python. Not accepted: bytes that are not UTF-8, NaN and Infinity (RFC 8259),
/// numbers beyond the range of a double, halves of surrogate pairs, nesting deeper than `deepest_json`.
std::optional<nlohmann::json> parse_json_body(std::string_view body, Violation& violation);

}  // namespace pgw::contract
