// Query and form strings, and the parameters in them. Internal to contract/.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/operation_facts.h"

namespace pgw::contract {

/// Decoded pairs of an application/x-www-form-urlencoded text, in order. '+' is a space; a '%' that begins no encoding
/// stays.
using FormPairs = std::vector<std::pair<std::string, std::string>>;
FormPairs parse_form(std::string_view text);

/// Checks one parameter against what the request carries under its name (`pairs`: of the query, of one header, or of
/// one segment of the path).
void check_parameter(const Parameter& parameter, Location location, const FormPairs& pairs,
                     std::vector<Violation>& out);

/// A form body as an object: properties that the schema says are lists gather their values, others take the last.
nlohmann::json form_object(const FormPairs& pairs, const SchemaNode* schema);

}  // namespace pgw::contract
