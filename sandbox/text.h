// Text as the API's parameters and searches see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::sandbox {

/// Lower case by Unicode's simple mapping. Bytes that aren't UTF-8 stay as they are.
std::string fold_case(std::string_view utf8);

/// The last value of a query parameter, decoded: a framework that wants one value takes the last. Nullopt if absent.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// A whole number as pydantic reads it: spaces around it, a sign and _ between digits are fine. What exceeds 64 bits
/// becomes the nearest 64-bit number. Nullopt if it isn't one.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// pydantic's booleans: true, t, yes, y, on and 1 in any case, and their opposites. Nullopt if it is neither.
std::optional<bool> parse_boolean(std::string_view text);

/// 250ms, 2s; nullopt for anything else.
std::optional<std::int64_t> parse_milliseconds(std::string_view text);

}  // namespace pgw::sandbox
