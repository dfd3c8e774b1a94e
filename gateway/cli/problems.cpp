#include "gateway/cli/problems.h"

#include <iostream>

namespace pgw::cli {

bool print_problems(std::span<const contract::Problem> problems) {
  bool any_error = false;
  for (const auto& problem : problems) {
    std::cerr << contract::to_string(problem) << '\n';
    any_error = any_error || problem.severity == contract::Severity::error;
  }
  return any_error;
}

}  // namespace pgw::cli
