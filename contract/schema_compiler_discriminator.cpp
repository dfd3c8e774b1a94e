// Discriminators: which alternative a value names.
#include <set>

#include "contract/schema_compiler.h"

namespace pgw::contract {

using nlohmann::json;

void SchemaCompiler::fill_discriminator(SchemaNode& node, const Pointer& where, const json& schema) {
  const auto& described = schema["discriminator"];
  if (!described.is_object() || !described.contains("propertyName") || !described["propertyName"].is_string()) {
    error(where / "discriminator", "a discriminator needs a propertyName");
    return;
  }
  const char* list = schema.contains("oneOf") ? "oneOf" : schema.contains("anyOf") ? "anyOf" : nullptr;
  if (list == nullptr) {
    warning(where / "discriminator", "a discriminator without oneOf or anyOf is not enforced");
    return;
  }
  SchemaNode::Discriminator discriminator{described["propertyName"].get<std::string>(), {}};
  std::set<std::string> mapped;
  const auto add = [&](const std::string& value, const std::string& reference) {
    if (const auto target = follow(where / "discriminator", reference)) {
      mapped.insert(reference);
      discriminator.by_value[value] = {node_at(*target), target->empty() ? std::string() : target->back()};
    }
  };
  const auto mapping = described.value("mapping", json::object());
  for (const auto& [value, reference] : mapping.items()) {
    if (!mapping.is_object() || !reference.is_string()) {
      error(where / "discriminator", "mapping must lead from values to schemas");
      return;
    }
    const auto& text = reference.get_ref<const std::string&>();
    const bool is_name = text.find_first_of("#/.") == std::string::npos;
    add(value, is_name ? "#/components/schemas/" + text : text);
  }
  // What the mapping doesn't name goes by the name of its component (OpenAPI 3.0.3, Discriminator Object).
  for (const auto& branch : schema[list]) {
    if (!branch.is_object() || !branch.contains("$ref") || !branch["$ref"].is_string()) continue;
    const auto& reference = branch["$ref"].get_ref<const std::string&>();
    if (!mapped.contains(reference)) add(reference.substr(reference.rfind('/') + 1), reference);
  }
  if (discriminator.by_value.empty()) return;
  node.discriminator = std::make_unique<const SchemaNode::Discriminator>(std::move(discriminator));
}

}  // namespace pgw::contract
