// How far one name is from another.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgw::base {

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each 1. Costs the
/// product of both lengths, so a caller bounds them.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace pgw::base
