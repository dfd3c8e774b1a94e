// The parameters of a request. Internal to contract/.
#pragma once

#include <span>
#include <vector>

#include "contract/form_pairs.h"
#include "contract/operation_facts.h"

namespace pgw::contract {

/// Checks one parameter against what the request carries under its name (`pairs`: of the query, of one header, or of
/// one segment of the path).
void check_parameter(const Parameter& parameter, Location location, std::span<const Pair> pairs, const Reading& reading,
                     std::vector<Violation>& out);

}  // namespace pgw::contract
