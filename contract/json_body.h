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
/// A parser of its own rather than nlohmann's: a rejection has to name the mistake as Python does, which takes a second
/// walk that knows the grammar; with that walk at hand, the first one costs seven times as much as it.
/// tests/contract/robustness_test holds it against nlohmann's on texts right and wrong.
std::optional<JsonTape> parse_json_body(std::string_view body, Violation& violation);

}  // namespace pgw::contract
