#include "contract/schema_compiler.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "contract/router.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 34> enforced_keywords{"$ref",
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

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_extension(std::string_view name) {
  return name.starts_with("x-");
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

SchemaCompiler::SchemaCompiler(const Document& document, std::vector<Problem>& problems)
    : document_(document), problems_(problems) {
  const auto& root = document.root();
  is_3_1_ = root.is_object() && root.contains("openapi") && root["openapi"].is_string() &&
            root["openapi"].get_ref<const std::string&>().starts_with("3.1.");
}

void SchemaCompiler::error(const Pointer& where, std::string message) {
  problems_.push_back({Severity::error, document_.place(where), std::move(message)});
}

void SchemaCompiler::warning(const Pointer& where, std::string message) {
  Problem problem{Severity::warning, document_.place(where), std::move(message)};
  // What several operations refer to is compiled for each of them.
  const std::string line = to_string(problem);
  const auto says_it = [&](const Problem& known) { return to_string(known) == line; };
  if (std::ranges::none_of(problems_, says_it)) problems_.push_back(std::move(problem));
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

void SchemaCompiler::warn_of_unknown_keywords(const Pointer& where, const json& schema) {
  for (const auto& [keyword, value] : schema.items()) {
    if (is_3_1_ && keyword == "const") continue;
    if (!is_one_of(enforced_keywords, keyword) && !is_one_of(annotations, keyword) && !is_extension(keyword)) {
      warning(where / keyword, "the schema keyword '" + keyword + "' is not enforced");
    }
  }
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

}  // namespace pgw::contract
