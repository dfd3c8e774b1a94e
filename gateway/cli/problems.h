// Problems of configuration, for a person at a terminal.
#pragma once

#include <span>

#include "contract/document.h"

namespace pgw::cli {

enum class Detail {
  summed_up,  ///< of warnings of one kind the first one, with their number
  all,
};

/// One line each on standard error. Returns whether any is an error.
bool print_problems(std::span<const contract::Problem> problems, Detail detail = Detail::summed_up);

}  // namespace pgw::cli
