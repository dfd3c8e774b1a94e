// The keywords of a schema, one by one.
#include <algorithm>
#include <array>
#include <set>

#include "contract/re2_syntax.h"
#include "contract/schema_compiler.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

std::optional<JsonType> parse_type(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, JsonType>, 6> types{{{"string", JsonType::string},
                                                                               {"integer", JsonType::integer},
                                                                               {"number", JsonType::number},
                                                                               {"boolean", JsonType::boolean},
                                                                               {"array", JsonType::array},
                                                                               {"object", JsonType::object}}};
  for (const auto& [known, type] : types) {
    if (known == name) return type;
  }
  return std::nullopt;
}

/// The name of a value's kind.
std::string_view kind_name(const json& value) {
  if (value.is_string()) return "a text";
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "a boolean";
  if (value.is_array()) return "a list";
  return value.is_object() ? "an object" : "null";
}

bool is_of(JsonType type, const json& value) {
  switch (type) {
    case JsonType::string:
      return value.is_string();
    case JsonType::integer:
      return integer_of(JsonTape::of(value).root(), false).has_value();
    case JsonType::number:
      return value.is_number();
    case JsonType::boolean:
      return value.is_boolean();
    case JsonType::array:
      return value.is_array();
    case JsonType::object:
      return value.is_object();
  }
  return true;
}

}  // namespace

void SchemaCompiler::fill_type(SchemaNode& node, const Pointer& where, const json& schema) {
  node.nullable = flag_at(where, schema, "nullable");
  if (!schema.contains("type")) return;
  const auto& type = schema["type"];
  if (is_3_1_ && fill_type_of_3_1(node, where, type)) return;
  if (type.is_string()) node.type = parse_type(type.get_ref<const std::string&>());
  if (!node.type) error(where / "type", "type must be one of string, integer, number, boolean, array and object");
}

/// "null", and lists of types. Null alone is an enum of one; of several other types none is enforced.
bool SchemaCompiler::fill_type_of_3_1(SchemaNode& node, const Pointer& where, const json& type) {
  if (type == "null") {
    node.enumeration = json::array({nullptr});
    node.is_literal = true;
    return true;
  }
  if (!type.is_array() || type.empty()) return false;
  std::vector<JsonType> others;
  for (const auto& one : type) {
    if (one == "null") {
      node.nullable = true;
      continue;
    }
    const auto known = one.is_string() ? parse_type(one.get_ref<const std::string&>()) : std::nullopt;
    if (!known) return false;
    others.push_back(*known);
  }
  if (others.size() == 1) node.type = others.front();
  if (others.size() > 1) warning(where / "type", "of several types none is enforced; put them into an anyOf");
  return true;
}

void SchemaCompiler::fill_enumeration(SchemaNode& node, const Pointer& where, const json& schema) {
  if (is_3_1_ && schema.contains("const")) {
    node.enumeration = json::array({schema["const"]});
    node.is_literal = true;
  }
  if (!schema.contains("enum")) return;
  if (!schema["enum"].is_array() || schema["enum"].empty()) {
    error(where / "enum", "enum must be a list with at least one value");
    return;
  }
  node.enumeration = schema["enum"];
  // pydantic writes a named Enum as a component of its own, and a Literal where it is used.
  const auto parent = where.parent_pointer();
  node.is_literal = parent.to_string() != "/components/schemas";
  warn_of_values_of_other_types(node, where / "enum");
}

/// YAML reads 1.0, true and null as they look, where a text was meant.
void SchemaCompiler::warn_of_values_of_other_types(const SchemaNode& node, const Pointer& where) {
  if (!node.type) return;
  for (std::size_t i = 0; i < node.enumeration->size(); ++i) {
    const json& value = (*node.enumeration)[i];
    if (is_of(*node.type, value) || (value.is_null() && node.nullable)) continue;
    const bool is_text_meant = node.type == JsonType::string && value.is_primitive();
    warning(where / i, "this value is " + std::string(kind_name(value)) +
                           (is_text_meant ? ", so no text equals it: put it in quotes"
                                          : ", which is not of the type that the schema names"));
  }
}

void SchemaCompiler::fill_string(SchemaNode& node, const Pointer& where, const json& schema) {
  node.min_length = count_at(where, schema, "minLength");
  node.max_length = count_at(where, schema, "maxLength");
  if (const auto pattern = text_at(where, schema, "pattern")) {
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    auto compiled = std::make_shared<const Pattern>(*pattern, re2_syntax(*pattern), quiet);
    if (compiled->expression.ok()) {
      node.pattern = std::move(compiled);
    } else {
      warning(where / "pattern",
              "this pattern is not checked, since it can't be matched in linear time: " + compiled->expression.error());
    }
  }
  if (const auto name = text_at(where, schema, "format")) {
    // A format of texts says nothing about what else may be there.
    if (!node.type || node.type == JsonType::string) node.format = parse_format(*name);
    if (!node.format && !is_annotation_format(*name)) {
      warning(where / "format", "the format '" + *name + "' is not checked");
    }
  }
}

void SchemaCompiler::fill_number(SchemaNode& node, const Pointer& where, const json& schema) {
  node.minimum = bound_at(where, schema, "minimum", "exclusiveMinimum");
  node.maximum = bound_at(where, schema, "maximum", "exclusiveMaximum");
  node.multiple_of = number_at(where, schema, "multipleOf");
  if (node.multiple_of && node.multiple_of->value <= 0)
    error(where / "multipleOf", "multipleOf must be greater than 0");
  if (schema.value("format", json()) == "int32") {
    if (!node.minimum) node.minimum = Bound{{INT32_MIN, INT32_MIN}, INT32_MIN, false};
    if (!node.maximum) node.maximum = Bound{{INT32_MAX, INT32_MAX}, INT32_MAX, false};
  }
  // FastAPI writes the 3 of an integer's limit as 3.0, and tells it as 3.
  for (auto* bound : {&node.minimum, &node.maximum}) {
    if (node.type == JsonType::integer && *bound && (*bound)->value.whole) (*bound)->limit = *(*bound)->value.whole;
  }
}

void SchemaCompiler::fill_array(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("items")) node.items = compile(where / "items");
  node.min_items = count_at(where, schema, "minItems");
  node.max_items = count_at(where, schema, "maxItems");
  node.unique_items = flag_at(where, schema, "uniqueItems");
}

void SchemaCompiler::fill_object(SchemaNode& node, const Pointer& where, const json& schema) {
  node.min_properties = count_at(where, schema, "minProperties");
  node.max_properties = count_at(where, schema, "maxProperties");
  if (schema.contains("additionalProperties")) {
    const auto& additional = schema["additionalProperties"];
    if (additional.is_boolean()) {
      node.additional_allowed = additional.get<bool>();
    } else {
      node.additional = compile(where / "additionalProperties");
    }
  }
  if (schema.contains("properties") && !schema["properties"].is_object()) {
    error(where / "properties", "properties must be an object");
    return;
  }
  const auto properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) {
    node.properties.push_back({.name = name, .schema = compile(where / "properties" / name), .required = false});
  }
  // pydantic complains in the order of the fields; JSON objects have none, but places have.
  const auto order = [&](const SchemaNode::Property& property) {
    const auto place = document_.place(where / "properties" / property.name);
    return std::pair(place.line, place.column);
  };
  std::ranges::stable_sort(node.properties, {}, order);
  const auto required = schema.value("required", json::array());
  for (const auto& name : required) {
    if (!required.is_array() || !name.is_string()) {
      error(where / "required", "required must list names");
      return;
    }
    const auto found =
        std::ranges::find(node.properties, name.get_ref<const std::string&>(), &SchemaNode::Property::name);
    if (found != node.properties.end()) {
      found->required = true;
    } else {
      node.properties.push_back({.name = name.get<std::string>(), .schema = nullptr, .required = true});
    }
  }
  for (std::size_t i = 0; i < node.properties.size(); ++i) node.index_.emplace(node.properties[i].name, i);
}

void SchemaCompiler::fill_combinators(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("allOf")) node.all_of = compile_all(where / "allOf");
  if (schema.contains("anyOf")) node.any_of = compile_all(where / "anyOf");
  if (schema.contains("oneOf")) node.one_of = compile_all(where / "oneOf");
  if (is_3_1_) {
    fold_null_into_nullable(node, node.any_of);
    fold_null_into_nullable(node, node.one_of);
  }
  if (schema.contains("not")) node.negated = compile(where / "not");
  if (schema.contains("discriminator")) fill_discriminator(node, where, schema);
}

/// `anyOf: [X, {type: 'null'}]` is how FastAPI writes an optional X in 3.1: what is wrong with a value is told of X
/// alone.
void SchemaCompiler::fold_null_into_nullable(SchemaNode& node, std::vector<const SchemaNode*>& branches) {
  const json only_null = json::array({nullptr});
  const auto removed =
      std::erase_if(branches, [&](const SchemaNode* branch) { return branch->enumeration == only_null; });
  if (removed > 0) node.nullable = true;
}

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
      discriminator.by_value[value] = {compile(*target), target->empty() ? std::string() : target->back()};
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
  if (!discriminator.by_value.empty()) node.discriminator = std::move(discriminator);
}

std::vector<const SchemaNode*> SchemaCompiler::compile_all(const Pointer& where) {
  std::vector<const SchemaNode*> nodes;
  const auto& list = document_.root().at(where);
  if (!list.is_array() || list.empty()) {
    error(where, "this must be a list with at least one schema");
    return nodes;
  }
  for (std::size_t i = 0; i < list.size(); ++i) nodes.push_back(compile(where / i));
  return nodes;
}

std::optional<std::size_t> SchemaCompiler::count_at(const Pointer& where, const json& schema, const char* keyword) {
  if (!schema.contains(keyword)) return std::nullopt;
  if (schema[keyword].is_number_unsigned() || (schema[keyword].is_number_integer() && schema[keyword] >= 0)) {
    return schema[keyword].get<std::size_t>();
  }
  error(where / keyword, std::string(keyword) + " must be a whole number, 0 or more");
  return std::nullopt;
}

std::optional<Number> SchemaCompiler::number_at(const Pointer& where, const json& schema, const char* keyword) {
  if (!schema.contains(keyword)) return std::nullopt;
  if (schema[keyword].is_number()) return number_of(JsonTape::of(schema[keyword]).root(), false);
  error(where / keyword, std::string(keyword) + " must be a number");
  return std::nullopt;
}

std::optional<std::string> SchemaCompiler::text_at(const Pointer& where, const json& schema, const char* keyword) {
  if (!schema.contains(keyword)) return std::nullopt;
  if (schema[keyword].is_string()) return schema[keyword].get<std::string>();
  error(where / keyword, std::string(keyword) + " must be a text");
  return std::nullopt;
}

/// OpenAPI 3.0 says `minimum: 1, exclusiveMinimum: true`; the documents of FastAPI with pydantic v1 say
/// `exclusiveMinimum: 1`.
std::optional<Bound> SchemaCompiler::bound_at(const Pointer& where, const json& schema, const char* inclusive,
                                              const char* exclusive) {
  const auto value = number_at(where, schema, inclusive);
  if (schema.contains(exclusive) && schema[exclusive].is_number()) {
    if (value) warning(where / inclusive, std::string(inclusive) + " has no effect beside " + exclusive);
    return Bound{*number_at(where, schema, exclusive), schema[exclusive], true};
  }
  const bool is_exclusive = flag_at(where, schema, exclusive);
  if (value) return Bound{*value, schema[inclusive], is_exclusive};
  if (is_exclusive) warning(where / exclusive, std::string(exclusive) + " has no effect without " + inclusive);
  return std::nullopt;
}

bool SchemaCompiler::flag_at(const Pointer& where, const json& schema, const char* keyword) {
  if (!schema.contains(keyword)) return false;
  if (schema[keyword].is_boolean()) return schema[keyword].get<bool>();
  error(where / keyword, std::string(keyword) + " must be true or false");
  return false;
}

}  // namespace pgw::contract
