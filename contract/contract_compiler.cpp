#include "contract/contract_compiler.h"

#include <algorithm>
#include <array>

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

std::string text_at(const json& object, const char* key, const char* otherwise = "") {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

bool flag_at(const json& object, const char* key, bool otherwise = false) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

/// The path of a server's URL, its variables at their defaults.
std::string server_path(const json& server) {
  std::string url = text_at(server, "url");
  const auto variables = server.find("variables");
  if (variables != server.end()) {
    for (const auto& [name, variable] : variables->items()) {
      const std::string token = "{" + name + "}";
      for (auto found = url.find(token); found != std::string::npos; found = url.find(token)) {
        url.replace(found, token.size(), text_at(variable, "default"));
      }
    }
  }
  if (const auto scheme = url.find("://"); scheme != std::string::npos) {
    const auto path = url.find('/', scheme + 3);
    url = path == std::string::npos ? "" : url.substr(path);
  }
  while (url.ends_with('/')) url.pop_back();
  return url.empty() || url.starts_with('/') ? url : "/" + url;
}

MediaType::Kind kind_of(const std::string& name) {
  if (name == "application/json" || name.ends_with("+json") || name == "*/*" || name == "application/*") {
    return MediaType::Kind::json;
  }
  return name == "application/x-www-form-urlencoded" ? MediaType::Kind::form : MediaType::Kind::opaque;
}

bool is_array(const SchemaNode* schema) { return schema != nullptr && schema->resolved().type == JsonType::array; }
bool is_object(const SchemaNode* schema) { return schema != nullptr && schema->resolved().type == JsonType::object; }

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
  for (const auto& [path, item] : root["paths"].items()) {
    if (!path.starts_with("x-")) compile_path(Pointer("/paths") / path, path);
  }
  if (operations_.empty()) schemas_.error(Pointer("/paths"), "there is no operation in this document");
  schemas_.finish();
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
  base_path_ = server_path(servers->front());
  for (std::size_t i = 1; i < servers->size(); ++i) {
    if (server_path((*servers)[i]) != base_path_) {
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
  for (const auto& [key, method] : methods) {
    if (!at(*item).contains(key)) continue;
    Facts facts;
    facts.method = method;
    facts.path_template = path_template;
    facts.segments = *segments;
    compile_operation(*item / key, *item, std::move(facts));
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
      schemas_.error(where, "the segment '" + std::string(segment) + "' is only in part a parameter, which is not supported");
      return std::nullopt;
    }
    segments.push_back({std::string(is_parameter ? segment.substr(1, segment.size() - 2) : segment), is_parameter});
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
  if (at(where).contains("servers")) schemas_.warning(where / "servers", "servers of an operation are ignored");
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
    for (std::size_t i = 0; i < at(holder)["parameters"].size(); ++i) {
      compile_parameter(holder / "parameters" / i, facts, path_parameters);
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
                                         std::map<std::string, Parameter>& path_parameters) {
  const auto place = schemas_.resolve(where);
  if (!place) return;
  const json& described = at(*place);
  Parameter parameter{.name = described.is_object() ? text_at(described, "name") : ""};
  const std::string in = described.is_object() ? text_at(described, "in") : "";
  if (parameter.name.empty() || in.empty()) {
    schemas_.error(where, "a parameter needs 'name' and 'in'");
    return;
  }
  parameter.required = flag_at(described, "required");
  if (described.contains("schema")) parameter.schema = schemas_.compile(*place / "schema");
  parameter.style = style_of(*place, described, in, parameter.schema);
  if (parameter.style == Style::json) {
    const auto media = compile_media_types(*place / "content", true);
    parameter.schema = media.empty() ? nullptr : media.front().schema;
  }

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

Style ContractCompiler::style_of(const Pointer& where, const json& parameter, const std::string& in,
                                 const SchemaNode* schema) {
  if (parameter.contains("content")) return Style::json;
  const bool is_query = in == "query" || in == "cookie";
  const std::string style = text_at(parameter, "style", is_query ? "form" : "simple");
  const bool explode = flag_at(parameter, "explode", style == "form");
  if (style == "deepObject") return Style::deep_object;
  if (is_array(schema)) {
    if (style == "spaceDelimited") return explode ? Style::repeated : Style::space_separated;
    if (style == "pipeDelimited") return explode ? Style::repeated : Style::pipe_separated;
    if (style == "form") return explode ? Style::repeated : Style::comma_separated;
    if (style == "simple") return Style::comma_separated;
  } else if (is_object(schema)) {
    if (style == "form" && explode) return Style::form_object;
  } else if (style == "form" || style == "simple") {
    return Style::text;
  }
  schemas_.warning(where, "a value in style '" + style + "'" + (explode ? " (exploded)" : "") + " is not checked");
  return Style::text;
}

void ContractCompiler::compile_body(const Pointer& where, Facts& facts) {
  if (!at(where).contains("requestBody")) return;
  const auto place = schemas_.resolve(where / "requestBody");
  if (!place) return;
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
    const bool is_code = status.size() == 3 && status[0] >= '1' && status[0] <= '5';
    const bool is_class = is_code && (status.ends_with("XX") || status.ends_with("xx"));
    if (!is_code && status != "default") {
      schemas_.error(where / "responses" / status, "'" + status + "' is no status code, range (2XX) or 'default'");
      continue;
    }
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
