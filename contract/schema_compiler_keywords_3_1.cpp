// The keywords that OpenAPI 3.1 adds: those of JSON Schema 2020-12.
#include "contract/schema_compiler.h"

namespace pgw::contract {

using nlohmann::json;

void SchemaCompiler::fill_array_of_3_1(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("prefixItems")) node.rare_part().prefix_items = nodes_of_list(where / "prefixItems");
  if (schema.contains("contains")) {
    auto& rare = node.rare_part();
    rare.contains = node_at(where / "contains");
    rare.min_contains = count_at(where, schema, "minContains").value_or(1);
    rare.max_contains = count_at(where, schema, "maxContains");
  }
  if (schema.contains("unevaluatedItems")) {
    node.rare_part().unevaluated_items = node_at(where / "unevaluatedItems");
  }
}

void SchemaCompiler::fill_object_of_3_1(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("patternProperties") && is_object_at(where, schema, "patternProperties")) {
    const Pointer patterns = where / "patternProperties";
    for (const auto& [pattern, property] : schema["patternProperties"].items()) {
      const SchemaNode* described = node_at(patterns / pattern);
      node.rare_part().pattern_properties.push_back({pattern_of(patterns / pattern, pattern), described});
    }
  }
  if (schema.contains("propertyNames")) node.rare_part().property_names = node_at(where / "propertyNames");
  if (schema.contains("unevaluatedProperties")) {
    node.rare_part().unevaluated_properties = node_at(where / "unevaluatedProperties");
  }
  fill_dependencies(node, where, schema);
}

void SchemaCompiler::fill_dependencies(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("dependentRequired") && is_object_at(where, schema, "dependentRequired")) {
    for (const auto& [name, required] : schema["dependentRequired"].items()) {
      SchemaNode::Dependency dependency{name, {}, nullptr};
      for (const auto& other : required) {
        if (!required.is_array() || !other.is_string()) {
          error(where / "dependentRequired" / name, "dependentRequired must lead from names to lists of names");
          return;
        }
        dependency.required.push_back(other.get<std::string>());
      }
      node.rare_part().dependencies.push_back(std::move(dependency));
    }
  }
  if (schema.contains("dependentSchemas") && is_object_at(where, schema, "dependentSchemas")) {
    for (const auto& [name, dependent] : schema["dependentSchemas"].items()) {
      node.rare_part().dependencies.push_back({name, {}, node_at(where / "dependentSchemas" / name)});
    }
  }
}

void SchemaCompiler::fill_condition(SchemaNode& node, const Pointer& where, const json& schema) {
  const bool has_then = schema.contains("then");
  const bool has_else = schema.contains("else");
  if (!schema.contains("if")) return;
  node.rare_part().condition = {.test = node_at(where / "if"),
                                .then = has_then ? node_at(where / "then") : nullptr,
                                .otherwise = has_else ? node_at(where / "else") : nullptr};
}

}  // namespace pgw::contract
