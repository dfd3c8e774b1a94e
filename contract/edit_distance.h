// Likely slips of the keyboard.
#pragma once

#include <string_view>

namespace pgw::contract {

/// Whether `given` is at most two insertions, deletions, substitutions or swaps of neighbours away from `wanted`, and
/// shares more than it differs by.
bool is_likely_slip(std::string_view given, std::string_view wanted);

}  // namespace pgw::contract
