// Patterns of other dialects for RE2. Internal to contract/.
#pragma once

#include <string>
#include <string_view>

namespace pgw::contract {

/// A pattern of ECMA 262 or Python in RE2's syntax, as far as they only differ in how the same is written, and in what
/// \w, \d and \s are: of texts beyond ASCII they take no less than Python's do. What is to be left out stays ASCII's,
/// so that no more is: \W, \D and \S, and \w, \d and \s in a negated class, where \W, \D and \S are those of Python.
std::string re2_syntax(std::string_view pattern);

}  // namespace pgw::contract
