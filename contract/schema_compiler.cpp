#include "contract/schema_compiler.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "contract/router.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 33> enforced_keywords{"$ref",
                                                             "type",
                                                             "nullable",
                                                             "enum",
                                                             "minLength",
                                                             "maxLength",
                                                             "pattern",
                                                             "format",
                                                             "minimum",
                                                             "maximum",
                                                             "exclusiveMinimum",
                                                             "exclusiveMaximum",
                                                             "multipleOf",
                                                             "items",
                                                             "minItems",
                                                             "maxItems",
                                                             "uniqueItems",
                                                             "properties",
                                                             "required",
                                                             "additionalProperties",
                                                             "minProperties",
                                                             "maxProperties",
                                                             "allOf",
                                                             "anyOf",
                                                             "oneOf",
                                                             "not",
                                                             "discriminator",
                                                             "readOnly",
                                                             "writeOnly",
                                                             "definitions",
                                                             "$schema",
                                                             "$id",
                                                             "$comment"};
constexpr std::array<std::string_view, 8> annotations{"title",      "description",  "default", "example",
                                                      "deprecated", "externalDocs", "xml",     "examples"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_extension(std::string_view name) {
  return name.starts_with("x-");
}

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

/// A pattern of ECMA 262 in RE2's syntax, as far as the two only differ in how the same is written.
std::string re2_syntax(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const auto rest = pattern.substr(i);
    const auto is_hex = [](std::string_view text) {
      return text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
    };
    if (rest.size() >= 6 && rest.starts_with("\\u") && is_hex(rest.substr(2, 4))) {
      out.append("\\x{").append(rest.substr(2, 4)).append("}");
      i += 6;
    } else if (rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!")) {
      out += "(?P<";
      i += 3;
    } else {
      const std::size_t length = rest.front() == '\\' ? 2 : 1;
      out += rest.substr(0, length);
      i += length;
    }
  }
  return out;
}

/// A reference's fragment as a pointer; nullopt if it is malformed.
std::optional<json::json_pointer> pointer_of(std::string_view fragment) {
  std::string text;
  // Percent-decoding is the one thing that a URI fragment adds.
  if (!decode_segment(fragment, text)) return std::nullopt;
  try {
    return json::json_pointer(text);
  } catch (const json::parse_error&) {
    return std::nullopt;
  }
}

bool has(const json& root, const json::json_pointer& where) {
  try {
    return root.contains(where);
  } catch (const json::exception&) {  // an index that is no number
    return false;
  }
}

}  // namespace

const SchemaNode::Property* SchemaNode::find_property(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &properties[found->second];
}

SchemaCompiler::SchemaCompiler(const Document& document, std::vector<Problem>& problems)
    : document_(document), problems_(problems) {}

void SchemaCompiler::error(const Pointer& where, std::string message) {
  problems_.push_back({Severity::error, document_.place(where), std::move(message)});
}

void SchemaCompiler::warning(const Pointer& where, std::string message) {
  problems_.push_back({Severity::warning, document_.place(where), std::move(message)});
}

std::optional<SchemaCompiler::Pointer> SchemaCompiler::resolve(const Pointer& where) {
  Pointer at = where;
  std::set<std::string> seen;
  while (seen.insert(at.to_string()).second) {
    const auto& node = document_.root().at(at);
    if (!node.is_object() || !node.contains("$ref")) return at;
    if (!node["$ref"].is_string()) {
      error(at, "$ref must be a text");
      return std::nullopt;
    }
    const auto& reference = node["$ref"].get_ref<const std::string&>();
    const auto target = follow(at, reference);
    if (!target) return std::nullopt;
    at = *target;
  }
  error(where, "this $ref only leads back to itself");
  return std::nullopt;
}

std::optional<SchemaCompiler::Pointer> SchemaCompiler::follow(const Pointer& where, const std::string& reference) {
  if (!reference.starts_with("#")) {
    error(where,
          "the reference '" + reference + "' leads out of this document; only references within it are followed");
    return std::nullopt;
  }
  auto target = pointer_of(std::string_view(reference).substr(1));
  if (!target) {
    error(where, "the reference '" + reference + "' is malformed");
  } else if (!has(document_.root(), *target)) {
    error(where, "the reference '" + reference + "' leads nowhere");
    target.reset();
  }
  return target;
}

const SchemaNode* SchemaCompiler::compile(const Pointer& where) {
  const std::string key = where.to_string();
  if (const auto known = by_pointer_.find(key); known != by_pointer_.end()) return known->second;
  SchemaNode& node = nodes_->emplace_back();
  by_pointer_.emplace(key, &node);
  places_.emplace_back(&node, where);
  const auto& schema = document_.root().at(where);
  if (schema.is_object()) {
    fill(node, where, schema);
  } else {
    error(where, "a schema must be an object");
  }
  return &node;
}

void SchemaCompiler::fill(SchemaNode& node, const Pointer& where, const json& schema) {
  if (schema.contains("$ref")) {
    fill_reference(node, where, schema);
    return;
  }
  warn_of_unknown_keywords(where, schema);
  node.read_only = flag_at(where, schema, "readOnly");
  node.write_only = flag_at(where, schema, "writeOnly");
  if (fill_alias(node, where, schema)) return;
  fill_type(node, where, schema);
  fill_enumeration(node, where, schema);
  fill_string(node, where, schema);
  fill_number(node, where, schema);
  fill_array(node, where, schema);
  fill_object(node, where, schema);
  fill_combinators(node, where, schema);
}

void SchemaCompiler::fill_reference(SchemaNode& node, const Pointer& where, const json& schema) {
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword != "$ref" && !is_one_of(annotations, keyword) && !is_extension(keyword)) {
      warning(where / keyword,
              "'" + keyword + "' beside $ref has no effect in OpenAPI 3.0 (put the $ref into an allOf)");
    }
  }
  if (const auto target = resolve(where)) node.alias = compile(*target);
}

/// FastAPI wraps a reference into an `allOf` wherever a description or a default stands beside it.
bool SchemaCompiler::fill_alias(SchemaNode& node, const Pointer& where, const json& schema) {
  const auto all_of = schema.find("allOf");
  if (all_of == schema.end() || !all_of->is_array() || all_of->size() != 1) return false;
  for (const auto& [keyword, value] : schema.items()) {
    const bool is_direction = keyword == "readOnly" || keyword == "writeOnly";
    if (keyword != "allOf" && !is_direction && !is_one_of(annotations, keyword) && !is_extension(keyword)) return false;
  }
  node.alias = compile(where / "allOf" / 0);
  return true;
}

void SchemaCompiler::fill_type(SchemaNode& node, const Pointer& where, const json& schema) {
  node.nullable = flag_at(where, schema, "nullable");
  if (!schema.contains("type")) return;
  const auto& type = schema["type"];
  if (type.is_string()) node.type = parse_type(type.get_ref<const std::string&>());
  if (!node.type) error(where / "type", "type must be one of string, integer, number, boolean, array and object");
}

void SchemaCompiler::fill_enumeration(SchemaNode& node, const Pointer& where, const json& schema) {
  if (!schema.contains("enum")) return;
  if (!schema["enum"].is_array() || schema["enum"].empty()) {
    error(where / "enum", "enum must be a list with at least one value");
    return;
  }
  node.enumeration = schema["enum"];
  // pydantic writes a named Enum as a component of its own, and a Literal where it is used.
  const auto parent = where.parent_pointer();
  node.is_literal = parent.to_string() != "/components/schemas";
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
    node.format = parse_format(*name);
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
  if (schema.contains("not")) node.negated = compile(where / "not");
  if (schema.contains("discriminator")) fill_discriminator(node, where, schema);
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

void SchemaCompiler::warn_of_unknown_keywords(const Pointer& where, const json& schema) {
  for (const auto& [keyword, value] : schema.items()) {
    if (!is_one_of(enforced_keywords, keyword) && !is_one_of(annotations, keyword) && !is_extension(keyword)) {
      warning(where / keyword, "the schema keyword '" + keyword + "' is not enforced");
    }
  }
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

void SchemaCompiler::finish() {
  report_loops();
  shorten_aliases();
}

void SchemaCompiler::report_loops() {
  enum class Visit { unseen, open, done };
  std::map<const SchemaNode*, Visit> visits;
  std::map<const SchemaNode*, const Pointer*> where;
  for (const auto& [node, pointer] : places_) where[node] = &pointer;

  // Edges that lead to a schema for the same value; those to properties and items are no danger.
  const std::function<void(const SchemaNode*)> visit = [&](const SchemaNode* node) {
    if (node == nullptr || visits[node] == Visit::done) return;
    if (visits[node] == Visit::open) {
      error(*where[node], "this schema contains itself without a property or item in between");
      visits[node] = Visit::done;
      return;
    }
    visits[node] = Visit::open;
    visit(node->alias);
    visit(node->negated);
    for (const auto* list : {&node->all_of, &node->any_of, &node->one_of}) {
      for (const auto* branch : *list) visit(branch);
    }
    if (node->discriminator) {
      for (const auto& [value, branch] : node->discriminator->by_value) visit(branch.schema);
    }
    visits[node] = Visit::done;
  };
  for (const auto& [node, pointer] : places_) visit(node);
}

/// So that however long a chain of aliases is, a value's check takes one step.
void SchemaCompiler::shorten_aliases() {
  for (auto& node : *nodes_) {
    std::set<const SchemaNode*> seen;
    while (node.alias != nullptr && node.alias->alias != nullptr && seen.insert(node.alias).second) {
      node.alias = node.alias->alias;
    }
  }
}

Schema::Outcome Schema::compile(const Document& document, const nlohmann::json::json_pointer& where) {
  Outcome outcome;
  if (!has(document.root(), where)) {
    outcome.problems.push_back({Severity::error, document.place(where), "there is no schema at " + where.to_string()});
    return outcome;
  }
  SchemaCompiler compiler(document, outcome.problems);
  const SchemaNode* root = compiler.compile(where);
  compiler.finish();
  const bool failed =
      std::ranges::any_of(outcome.problems, [](const Problem& problem) { return problem.severity == Severity::error; });
  if (!failed) outcome.schema = std::make_shared<const Schema>(root, compiler.nodes());
  return outcome;
}

void Schema::validate(const json& value, const std::vector<LocPart>& prefix, std::vector<Violation>& out,
                      const Reading& reading) const {
  std::vector<Trail> trails;
  trails.reserve(prefix.size());
  for (const auto& part : prefix) {
    const Trail* parent = trails.empty() ? nullptr : &trails.back();
    const auto* name = std::get_if<std::string>(&part);
    trails.push_back(name != nullptr ? Trail{parent, *name} : Trail{parent, {}, std::get<std::int64_t>(part)});
  }
  check_value(*root_, JsonTape::of(value).root(), trails.empty() ? nullptr : &trails.back(), reading, out);
}

}  // namespace pgw::contract
