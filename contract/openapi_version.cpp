#include "contract/openapi_version.h"

#include <nlohmann/json.hpp>

namespace pgw::contract {
namespace {

/// `3.0` without quotes is a number.
std::string version_text(const nlohmann::json& root) {
  const auto version = root.is_object() ? root.find("openapi") : root.end();
  if (!root.is_object() || version == root.end()) return {};
  return version->is_string() ? version->get<std::string>() : version->dump();
}

bool is_of(const std::string& text, const std::string& version) {
  return text == version || text.starts_with(version + ".");
}

}  // namespace

std::optional<OpenApiVersion> openapi_version(const nlohmann::json& root) {
  const std::string text = version_text(root);
  if (is_of(text, "3.0")) return OpenApiVersion::v3_0;
  return is_of(text, "3.1") ? std::optional(OpenApiVersion::v3_1) : std::nullopt;
}

std::string version_problem(const nlohmann::json& root) {
  if (root.is_object() && root.contains("swagger")) {
    return "this is a Swagger 2.0 document; OpenAPI 3.0 and 3.1 are read: convert it first";
  }
  if (is_of(version_text(root), "3.2")) {
    return "OpenAPI 3.2 is not read: say 'openapi: 3.1.1' if the document uses nothing that 3.2 adds, else convert it";
  }
  return "an OpenAPI document of 3.0 or 3.1 says 'openapi: 3.0.x' at its top";
}

}  // namespace pgw::contract
