// Texts of parameters and form fields, as the value that their schema makes of them. Internal to contract/.
#pragma once

#include <string_view>

#include "contract/json_value.h"
#include "contract/schema_node.h"

namespace pgw::contract {

/// The number or truth value that the text spells as JSON would, where `types` has such a type; else the text. One
/// reading each: "yes" is no truth value, " 1" and "1_000" are no numbers, and "1.0" is no integer.
JsonValue read_spelt(std::string_view text, TypeSet types);

}  // namespace pgw::contract
