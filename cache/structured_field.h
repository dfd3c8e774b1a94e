// Structured fields (RFC 8941), as far as a cache needs them: a Dictionary whose members are read as flags, integers or
// strings. Strict, as that RFC wants it: one mistake anywhere makes the whole field invalid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cache/header.h"

namespace pgw::cache {

// A value of a type that no cache directive has (token, decimal, byte sequence, inner list).
struct OtherValue {};
using FieldValue = std::variant<bool, std::int64_t, std::string, OtherValue>;

struct DictionaryMember {
  std::string_view key;  // lower case by its grammar
  FieldValue value;      // parameters are dropped
};
// In order; of a repeated key only the last occurrence (RFC 8941 4.2.2).
using Dictionary = std::vector<DictionaryMember>;

// The Dictionary in all lines of this name, read as one (RFC 8941 4.2); nullopt when it is invalid. Empty when there is
// no such line, or no member. Keys are views into the values of the headers.
std::optional<Dictionary> read_dictionary(HeaderSpan headers, std::string_view name);

}  // namespace pgw::cache
