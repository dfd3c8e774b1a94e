// The segments of a path template, and the values in them. Internal to contract/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"

namespace pgw::contract {

/// What a segment of a path template says; or what is wrong with it, as it goes on after "the segment '...' ".
struct ParsedSegment {
  PathSegment segment;
  std::string problem;
};
ParsedSegment parse_segment(std::string_view text);

/// Whether the path has '?' or '#' outside of its parameters' names: no request's path has.
bool is_out_of_reach(std::string_view path_template);

/// The names of a segment's parameters, in order.
std::vector<std::string_view> parameter_names(const PathSegment& segment);

/// The values of a segment with several parameters, each as short as can be and the last what is left; empty if `value`
/// lacks what stands between them.
std::vector<std::string_view> split_value(std::string_view value, const std::vector<std::string>& between);

}  // namespace pgw::contract
