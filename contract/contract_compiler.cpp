#include "contract/contract_compiler.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "base/token.h"
#include "contract/openapi_version.h"
#include "contract/path_template.h"
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
  return base::is_token(name) && name != "CONNECT" &&
         std::ranges::none_of(methods, [&](const auto& known) { return name == known.second; });
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
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

}  // namespace

std::string text_at(const json& object, const char* key, const char* otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

bool flag_at(const json& object, const char* key, bool otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

ContractCompiler::ContractCompiler(const Document& document, std::vector<Problem>& problems,
                                   const CompileOptions& options)
    : document_(document),
      problems_(problems),
      skips_unusable_(options.skips_unusable_operations),
      schemas_(document, problems, options.coercion) {}

bool ContractCompiler::is_usable_since(const Before& before, const std::string& what) {
  bool is_usable = true;
  for (std::size_t i = before.problems; i < problems_.size(); ++i) {
    if (problems_[i].severity != Severity::error) continue;
    is_usable = false;
    if (!skips_unusable_) continue;
    problems_[i].severity = Severity::warning;
    problems_[i].message.insert(0, what + " is not served: ");
  }
  if (is_usable) return true;
  ++unusable_operations_;
  if (!skips_unusable_) return false;
  schemas_.forget_since(before.schemas);
  spellings_.forget();
  for (; operations_.size() > before.operations; operations_.pop_back()) ids_.erase(operations_.back().id());
  return false;
}

void ContractCompiler::compile() {
  if (!compile_version()) return;
  const auto& root = document_.root();
  if (!root.is_object() || !root.contains("paths") || !root["paths"].is_object()) {
    schemas_.error(Pointer(), "there is no 'paths' object: is this an OpenAPI document?");
    return;
  }
  warn_of_unknown_fields(
      Pointer(), "the document",
      {"openapi", "info", "servers", "paths", "webhooks", "components", "security", "tags", "externalDocs"});
  compile_base_path();
  const auto paths = resolve(Pointer("/paths"));
  if (!paths) return;
  if (!at(*paths).is_object()) {
    schemas_.error(Pointer("/paths"), "'paths' must lead to an object");
    return;
  }
  for (const auto& path : document_.names_in_order(*paths)) {
    if (!path.starts_with("x-")) compile_path(*paths / path, path);
  }
  if (operations_.empty()) schemas_.error(Pointer("/paths"), "there is no operation in this document");
  schemas_.finish();
}

std::optional<ContractCompiler::Pointer> ContractCompiler::resolve(const Pointer& where) {
  const json& holder = at(where);
  if (holder.is_object() && holder.contains("$ref")) {
    for (const auto& [key, value] : holder.items()) {
      const bool is_annotation = key == "$ref" || key == "summary" || key == "description" || key.starts_with("x-");
      if (!is_annotation) schemas_.warning(where / key, "'" + key + "' beside $ref has no effect");
    }
  }
  return schemas_.resolve(where);
}

bool ContractCompiler::compile_version() {
  const auto& root = document_.root();
  if (openapi_version(root)) return true;
  const bool is_swagger = root.is_object() && root.contains("swagger");
  schemas_.error(Pointer(is_swagger ? "/swagger" : "/openapi"), version_problem(root));
  return !is_swagger;
}

void ContractCompiler::compile_base_path() {
  const auto& root = document_.root();
  const auto servers = root.find("servers");
  if (servers == root.end() || !servers->is_array() || servers->empty()) return;
  for (std::size_t i = 0; i < servers->size(); ++i) {
    const json& server = (*servers)[i];
    if (!server.is_object() || !server.contains("url")) {
      schemas_.error(Pointer("/servers") / i, "a server needs a 'url'");
      continue;
    }
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

std::optional<ContractCompiler::Pointer> ContractCompiler::path_item_at(const Pointer& where) {
  auto item = resolve(where);
  if (item && !at(*item).is_object()) {
    schemas_.error(where, "a path must hold an object");
    item.reset();
  }
  return item;
}

void ContractCompiler::compile_path(const Pointer& where, const std::string& path_template) {
  const auto start = before();
  const auto item = path_item_at(where);
  const auto segments = item ? parse_template(where, path_template) : std::nullopt;
  if (!is_usable_since(start, path_template) || !segments) return;
  if (is_out_of_reach(path_template)) {
    schemas_.warning(where, "no request can reach '" + path_template +
                                "': the path of a request ends at '?', and '#' is never sent (write the query "
                                "as parameters)");
  }
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
  for (const auto& method : document_.names_in_order(additional)) {
    const auto start_of_method = before();
    if (is_additional_method(method)) {
      compile(additional / method, method);
    } else {
      schemas_.error(additional / method, "'" + method + "' is no method, or one with a field of its own in a path");
      is_usable_since(start_of_method, path_template);
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
    const auto text = rest.substr(0, rest.find('/'));
    rest.remove_prefix(text.size());
    auto [segment, problem] = parse_segment(text);
    if (!problem.empty()) {
      schemas_.error(where, "the segment '" + std::string(text) + "' " + problem);
      return std::nullopt;
    }
    segments.push_back(std::move(segment));
  }
  std::set<std::string_view> names;
  for (const auto& segment : segments) {
    if (!segment.is_parameter) continue;
    for (const auto name : parameter_names(segment)) {
      if (names.insert(name).second) continue;
      schemas_.error(where, "the path parameter '" + std::string(name) + "' stands twice in " + path_template);
      return std::nullopt;
    }
  }
  return segments;
}

void ContractCompiler::compile_operation(const Pointer& where, const Pointer& path_item, Facts facts) {
  const auto start = before();
  const std::string what = facts.method + " " + facts.path_template;
  compile_usable_operation(where, path_item, std::move(facts));
  is_usable_since(start, what);
}

void ContractCompiler::compile_usable_operation(const Pointer& referring, const Pointer& path_item, Facts facts) {
  const auto place = resolve(referring);
  if (!place) return;
  const Pointer& where = *place;
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
  facts.security = read_security(document_.root(), at(where));
  warn_of_unknown_fields(where, "an operation",
                         {"tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody",
                          "responses", "callbacks", "deprecated", "security"});
  operations_.emplace_back(std::make_unique<Facts>(std::move(facts)));
}

void ContractCompiler::compile_id(const Pointer& where, Facts& facts) {
  facts.id = text_at(at(where), "operationId");
  if (facts.id.empty()) {
    facts.id = base::to_lower(facts.method) + "_" + facts.path_template;
    schemas_.warning(where, "this operation has no operationId; it goes by '" + facts.id + "'");
  }
  if (std::ranges::any_of(facts.id, is_control)) {
    schemas_.error(where, "this operation's id holds control characters, and it stands in logs, metrics and key files");
  }
  if (const auto [first, is_new] = ids_.emplace(facts.id, where); !is_new) {
    const auto place = document_.place(first->second);
    schemas_.error(where, "the operationId '" + facts.id + "' is taken already, in line " + std::to_string(place.line));
  }
}

}  // namespace pgw::contract
