// Which OpenAPI a document is written in. Internal to contract/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace pgw::contract {

enum class OpenApiVersion : std::uint8_t { v3_0, v3_1 };

/// "3.0.x" and "3.1.x", also without the last number and its quotes, as documents are found. Nullopt for any other.
std::optional<OpenApiVersion> openapi_version(const nlohmann::json& root);

/// Why a document of another version can't be read, and what to do.
std::string version_problem(const nlohmann::json& root);

}  // namespace pgw::contract
