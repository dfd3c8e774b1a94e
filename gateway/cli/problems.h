// Problems of configuration, for a person at a terminal.
#pragma once

#include <span>

#include "contract/document.h"

namespace pgw::cli {

/// One line each on standard error. Returns whether any is an error.
bool print_problems(std::span<const contract::Problem> problems);

}  // namespace pgw::cli
