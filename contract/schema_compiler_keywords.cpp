// The keywords of a schema, one by one.
#include <algorithm>
#include <array>

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

bool is_of(JsonType type, const json& value) {
  switch (type) {
    case JsonType::null:
      return value.is_null();
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

/// What the format of a schema leaves of an integer.
std::optional<std::pair<std::int64_t, std::int64_t>> range_of(const json& schema) {
  const auto format = schema.find("format");
  if (format == schema.end()) return std::nullopt;
  if (*format == "int32") return std::pair<std::int64_t, std::int64_t>{INT32_MIN, INT32_MAX};
  if (*format == "int64") return std::pair<std::int64_t, std::int64_t>{INT64_MIN, INT64_MAX};
  return std::nullopt;
}

Bound bound_of(std::int64_t limit) {
  return {{static_cast<double>(limit), limit}, limit, false};
}

}  // namespace

void SchemaCompiler::fill_type(SchemaNode& node, const Pointer& where, const json& schema) {
  node.nullable = flag_at(where, schema, "nullable");
  if (!schema.contains("type")) return;
  const auto& type = schema["type"];
  if (is_3_1_) return fill_type_of_3_1(node, where, type);
  const auto known = type.is_string() ? parse_type(type.get_ref<const std::string&>()) : std::nullopt;
  if (known) {
    node.types.add(*known);
  } else {
    const bool is_of_3_1 = type.is_array() || type == "null";
    error(where / "type",
          std::string("type must be one of string, integer, number, boolean, array and object") +
              (is_of_3_1 ? " (OpenAPI 3.0 has no lists of types, and says 'nullable: true' for null)" : ""));
  }
}

/// A name or a list of names, "null" among them.
void SchemaCompiler::fill_type_of_3_1(SchemaNode& node, const Pointer& where, const json& type) {
  const json names = type.is_array() ? type : json::array({type});
  bool has_null = false;
  bool is_right = !names.empty();
  for (const auto& name : names) {
    const auto known = name.is_string() ? parse_type(name.get_ref<const std::string&>()) : std::nullopt;
    if (known) node.types.add(*known);
    has_null = has_null || name == "null";
    is_right = is_right && (known || name == "null");
  }
  if (!is_right) {
    error(where / "type",
          "type must be one of string, integer, number, boolean, array, object and null, or a list of them");
  }
  if (has_null && node.types.is_empty()) {
    node.types.add(JsonType::null);
  } else {
    node.nullable = node.nullable || has_null;
  }
}

void SchemaCompiler::fill_enumeration(SchemaNode& node, const Pointer& where, const json& schema) {
  const bool has_const = is_3_1_ && schema.contains("const");
  if (has_const) {
    node.enumeration = json::array({schema["const"]});
    node.is_literal = true;
  }
  if (!schema.contains("enum")) return;
  if (!schema["enum"].is_array() || (schema["enum"].empty() && !is_3_1_)) {
    error(where / "enum", "enum must be a list with at least one value");
    return;
  }
  if (schema["enum"].empty()) warning(where / "enum", "this enum has no value, so nothing fits this schema");
  if (has_const) {  // both hold
    const auto& allowed = schema["enum"];
    if (std::ranges::find(allowed, schema["const"]) == allowed.end()) node.enumeration = json::array();
    return;
  }
  node.enumeration = schema["enum"];
  // pydantic writes a named Enum as a component of its own, and a Literal where it is used.
  static const Pointer components("/components/schemas");
  node.is_literal = where.parent_pointer() != components;
  warn_of_values_of_other_types(node, where / "enum");
}

/// YAML reads 1.0, true and null as they look, where a text was meant.
void SchemaCompiler::warn_of_values_of_other_types(const SchemaNode& node, const Pointer& where) {
  const auto type = node.type();
  if (!type) return;
  for (std::size_t i = 0; i < node.enumeration->size(); ++i) {
    const json& value = (*node.enumeration)[i];
    if (is_of(*type, value) || (value.is_null() && node.nullable)) continue;
    const bool is_text_meant = type == JsonType::string && value.is_primitive();
    warning(where / i, "this value is " + std::string(kind_name(value)) +
                           (is_text_meant ? ", so no text equals it: put it in quotes"
                                          : ", which is not of the type that the schema names"));
  }
}

void SchemaCompiler::fill_string(SchemaNode& node, const Pointer& where, const json& schema) {
  node.min_length = count_at(where, schema, "minLength");
  node.max_length = count_at(where, schema, "maxLength");
  if (const auto pattern = text_at(where, schema, "pattern")) {
    node.pattern = pattern_of(where / "pattern", *pattern);
    if (node.pattern == nullptr) node.undecided.add(JsonType::string);
  }
  // In 3.1 a media type says that a text stands for a file, unless an encoding says that it is a text after all.
  const auto format = text_at(where, schema, "format");
  node.is_binary =
      format == "binary" || (is_3_1_ && schema.contains("contentMediaType") && !schema.contains("contentEncoding"));
  if (format) fill_format(node, where / "format", *format);
}

void SchemaCompiler::fill_format(SchemaNode& node, const Pointer& where, const std::string& name) {
  // A format of texts says nothing about what else may be there.
  if (node.types.is_empty() || node.types.contains(JsonType::string)) node.format = parse_format(name);
  node.is_time_delta = name == "time-delta";
  if (node.format || is_annotation_format(name)) return;
  warning(where, "the format '" + name + "' is not checked");
  node.undecided.add({JsonType::string, JsonType::integer, JsonType::number, JsonType::boolean});
}

std::shared_ptr<const Pattern> SchemaCompiler::pattern_of(const Pointer& where, const std::string& source) {
  auto& pattern = patterns_[source];
  if (pattern == nullptr) pattern = std::make_shared<const Pattern>(source, dialect_);
  if (pattern->problem().empty()) return pattern;
  warning(where, "this pattern is not checked: " + pattern->problem());
  return nullptr;
}

void SchemaCompiler::fill_number(SchemaNode& node, const Pointer& where, const json& schema) {
  SchemaNode::Numbers numbers{.minimum = bound_at(where, schema, "minimum", "exclusiveMinimum"),
                              .maximum = bound_at(where, schema, "maximum", "exclusiveMaximum"),
                              .multiple_of = number_at(where, schema, "multipleOf")};
  if (numbers.multiple_of && numbers.multiple_of->value <= 0)
    error(where / "multipleOf", "multipleOf must be greater than 0");
  if (const auto range = range_of(schema)) {
    if (!numbers.minimum) numbers.minimum = bound_of(range->first);
    if (!numbers.maximum) numbers.maximum = bound_of(range->second);
  }
  // FastAPI writes the 3 of an integer's limit as 3.0, and tells it as 3.
  for (auto* bound : {&numbers.minimum, &numbers.maximum}) {
    if (node.type() == JsonType::integer && *bound && (*bound)->value.whole) (*bound)->limit = *(*bound)->value.whole;
  }
  if (!numbers.minimum && !numbers.maximum && !numbers.multiple_of) return;
  node.numbers = std::make_unique<const SchemaNode::Numbers>(std::move(numbers));
}

void SchemaCompiler::fill_array(SchemaNode& node, const Pointer& where, const json& schema) {
  node.min_items = count_at(where, schema, "minItems");
  node.max_items = count_at(where, schema, "maxItems");
  node.unique_items = flag_at(where, schema, "uniqueItems");
  if (is_3_1_) fill_array_of_3_1(node, where, schema);
  if (!schema.contains("items")) return;
  if (schema["items"].is_array() && !is_3_1_) {
    // The tuple of draft 4: FastAPI with pydantic v1 writes it into documents of 3.0, which have no other word for it.
    for (std::size_t i = 0; i < schema["items"].size(); ++i) {
      node.rare_part().prefix_items.push_back(node_at(where / "items" / i));
    }
  } else if (is_3_1_ || !schema.contains("prefixItems")) {
    node.items = node_at(where / "items");
  }
}

void SchemaCompiler::fill_object(SchemaNode& node, const Pointer& where, const json& schema) {
  node.min_properties = count_at(where, schema, "minProperties");
  node.max_properties = count_at(where, schema, "maxProperties");
  fill_additional(node, where, schema);
  if (is_3_1_) fill_object_of_3_1(node, where, schema);
  if (schema.contains("properties")) {
    if (!is_object_at(where, schema, "properties")) return;
    const Pointer properties = where / "properties";
    // pydantic complains in the order of the fields; JSON objects have none, but places have.
    for (auto& name : document_.names_in_order(properties)) {
      const SchemaNode* const property = node_at(properties / name);
      node.properties.push_back({.name = std::move(name), .schema = property, .required = false});
    }
  }
  fill_required(node, where, schema);
  if (node.properties.empty()) return;
  node.properties.shrink_to_fit();
  SchemaNode::Index index;
  for (std::size_t i = 0; i < node.properties.size(); ++i) index.emplace(node.properties[i].name, i);
  node.index_ = std::make_unique<const SchemaNode::Index>(std::move(index));
}

void SchemaCompiler::fill_required(SchemaNode& node, const Pointer& where, const json& schema) {
  if (!schema.contains("required")) return;
  const auto& required = schema["required"];
  std::map<std::string, std::size_t, std::less<>> index;
  for (std::size_t i = 0; i < node.properties.size(); ++i) index.emplace(node.properties[i].name, i);
  for (const auto& name : required) {
    if (!required.is_array() || !name.is_string()) {
      error(where / "required", "required must list names");
      return;
    }
    const auto [known, is_undeclared] = index.emplace(name.get<std::string>(), node.properties.size());
    if (is_undeclared) node.properties.push_back({.name = known->first, .schema = nullptr, .required = false});
    node.properties[known->second].required = true;
  }
}

void SchemaCompiler::fill_additional(SchemaNode& node, const Pointer& where, const json& schema) {
  if (!schema.contains("additionalProperties")) return;
  // Which members are further ones can't be told where a keyword that isn't enforced speaks of some of them.
  if (!is_3_1_ && schema.contains("patternProperties")) return;
  node.speaks_of_additional = true;
  const auto& additional = schema["additionalProperties"];
  if (additional.is_boolean()) {
    node.additional_allowed = additional.get<bool>();
  } else {
    node.additional = node_at(where / "additionalProperties");
  }
}

void SchemaCompiler::fill_combinators(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("allOf")) {
    for (const auto* part : nodes_of_list(where / "allOf")) node.all_of.push_back(part);
  }
  if (schema.contains("anyOf")) node.any_of = nodes_of_list(where / "anyOf");
  if (schema.contains("oneOf")) node.one_of = nodes_of_list(where / "oneOf");
  if (schema.contains("not")) node.negated = node_at(where / "not");
  if (is_3_1_) fill_condition(node, where, schema);
  if (schema.contains("discriminator")) fill_discriminator(node, where, schema);
}

}  // namespace pgw::contract
