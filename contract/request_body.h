// The body of a request against what its operation says. Internal to contract/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "contract/operation_facts.h"

namespace pgw::contract {

inline constexpr Trail body_trail{nullptr, "body"};

/// Appends what is wrong with a body that Operation::refusal_of lets pass.
void check_body(const RequestBody& declared, std::optional<std::string_view> content_type, std::string_view body,
                const Reading& reading, std::vector<Violation>& out);

}  // namespace pgw::contract
