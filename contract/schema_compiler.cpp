#include "contract/schema_compiler.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_set>

#include "contract/openapi_version.h"
#include "contract/router.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 34> keywords_of_3_0{"$ref",
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
                                                           "$defs",
                                                           "$schema",
                                                           "$id",
                                                           "$comment"};
constexpr std::array<std::string_view, 8> annotations{"title",      "description",  "default", "example",
                                                      "deprecated", "externalDocs", "xml",     "examples"};
constexpr std::array<std::string_view, 17> keywords_of_3_1{"const",
                                                           "prefixItems",
                                                           "contains",
                                                           "minContains",
                                                           "maxContains",
                                                           "patternProperties",
                                                           "propertyNames",
                                                           "dependentRequired",
                                                           "dependentSchemas",
                                                           "if",
                                                           "then",
                                                           "else",
                                                           "unevaluatedItems",
                                                           "unevaluatedProperties",
                                                           "contentEncoding",
                                                           "contentMediaType",
                                                           "contentSchema"};
/// What gives a schema a name of its own: references go by where a schema stands.
constexpr std::array<std::string_view, 3> names_of_3_1{"$id", "$anchor", "$dynamicAnchor"};

/// Keywords that say whether a value is right, and of values of which types; those of 3.1 count so in 3.0.
struct Assertion {
  std::string_view keyword;
  TypeSet of;
};
constexpr std::array assertions{Assertion{"const", TypeSet::all()},
                                Assertion{"if", TypeSet::all()},
                                Assertion{"$dynamicRef", TypeSet::all()},
                                Assertion{"$recursiveRef", TypeSet::all()},
                                Assertion{"prefixItems", {JsonType::array}},
                                Assertion{"contains", {JsonType::array}},
                                Assertion{"unevaluatedItems", {JsonType::array}},
                                Assertion{"additionalItems", {JsonType::array}},
                                Assertion{"patternProperties", {JsonType::object}},
                                Assertion{"propertyNames", {JsonType::object}},
                                Assertion{"dependencies", {JsonType::object}},
                                Assertion{"dependentRequired", {JsonType::object}},
                                Assertion{"dependentSchemas", {JsonType::object}},
                                Assertion{"unevaluatedProperties", {JsonType::object}}};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_extension(std::string_view name) {
  return name.starts_with("x-");
}

bool is_reference(const json& value) {
  return value.is_object() && value.contains("$ref");
}

constexpr std::size_t most_references = 100;  // on the way of one pointer

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

SchemaCompiler::SchemaCompiler(const Document& document, std::vector<Problem>& problems, Coercion coercion)
    : document_(document),
      dialect_(coercion == Coercion::pydantic ? PatternDialect::python : PatternDialect::ecma),
      is_3_1_(openapi_version(document.root()) == OpenApiVersion::v3_1),
      problems_(problems) {}

void SchemaCompiler::forget_since(std::size_t size) {
  for (; entries_.size() > size; entries_.pop_back()) {
    by_value_.erase(entries_.back().schema);
    nodes_->pop_back();
  }
  settled_ = std::min(settled_, size);
}

void SchemaCompiler::error_at(std::uint32_t place, std::string message) {
  problems_.push_back({Severity::error, document_.place(place), std::move(message)});
}

void SchemaCompiler::warning(const Pointer& where, std::string message) {
  Problem problem{Severity::warning, document_.place(where), std::move(message)};
  // What several operations refer to is compiled for each of them.
  if (warned_.insert(to_string(problem)).second) problems_.push_back(std::move(problem));
}

/// Each reference is followed once, however many lead to it: a chain of them would be walked from each of its links.
std::optional<SchemaCompiler::Pointer> SchemaCompiler::resolve(const Pointer& where) {
  const json& first = document_.root().at(where);
  if (!is_reference(first)) return where;
  if (const auto known = resolved_.find(&first); known != resolved_.end()) {
    if (!known->second->target) problems_.push_back(known->second->problem);
    return known->second->target;
  }
  std::vector<const json*> links;
  auto target = resolve_anew(where, links);
  auto resolved = std::make_shared<Resolved>();
  resolved->target = target;
  if (!target) resolved->problem = problems_.back();
  for (const auto* link : links) resolved_.emplace(link, resolved);
  return target;
}

/// Reports what can't be followed. `links`: the references on the way.
std::optional<SchemaCompiler::Pointer> SchemaCompiler::resolve_anew(const Pointer& where,
                                                                    std::vector<const json*>& links) {
  std::unordered_set<const json*> seen;
  Pointer at = where;
  for (;;) {
    const json& node = document_.root().at(at);
    if (!is_reference(node)) return at;
    if (const auto known = resolved_.find(&node); known != resolved_.end()) {
      if (!known->second->target) problems_.push_back(known->second->problem);
      return known->second->target;
    }
    if (!seen.insert(&node).second) {
      error(where, "this $ref only leads back to itself");
      return std::nullopt;
    }
    links.push_back(&node);
    if (!node["$ref"].is_string()) {
      error(at, "$ref must be a text");
      return std::nullopt;
    }
    const auto target = follow(at, node["$ref"].get_ref<const std::string&>());
    if (!target) return std::nullopt;
    at = *target;
  }
}

std::optional<SchemaCompiler::Pointer> SchemaCompiler::follow(const Pointer& where, const std::string& reference) {
  if (!reference.starts_with("#")) {
    error(where, "the reference '" + reference +
                     "' leads out of this document: only references within it, and to files in its folder or below, "
                     "are followed");
    return std::nullopt;
  }
  auto target = pointer_of(std::string_view(reference).substr(1));
  if (!target) {
    error(where, "the reference '" + reference + "' is malformed");
  } else if (!has(document_.root(), *target)) {
    target = through_references(*target);
    if (!target) error(where, "the reference '" + reference + "' leads nowhere");
  }
  return target;
}

/// A pointer that passes through what is a reference itself, as bundlers write it.
std::optional<SchemaCompiler::Pointer> SchemaCompiler::through_references(const Pointer& target) {
  std::vector<std::string> names;
  for (Pointer rest = target; !rest.empty(); rest.pop_back()) names.push_back(rest.back());
  Pointer at;
  for (std::size_t followed = 0; !names.empty();) {
    const Pointer next = at / names.back();
    if (has(document_.root(), next)) {
      at = next;
      names.pop_back();
      continue;
    }
    const json& node = document_.root().at(at);
    const bool is_reference = node.is_object() && node.contains("$ref") && node["$ref"].is_string();
    if (!is_reference || ++followed > most_references) return std::nullopt;
    const auto& reference = node["$ref"].get_ref<const std::string&>();
    const auto further = reference.starts_with("#") ? pointer_of(std::string_view(reference).substr(1)) : std::nullopt;
    if (!further) return std::nullopt;
    for (Pointer rest = *further; !rest.empty(); rest.pop_back()) names.push_back(rest.back());
    at = Pointer();
  }
  return at;
}

const SchemaNode* SchemaCompiler::compile(const Pointer& where) {
  const SchemaNode* const node = node_at(where);
  for (; !unfilled_.empty(); unfilled_.pop_front()) {
    const auto [next, schema, at] = std::move(unfilled_.front());
    if (schema->is_object()) {
      fill(*next, at, *schema);
    } else if (schema->is_boolean() && is_3_1_) {
      next->takes_nothing = !schema->get<bool>();
    } else {
      const std::string what = is_3_1_ ? "a schema must be an object, true or false" : "a schema must be an object";
      error(at, what + ", and this is " + std::string(kind_name(*schema)));
    }
  }
  settle_new_nodes();
  return node;
}

const SchemaNode* SchemaCompiler::node_at(const Pointer& where) {
  const json& schema = document_.root().at(where);
  const auto [known, is_new] = by_value_.try_emplace(&schema, nullptr);
  if (!is_new) return known->second;
  SchemaNode& node = nodes_->emplace_back();
  known->second = &node;
  node.number = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back({.node = &node, .schema = &schema, .place = document_.number_at(where)});
  unfilled_.push_back({&node, &schema, where});
  return &node;
}

void SchemaCompiler::fill(SchemaNode& node, const Pointer& where, const json& schema) {
  const bool has_reference = schema.contains("$ref");
  if (has_reference && fill_reference(node, where, schema)) return;
  node.read_only = flag_at(where, schema, "readOnly");
  node.write_only = flag_at(where, schema, "writeOnly");
  if (!has_reference && fill_alias(node, where, schema)) return;
  fill_type(node, where, schema);
  fill_enumeration(node, where, schema);
  fill_string(node, where, schema);
  fill_number(node, where, schema);
  fill_array(node, where, schema);
  fill_object(node, where, schema);
  fill_combinators(node, where, schema);
  note_unenforced_keywords(node, where, schema);
}

/// True if the schema is nothing but what it refers to. In 3.1 what stands beside the reference holds as well.
bool SchemaCompiler::fill_reference(SchemaNode& node, const Pointer& where, const json& schema) {
  const SchemaNode* referred = nullptr;
  if (!schema["$ref"].is_string()) {
    error(where, "$ref must be a text");
  } else if (const auto target = follow(where, schema["$ref"].get_ref<const std::string&>())) {
    referred = node_at(*target);
  }
  bool is_alone = true;
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword == "$ref" || is_one_of(annotations, keyword) || is_extension(keyword)) continue;
    is_alone = false;
    if (is_3_1_) continue;
    warning(where / keyword, "'" + keyword + "' beside $ref has no effect in OpenAPI 3.0 (put the $ref into an allOf)");
  }
  if (is_alone || !is_3_1_) {
    node.alias = referred;
    return true;
  }
  if (referred != nullptr) node.all_of.push_back(referred);
  return false;
}

/// FastAPI wraps a reference into an `allOf` wherever a description or a default stands beside it.
bool SchemaCompiler::fill_alias(SchemaNode& node, const Pointer& where, const json& schema) {
  const auto all_of = schema.find("allOf");
  if (all_of == schema.end() || !all_of->is_array() || all_of->size() != 1) return false;
  for (const auto& [keyword, value] : schema.items()) {
    const bool is_direction = keyword == "readOnly" || keyword == "writeOnly";
    if (keyword != "allOf" && !is_direction && !is_one_of(annotations, keyword) && !is_extension(keyword)) return false;
  }
  node.alias = node_at(where / "allOf" / 0);
  return true;
}

/// Names each keyword that has no effect, and keeps in mind of which values it might have said that they are wrong.
void SchemaCompiler::note_unenforced_keywords(SchemaNode& node, const Pointer& where, const json& schema) {
  for (const auto& [keyword, value] : schema.items()) {
    if (is_one_of(annotations, keyword) || is_extension(keyword)) continue;
    if (is_3_1_ && is_one_of(names_of_3_1, keyword)) {
      warning(where / keyword, "'" + keyword + "' has no effect: references go by where a schema stands");
      continue;
    }
    if (is_one_of(keywords_of_3_0, keyword) || (is_3_1_ && is_one_of(keywords_of_3_1, keyword))) continue;
    warning(where / keyword, "the schema keyword '" + keyword + "' is not enforced");
    const auto* const assertion = std::ranges::find(assertions, keyword, &Assertion::keyword);
    if (assertion != assertions.end()) node.undecided.add(assertion->of);
  }
}

Schema::Outcome Schema::compile(const Document& document, const nlohmann::json::json_pointer& where,
                                Coercion coercion) {
  Outcome outcome;
  if (!has(document.root(), where)) {
    outcome.problems.push_back({Severity::error, document.place(where), "there is no schema at " + where.to_string()});
    return outcome;
  }
  SchemaCompiler compiler(document, outcome.problems, coercion);
  const SchemaNode* root = compiler.compile(where);
  compiler.finish();
  const bool failed =
      std::ranges::any_of(outcome.problems, [](const Problem& problem) { return problem.severity == Severity::error; });
  if (!failed) outcome.schema = std::make_shared<const Schema>(root, compiler.nodes());
  return outcome;
}

}  // namespace pgw::contract
