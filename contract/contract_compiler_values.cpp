// The parameters of operations.
#include <algorithm>

#include "contract/contract_compiler.h"
#include "contract/path_template.h"

namespace pgw::contract {

using nlohmann::json;

void ContractCompiler::compile_parameters(const Pointer& where, const Pointer& path_item, Facts& facts) {
  std::map<std::string, Parameter> path_parameters;
  Names known;
  // Those of the operation first: they replace the path's of the same name and place.
  for (const auto& holder : {where, path_item}) {
    if (!at(holder).contains("parameters")) continue;
    if (!at(holder)["parameters"].is_array()) {
      schemas_.error(holder / "parameters", "parameters must be a list");
      continue;
    }
    Names seen;
    for (std::size_t i = 0; i < at(holder)["parameters"].size(); ++i) {
      compile_parameter(holder / "parameters" / i, facts, path_parameters, seen, known);
    }
  }
  for (auto& segment : facts.segments) {
    if (!segment.is_parameter) continue;
    for (const auto name : parameter_names(segment)) {
      auto declared = path_parameters.extract(std::string(name));
      if (declared.empty()) {
        schemas_.error(where,
                       "the path parameter '" + std::string(name) + "' of " + facts.path_template + " is not declared");
        continue;
      }
      segment.is_catch_all = segment.is_catch_all || declared.mapped().is_catch_all;
      const bool stands_alone = segment.before.empty() && segment.between.empty() && segment.after.empty();
      if (declared.mapped().is_catch_all && (!stands_alone || &segment != &facts.segments.back())) {
        schemas_.error(where, "the path parameter '" + std::string(name) +
                                  "' takes all that is left of a path (x-gateway-catch-all), so nothing may stand "
                                  "beside or behind it");
      }
      facts.path_parameters.push_back(std::move(declared.mapped()));
    }
  }
  for (const auto& [name, parameter] : path_parameters) {
    schemas_.error(where, "the path parameter '" + name + "' does not occur in " + facts.path_template);
  }
}

void ContractCompiler::compile_parameter(const Pointer& where, Facts& facts,
                                         std::map<std::string, Parameter>& path_parameters, Names& seen, Names& known) {
  const auto place = resolve(where);
  if (!place) return;
  const json& described = at(*place);
  Parameter parameter{.name = described.is_object() ? text_at(described, "name") : ""};
  const std::string in = described.is_object() ? text_at(described, "in") : "";
  if (parameter.name.empty() || in.empty()) {
    schemas_.error(where, "a parameter needs 'name' and 'in'");
    return;
  }
  if (!seen.emplace(in, parameter.name).second) {
    schemas_.error(where, "the parameter '" + parameter.name + "' in " + in + " is declared twice");
    return;
  }
  warn_of_unknown_fields(*place, "a parameter",
                         {"name", "in", "description", "required", "deprecated", "allowEmptyValue", "style", "explode",
                          "allowReserved", "schema", "example", "examples", "content"});
  compile_value(*place, in, parameter);

  const auto add_once = [&](std::vector<Parameter>& list) {
    if (known.emplace(in, parameter.name).second) list.push_back(parameter);
  };
  if (in == "path") {
    path_parameters.emplace(parameter.name, parameter);
  } else if (in == "query") {
    add_once(facts.query_parameters);
  } else if (in == "header") {
    // OpenAPI 3.0.3: definitions of these three are ignored.
    const std::string name = media_type_name(parameter.name);
    if (name != "accept" && name != "content-type" && name != "authorization") add_once(facts.header_parameters);
  } else {
    schemas_.warning(where, "the parameter '" + parameter.name + "' in '" + in + "' is not checked");
  }
}

void ContractCompiler::compile_value(const Pointer& where, const std::string& in, Parameter& parameter) {
  const json& described = at(where);
  parameter.required = flag_at(described, "required");
  parameter.allow_empty = in == "query" && flag_at(described, "allowEmptyValue");
  parameter.is_catch_all = in == "path" && flag_at(described, "x-gateway-catch-all");
  if (described.contains("content")) {
    const auto media = compile_media_types(where / "content", true);
    const bool is_json = !media.empty() && media.front().kind == MediaType::Kind::json;
    if (is_json) parameter.schema = media.front().schema;
    parameter.style = is_json ? Style::json : Style::text;
    return;
  }
  if (!described.contains("schema")) {
    schemas_.warning(where, "the parameter '" + parameter.name + "' has no schema, so any value is right");
    return;
  }
  const SchemaNode* schema = schemas_.compile(where / "schema");
  const auto style = style_of(described, in, *schema);
  if (style) {
    parameter.schema = schema;
    parameter.style = *style;
    parameter.members = spellings_.members_of(*schema);
    warn_of_unread(where / "schema", parameter.members, *style == Style::deep_object);
  } else {
    // An object comes under names of its members, or with them; only of other values it is known that they are absent.
    const bool has_its_name = !schema->may_be(JsonType::object) && text_at(described, "style") != "deepObject";
    parameter.required = parameter.required && has_its_name;
    schemas_.warning(where, "the value of the parameter '" + parameter.name +
                                "' is not checked, for it comes in a style that can't be read");
  }
}

std::optional<Style> ContractCompiler::style_of(const json& parameter, const std::string& in,
                                                const SchemaNode& schema) {
  const std::string style = text_at(parameter, "style", in == "query" ? "form" : "simple");
  const bool explode = flag_at(parameter, "explode", style == "form");
  const bool is_plain = style == "form" || style == "simple";
  if (style == "deepObject") return schema.may_be(JsonType::array) ? std::nullopt : std::optional(Style::deep_object);
  if (!schema.may_be(JsonType::array) && !schema.may_be(JsonType::object)) {
    return is_plain ? std::optional(Style::text) : std::nullopt;
  }
  // Of what may be a list or something else, no one can tell which of both a text is.
  if (spellings_.of(schema) == Spelling::list) {
    if (style == "simple") return Style::comma_separated;
    if (style == "form") return explode ? Style::repeated : Style::comma_separated;
    if (style == "spaceDelimited") return explode ? Style::repeated : Style::space_separated;
    if (style == "pipeDelimited") return explode ? Style::repeated : Style::pipe_separated;
  } else if (spellings_.is_always_object(schema) && is_plain) {
    if (!explode) return Style::flat_object;
    if (style == "simple") return Style::paired_object;
    // Members that have no name in the document can't be told from other parameters.
    const auto members = spellings_.members_of(schema);
    if (!members->declared.empty() && !members->counts_others) return Style::spread_object;
  }
  return std::nullopt;
}

void ContractCompiler::warn_of_unread(const Pointer& where, const std::shared_ptr<const FormMembers>& members,
                                      bool is_deep, const FormRules* rules) {
  if (!warned_of_.insert(members).second) return;
  const auto warn = [&](const std::string& member) {
    schemas_.warning(where, member + (is_deep ? " is not checked, for it may have members of its own: OpenAPI says how "
                                                "those of a deepObject are written, and of none within them"
                                              : " is not checked, for it may be an object or a list, of which no one "
                                                "can tell here how it is written"));
  };
  for (const auto& [name, spelling] : members->declared) {
    const bool is_encoded = rules != nullptr && rules->encoding_of(name) != nullptr;
    if (spelling == Spelling::unread && !is_encoded) warn("the member '" + name + "'");
  }
  if (members->others == Spelling::unread) warn("a member that is not named");
}

}  // namespace pgw::contract
