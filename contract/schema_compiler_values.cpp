// The values of keywords, read: lists of schemas, counts, numbers, texts, flags.
#include "contract/schema_compiler.h"

namespace pgw::contract {

using nlohmann::json;

std::string_view kind_name(const json& value) {
  if (value.is_string()) return "a text";
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "a boolean";
  if (value.is_array()) return "a list";
  return value.is_object() ? "an object" : "null";
}

std::vector<const SchemaNode*> SchemaCompiler::nodes_of_list(const Pointer& where) {
  std::vector<const SchemaNode*> nodes;
  const auto& list = document_.root().at(where);
  if (!list.is_array() || list.empty()) {
    error(where, "this must be a list with at least one schema");
    return nodes;
  }
  for (std::size_t i = 0; i < list.size(); ++i) nodes.push_back(node_at(where / i));
  return nodes;
}

bool SchemaCompiler::is_object_at(const Pointer& where, const json& schema, const char* keyword) {
  if (schema[keyword].is_object()) return true;
  error(where / keyword, std::string(keyword) + " must be an object");
  return false;
}

/// 2 and 2.0 are the same number.
std::optional<std::size_t> SchemaCompiler::count_at(const Pointer& where, const json& schema, const char* keyword) {
  if (!schema.contains(keyword)) return std::nullopt;
  const auto number =
      schema[keyword].is_number() ? number_of(JsonTape::of(schema[keyword]).root(), false) : std::nullopt;
  if (number && number->whole && *number->whole >= 0) return static_cast<std::size_t>(*number->whole);
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
