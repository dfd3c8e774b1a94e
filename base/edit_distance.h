// How far one name is from another.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgw::base {

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each 1. Costs the
/// product of both lengths, so a caller bounds them.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Whether `given` is likely a slip of the keyboard for `wanted`: at most two edits away, and sharing more than it
/// differs by. Names of more than 64 characters are none, whatever they cost to compare.
bool is_likely_slip(std::string_view given, std::string_view wanted);

}  // namespace pgw::base
