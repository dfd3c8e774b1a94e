// Whether a value fits a schema, as far as that can be decided. Internal to contract/.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pgw::contract {

/// `unknown`: a keyword that isn't enforced might say no. It passes wherever a value is asked for, also within `not`
/// and `oneOf`: what can't be decided never refuses what is right.
enum class Fit : std::uint8_t { no, unknown, yes };

inline Fit fit_if(bool is_right) {
  return is_right ? Fit::yes : Fit::no;
}

/// Whether both hold.
inline Fit both(Fit a, Fit b) {
  return std::min(a, b);
}

/// Whether one of them holds.
inline Fit either(Fit a, Fit b) {
  return std::max(a, b);
}

inline Fit opposite(Fit fit) {
  if (fit == Fit::unknown) return Fit::unknown;
  return fit == Fit::yes ? Fit::no : Fit::yes;
}

}  // namespace pgw::contract
