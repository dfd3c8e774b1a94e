#include "contract/contract_compiler.h"

#include <algorithm>
#include <array>
#include <set>

#include "contract/router.h"

namespace pgw::contract {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<const char*, const char*>, 8> methods{{{"get", "GET"},
                                                                      {"put", "PUT"},
                                                                      {"post", "POST"},
                                                                      {"delete", "DELETE"},
                                                                      {"options", "OPTIONS"},
                                                                      {"head", "HEAD"},
                                                                      {"patch", "PATCH"},
                                                                      {"trace", "TRACE"}}};

/// A token (RFC 9110 section 9.1), none of `methods`, and not CONNECT, which is for tunnels and has no path.
bool is_additional_method(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto is_token_char = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           marks.find(c) != std::string_view::npos;
  };
  return !name.empty() && name != "CONNECT" && std::ranges::all_of(name, is_token_char) &&
         std::ranges::none_of(methods, [&](const auto& known) { return name == known.second; });
}

std::string text_at(const json& object, const char* key, const char* otherwise = "") {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

bool flag_at(const json& object, const char* key, bool otherwise = false) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

/// A URL with its variables at their defaults; nullopt if one has none.
std::optional<std::string> with_defaults(std::string_view url, const json& server) {
  std::string text;
  for (;;) {
    const auto open = url.find('{');
    text += url.substr(0, open);
    if (open == std::string_view::npos) return text;
    const auto close = url.find('}', open);
    const auto name = url.substr(open + 1, close - open - 1);
    const auto variables = server.find("variables");
    if (close == std::string_view::npos || variables == server.end() || !variables->is_object()) return std::nullopt;
    const auto variable = variables->find(name);
    if (variable == variables->end() || !variable->contains("default")) return std::nullopt;
    text += text_at(*variable, "default");
    url.remove_prefix(close + 1);
  }
}

/// The path of a URL, absolute or not, without a slash at its end.
std::string path_of(std::string url) {
  if (const auto scheme = url.find("://"); scheme != std::string::npos) {
    const auto path = url.find('/', scheme + 3);
    url = path == std::string::npos ? "" : url.substr(path);
  }
  while (url.ends_with('/')) url.pop_back();
  return url.empty() || url.starts_with('/') ? url : "/" + url;
}

bool is_array(const SchemaNode* schema) {
  return schema != nullptr && schema->resolved().type == JsonType::array;
}
bool is_object(const SchemaNode* schema) {
  return schema != nullptr && schema->resolved().type == JsonType::object;
}

}  // namespace

ContractCompiler::ContractCompiler(const Document& document, std::vector<Problem>& problems)
    : document_(document), schemas_(document, problems) {}

void ContractCompiler::compile() {
  compile_version();
  const auto& root = document_.root();
  if (!root.is_object() || !root.contains("paths") || !root["paths"].is_object()) {
    schemas_.error(Pointer(), "there is no 'paths' object: is this an OpenAPI document?");
    return;
  }
  compile_base_path();
  for (const auto& path : names_in_order(Pointer("/paths"))) {
    if (!path.starts_with("x-")) compile_path(Pointer("/paths") / path, path);
  }
  if (operations_.empty()) schemas_.error(Pointer("/paths"), "there is no operation in this document");
  schemas_.finish();
}

std::vector<std::string> ContractCompiler::names_in_order(const Pointer& where) const {
  std::vector<std::string> names;
  for (const auto& [name, value] : at(where).items()) names.push_back(name);
  std::ranges::stable_sort(names, {}, [&](const std::string& name) {
    const auto place = document_.place(where / name);
    return std::pair(place.line, place.column);
  });
  return names;
}

void ContractCompiler::compile_version() {
  const std::string version = document_.root().is_object() ? text_at(document_.root(), "openapi") : "";
  if (version.starts_with("3.0.")) return;
  if (version.starts_with("3.")) {
    schemas_.warning(Pointer("/openapi"), "this is OpenAPI " + version + "; it is read by the rules of 3.0");
  } else {
    schemas_.error(Pointer("/openapi"), "an OpenAPI 3.0 document says 'openapi: 3.0.x' at its top");
  }
}

void ContractCompiler::compile_base_path() {
  const auto& root = document_.root();
  const auto servers = root.find("servers");
  if (servers == root.end() || !servers->is_array() || servers->empty()) return;
  for (std::size_t i = 0; i < servers->size(); ++i) {
    const json& server = (*servers)[i];
    const auto url = with_defaults(text_at(server, "url"), server);
    if (!url) {
      schemas_.error(Pointer("/servers") / i, "the URL of this server has a variable without a default");
    } else if (i == 0) {
      base_path_ = path_of(*url);
      std::string decoded;
      if (!decode_segment(base_path_, decoded)) {
        schemas_.error(Pointer("/servers") / i,
                       "the path of this server's URL is not percent-encoded as a path must be");
      }
    } else if (path_of(*url) != base_path_) {
      schemas_.warning(Pointer("/servers") / i, "only the path of the first server is served");
    }
  }
}

void ContractCompiler::compile_path(const Pointer& where, const std::string& path_template) {
  auto item = schemas_.resolve(where);
  if (!item) return;
  if (!at(*item).is_object()) {
    schemas_.error(where, "a path must hold an object");
    return;
  }
  const auto segments = parse_template(where, path_template);
  if (!segments) return;
  warn_of_unknown_fields(*item, "a path",
                         {"summary", "description", "parameters", "get", "put", "post", "delete", "options", "head",
                          "patch", "trace", "additionalOperations"});
  const auto compile = [&](const Pointer& operation, std::string method) {
    Facts facts;
    facts.method = std::move(method);
    facts.path_template = path_template;
    facts.segments = *segments;
    compile_operation(operation, *item, std::move(facts));
  };
  for (const auto& [key, method] : methods) {
    if (at(*item).contains(key)) compile(*item / key, method);
  }
  if (!at(*item).contains("additionalOperations")) return;
  const Pointer additional = *item / "additionalOperations";
  if (!at(additional).is_object()) {
    schemas_.error(additional, "additionalOperations must be an object of operations by method");
    return;
  }
  for (const auto& method : names_in_order(additional)) {
    if (is_additional_method(method)) {
      compile(additional / method, method);
    } else {
      schemas_.error(additional / method, "'" + method + "' is no method, or one with a field of its own in a path");
    }
  }
}

void ContractCompiler::warn_of_unknown_fields(const Pointer& where, const char* of,
                                              std::initializer_list<std::string_view> known) {
  if (!at(where).is_object()) return;
  for (const auto& [key, value] : at(where).items()) {
    const bool is_known = key.starts_with("x-") || std::ranges::find(known, key) != known.end();
    if (!is_known) schemas_.warning(where / key, "'" + key + "' of " + of + " has no effect");
  }
}

std::optional<std::vector<PathSegment>> ContractCompiler::parse_template(const Pointer& where,
                                                                         const std::string& path_template) {
  std::vector<PathSegment> segments;
  std::string_view rest = path_template;
  if (!rest.starts_with('/')) {
    schemas_.error(where, "a path begins with '/'");
    return std::nullopt;
  }
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    const bool is_parameter = segment.size() > 2 && segment.front() == '{' && segment.find('}') == segment.size() - 1;
    if (!is_parameter && segment.find_first_of("{}") != std::string_view::npos) {
      schemas_.error(where,
                     "the segment '" + std::string(segment) + "' is only in part a parameter, which is not supported");
      return std::nullopt;
    }
    PathSegment parsed{std::string(is_parameter ? segment.substr(1, segment.size() - 2) : ""), is_parameter};
    if (!is_parameter && !decode_segment(segment, parsed.text)) {
      schemas_.error(where, "the segment '" + std::string(segment) + "' is not percent-encoded as a path must be");
      return std::nullopt;
    }
    const auto is_twin = [&](const PathSegment& other) { return other.is_parameter && other.text == parsed.text; };
    if (is_parameter && std::ranges::any_of(segments, is_twin)) {
      schemas_.error(where, "the path parameter '" + parsed.text + "' stands twice in " + path_template);
      return std::nullopt;
    }
    segments.push_back(std::move(parsed));
  }
  return segments;
}

void ContractCompiler::compile_operation(const Pointer& where, const Pointer& path_item, Facts facts) {
  if (!at(where).is_object()) {
    schemas_.error(where, "an operation must be an object");
    return;
  }
  facts.index = operations_.size();
  facts.deprecated = flag_at(at(where), "deprecated");
  compile_id(where, facts);
  compile_parameters(where, path_item, facts);
  compile_body(where, facts);
  compile_responses(where, facts);
  warn_of_unknown_fields(where, "an operation",
                         {"tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody",
                          "responses", "callbacks", "deprecated", "security"});
  operations_.emplace_back(std::make_unique<Facts>(std::move(facts)));
}

void ContractCompiler::compile_id(const Pointer& where, Facts& facts) {
  facts.id = text_at(at(where), "operationId");
  if (facts.id.empty()) {
    std::string method = facts.method;
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c + 32); });
    facts.id = method + "_" + facts.path_template;
    schemas_.warning(where, "this operation has no operationId; it goes by '" + facts.id + "'");
  }
  if (const auto [first, is_new] = ids_.emplace(facts.id, where); !is_new) {
    const auto place = document_.place(first->second);
    schemas_.error(where, "the operationId '" + facts.id + "' is taken already, in line " + std::to_string(place.line));
  }
}

void ContractCompiler::compile_parameters(const Pointer& where, const Pointer& path_item, Facts& facts) {
  std::map<std::string, Parameter> path_parameters;
  // Those of the operation first: they replace the path's of the same name and place.
  for (const auto& holder : {where, path_item}) {
    if (!at(holder).contains("parameters")) continue;
    if (!at(holder)["parameters"].is_array()) {
      schemas_.error(holder / "parameters", "parameters must be a list");
      continue;
    }
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t i = 0; i < at(holder)["parameters"].size(); ++i) {
      compile_parameter(holder / "parameters" / i, facts, path_parameters, seen);
    }
  }
  for (const auto& segment : facts.segments) {
    if (!segment.is_parameter) continue;
    const auto declared = path_parameters.find(segment.text);
    if (declared == path_parameters.end()) {
      schemas_.error(where, "the path parameter '" + segment.text + "' of " + facts.path_template + " is not declared");
      continue;
    }
    facts.path_parameters.push_back(declared->second);
    path_parameters.erase(declared);
  }
  for (const auto& [name, parameter] : path_parameters) {
    schemas_.error(where, "the path parameter '" + name + "' does not occur in " + facts.path_template);
  }
}

void ContractCompiler::compile_parameter(const Pointer& where, Facts& facts,
                                         std::map<std::string, Parameter>& path_parameters,
                                         std::set<std::pair<std::string, std::string>>& seen) {
  const auto place = schemas_.resolve(where);
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

  const auto add_once = [&parameter](std::vector<Parameter>& list) {
    if (std::ranges::find(list, parameter.name, &Parameter::name) == list.end()) list.push_back(parameter);
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
  const auto style = style_of(described, in, schema);
  if (style) {
    parameter.schema = schema;
    parameter.style = *style;
  } else {
    schemas_.warning(where, "the value of the parameter '" + parameter.name +
                                "' is not checked, for it comes in a style that can't be read");
  }
}

std::optional<Style> ContractCompiler::style_of(const json& parameter, const std::string& in,
                                                const SchemaNode* schema) {
  const bool is_query = in == "query" || in == "cookie";
  const std::string style = text_at(parameter, "style", is_query ? "form" : "simple");
  const bool explode = flag_at(parameter, "explode", style == "form");
  const bool is_plain = style == "form" || style == "simple";
  if (is_array(schema)) {
    if (style == "simple") return Style::comma_separated;
    if (style == "form") return explode ? Style::repeated : Style::comma_separated;
    if (style == "spaceDelimited") return explode ? Style::repeated : Style::space_separated;
    if (style == "pipeDelimited") return explode ? Style::repeated : Style::pipe_separated;
    return std::nullopt;
  }
  if (style == "deepObject") return Style::deep_object;
  if (is_object(schema)) {
    if (!is_plain) return std::nullopt;
    if (!explode) return Style::flat_object;
    return style == "form" ? Style::spread_object : Style::paired_object;
  }
  return is_plain ? std::optional(Style::text) : std::nullopt;
}

void ContractCompiler::compile_body(const Pointer& where, Facts& facts) {
  if (!at(where).contains("requestBody")) return;
  const auto place = schemas_.resolve(where / "requestBody");
  if (!place) return;
  warn_of_unknown_fields(*place, "a request body", {"description", "content", "required"});
  RequestBody body;
  body.required = flag_at(at(*place), "required");
  body.media_types = compile_media_types(*place / "content", true);
  facts.body = std::move(body);
}

void ContractCompiler::compile_responses(const Pointer& where, Facts& facts) {
  if (!at(where).contains("responses") || !at(where)["responses"].is_object()) {
    schemas_.warning(where, "this operation describes no responses, so none of them are checked");
    return;
  }
  for (const auto& [status, described] : at(where)["responses"].items()) {
    if (status.starts_with("x-")) continue;
    const auto place = schemas_.resolve(where / "responses" / status);
    if (!place) continue;
    const bool is_class = status.size() == 3 && (status.ends_with("XX") || status.ends_with("xx"));
    const bool is_number = status.size() == 3 && status.find_first_not_of("0123456789") == std::string::npos;
    const bool is_code = (is_number || is_class) && status[0] >= '1' && status[0] <= '5';
    if (!is_code && status != "default") {
      schemas_.error(where / "responses" / status, "'" + status + "' is no status code, range (2XX) or 'default'");
      continue;
    }
    warn_of_unknown_fields(*place, "a response", {"description", "headers", "content", "links"});
    Response response;
    response.status = !is_code ? 0 : is_class ? status[0] - '0' : std::stoi(status);
    if (at(*place).contains("content")) response.media_types = compile_media_types(*place / "content", false);
    facts.responses.push_back(std::move(response));
  }
}

std::vector<MediaType> ContractCompiler::compile_media_types(const Pointer& where, bool is_request) {
  std::vector<MediaType> media_types;
  if (!document_.root().contains(where) || !at(where).is_object()) {
    schemas_.error(where.parent_pointer(), "'content' is missing");
    return media_types;
  }
  for (const auto& [name, described] : at(where).items()) {
    warn_of_unknown_fields(where / name, "a media type", {"schema", "example", "examples", "encoding"});
    MediaType media{.name = media_type_name(name)};
    media.kind = kind_of(media.name);
    if (described.contains("schema")) media.schema = schemas_.compile(where / name / "schema");
    const bool is_unchecked = media.kind == MediaType::Kind::opaque && media.schema != nullptr;
    if (is_unchecked && is_request) schemas_.warning(where / name, "bodies of the type '" + name + "' are not checked");
    media_types.push_back(std::move(media));
  }
  return media_types;
}

}  // namespace pgw::contract
