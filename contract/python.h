// How Python, and pydantic v1 on top of it, reads values and prints them. Internal to contract/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "contract/json_value.h"

namespace pgw::contract {

/// A number as limits see it: exact where 64 bits hold it, else near enough.
struct Number {
  double value = 0;
  std::optional<std::int64_t> whole = std::nullopt;
};

/// int(text): blanks around, a sign, underscores between digits; of any size.
std::optional<Number> python_int(std::string_view text);

/// float(text): blanks around, underscores between digits; nan and infinity too.
std::optional<Number> python_float(std::string_view text);

/// int(value) of any JSON value, as pydantic v1 does for an `int` field; without `coerce` only whole numbers.
std::optional<Number> integer_of(const JsonValue& value, bool coerce);

/// float(value) likewise; without `coerce` only numbers.
std::optional<Number> number_of(const JsonValue& value, bool coerce);

/// What pydantic v1 takes for a boolean: yes, on, t, 1 and their like.
std::optional<bool> boolean_of(const JsonValue& value);

/// str(value) of a number or a boolean, as JSON or Python writes it.
std::string text_of(const JsonValue& scalar);

/// repr(value), as it stands in messages: 'text', 1, True.
std::string python_text(const nlohmann::json& value);

/// The items of an array so, with commas.
std::string joined(const nlohmann::json& values);

}  // namespace pgw::contract
