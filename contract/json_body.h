// A body's bytes to JSON values. Internal to contract/.
#pragma once

#include <optional>
#include <string_view>

#include "contract/json_value.h"
#include "contract/violation.h"

namespace pgw::contract {

inline constexpr int deepest_json = 64;

/// The value, or nullopt and a violation: what is wrong in the words of Python's json module, and where. `body` must
/// outlive the value. Of keys that stand twice the last counts, as in Python. Not accepted: bytes that are not UTF-8,
/// NaN and Infinity (RFC 8259), numbers beyond the range of a double, halves of surrogate pairs, nesting deeper than
/// `deepest_json`.
///
/// A parser of its own, not nlohmann's: to name a mistake as Python does takes a walk that knows the grammar, and that
/// walk alone costs a fraction of both (docs/decisions.md). tests/contract/robustness_test holds it against nlohmann's.
std::optional<JsonTape> parse_json_body(std::string_view body, Violation& violation);

}  // namespace pgw::contract
