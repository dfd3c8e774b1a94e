// The structure of the operator's files, as OpenAPI 3.0 schemas: names, types, choices, bounds. What a schema can't say
// (units, environment, files, relations) is checked where the values are read.
#pragma once

#include <string_view>

namespace pgw::config {

/// JSON text of the schema of gateway.yaml.
std::string_view settings_schema_text();

/// JSON text of the schema of the keys file.
std::string_view keys_schema_text();

}  // namespace pgw::config
