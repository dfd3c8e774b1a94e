// Regular expressions as ECMA 262 writes them (with its `u` flag), in the words of RE2 and PCRE2. Internal to
// contract/.
#pragma once

#include <string>
#include <string_view>

namespace pgw::contract {

struct EcmaTranslation {
  std::string expression;  ///< what both engines take, but for lookaround and backreferences, which only PCRE2 does
  std::string problem;     ///< empty, or why this is no expression of ECMA 262
  bool is_strict = true;   ///< false: it holds escapes of letters that have no meaning, which ECMA's `u` flag refuses
};

/// \d, \w, \b are ASCII's, \s and . are ECMA's. Escapes that mean nothing (`\_`) stand for themselves.
EcmaTranslation ecma_as_re2(std::string_view pattern);

}  // namespace pgw::contract
