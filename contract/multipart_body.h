// The body of a multipart form as a value. Internal to contract/.
#pragma once

#include <span>
#include <vector>

#include "contract/json_value.h"
#include "contract/multipart.h"
#include "contract/multipart_rules.h"
#include "contract/schema.h"
#include "contract/violation.h"

namespace pgw::contract {

/// The object whose members are the parts: scalars spelt, JSON read, files as values of which nothing else is known.
/// Reports what can't be read, files that are too large or small, media types that the document doesn't permit, and
/// without coercion a part that holds one value and comes twice. `parts` must outlive the value.
JsonTape multipart_body(std::span<const Part> parts, const MultipartRules& rules, Coercion coercion,
                        std::vector<Violation>& out);

/// Reports a file whose size the rule doesn't permit.
void check_size(std::size_t bytes, const PartRule& rule, const std::vector<LocPart>& where,
                std::vector<Violation>& out);

}  // namespace pgw::contract
