// Patterns of other dialects for RE2. Internal to contract/.
#pragma once

#include <string>
#include <string_view>

namespace pgw::contract {

/// A pattern of ECMA 262 or Python in RE2's syntax, as far as they only differ in how the same is written, and in what
/// \w, \d and \s are: of texts beyond ASCII no less than for Python. \W, \D, \S and negated classes stay ASCII's, and
/// so refuse no less than it either.
std::string re2_syntax(std::string_view pattern);

}  // namespace pgw::contract
