#include "contract/security.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace pgw::contract {
namespace {

using nlohmann::json;

const json* member(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? &*found : nullptr;
}

std::string text_of(const json& object, const char* name) {
  const json* const value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// What a reference within `components.securitySchemes` stands for. One step is enough: a reference to a reference is
/// no scheme.
const json& resolved(const json& schemes, const json& scheme) {
  const std::string reference = text_of(scheme, "$ref");
  const json* const target =
      reference.empty() ? nullptr : member(schemes, reference.substr(reference.rfind('/') + 1).c_str());
  return target == nullptr ? scheme : *target;
}

std::optional<SecurityScheme::In> place_of(const std::string& in) {
  if (in == "header") return SecurityScheme::In::header;
  if (in == "query") return SecurityScheme::In::query;
  if (in == "cookie") return SecurityScheme::In::cookie;
  return std::nullopt;
}

}  // namespace

std::vector<SecurityScheme> read_security_schemes(const json& root) {
  std::vector<SecurityScheme> found;
  const json* const components = member(root, "components");
  const json* const schemes = components == nullptr ? nullptr : member(*components, "securitySchemes");
  if (schemes == nullptr || !schemes->is_object()) return found;
  for (const auto& [name, entry] : schemes->items()) {
    const json& scheme = resolved(*schemes, entry);
    const std::string type = text_of(scheme, "type");
    if (type == "apiKey") {
      const auto in = place_of(text_of(scheme, "in"));
      std::string parameter = text_of(scheme, "name");
      if (in && !parameter.empty()) found.push_back({name, *in, std::move(parameter)});
    } else if (type == "http" || type == "oauth2" || type == "openIdConnect") {
      found.push_back({name, SecurityScheme::In::header, "Authorization"});
    }
  }
  return found;
}

std::vector<std::string> read_security(const json& root, const json& operation) {
  const json* requirements = member(operation, "security");
  if (requirements == nullptr) requirements = member(root, "security");
  std::vector<std::string> names;
  if (requirements == nullptr || !requirements->is_array()) return names;
  for (const json& alternative : *requirements) {
    if (!alternative.is_object()) continue;
    for (const auto& [name, scopes] : alternative.items()) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace pgw::contract
