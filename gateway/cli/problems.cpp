#include "gateway/cli/problems.h"

#include <iostream>
#include <vector>

namespace pgw::cli {

bool print_problems(std::span<const contract::Problem> problems, Detail detail) {
  bool any_error = false;
  const auto kinds = detail == Detail::summed_up ? contract::summed_up(problems) : std::vector<contract::Problem>();
  for (const auto& problem : detail == Detail::summed_up ? std::span<const contract::Problem>(kinds) : problems) {
    std::cerr << contract::to_string(problem) << '\n';
    any_error = any_error || problem.severity == contract::Severity::error;
  }
  return any_error;
}

}  // namespace pgw::cli
