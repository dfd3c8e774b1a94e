#include "sandbox/api.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "sandbox/text.h"

namespace pgw::sandbox {

namespace {

using contract::Route;
using contract::Violation;

HttpResponse json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpResponse invalid_response(const std::vector<Violation>& violations) {
  return json_response(422, contract::validation_error_body(violations));
}

HttpResponse route_error(const Route& route) {
  if (route.status != Route::Status::method_not_allowed) return error_response(404, "Not Found");
  HttpResponse response = error_response(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", route.allow);
  return response;
}

/// X-API-KEY, or the token of Authorization: Bearer.
std::optional<std::string_view> presented_key(const http::Request& request) {
  if (const std::string* const key = request.fields.find("X-API-KEY")) return *key;
  constexpr std::string_view scheme = "bearer ";
  const std::string* const authorization = request.fields.find("Authorization");
  if (authorization == nullptr || fold_case(authorization->substr(0, scheme.size())) != scheme) return std::nullopt;
  return std::string_view(*authorization).substr(scheme.size());
}

/// Null if there is no body.
Json parse_body(const std::string& body) {
  if (body.empty()) return nullptr;
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_discarded()) return json;
  throw InvalidBody(
      {Violation{{std::string("body")}, "the body is not valid JSON", "value_error.jsondecode", nullptr}});
}

}  // namespace

HttpResponse error_response(int status, const std::string& detail) {
  return json_response(status, dump(Json{{"detail", detail}}));
}

Api::Api(std::shared_ptr<const contract::Contract> contract, Store& store, std::string api_key)
    : contract_(std::move(contract)), store_(store), api_key_(std::move(api_key)) {
  for (const contract::Operation& operation : contract_->operations())
    by_index_.push_back(find_operation(operation.id()));
}

std::vector<std::string> Api::missing_operations() const {
  std::vector<std::string> missing;
  for (const contract::Operation& operation : contract_->operations()) {
    if (by_index_[operation.index()] == nullptr)
      missing.push_back(operation.id() + " isn't implemented by the sandbox");
  }
  for (const Operation& operation : all_operations()) {
    if (contract_->find(operation.id) == nullptr)
      missing.push_back(std::string(operation.id) + " isn't in the contract");
  }
  return missing;
}

const contract::Operation* Api::find(const http::Request& request) const {
  return contract_->match(request.method, request.path).match.operation;
}

HttpResponse Api::answer(const http::Request& request) const {
  try {
    const Route route = contract_->match(request.method, request.path);
    if (route.status != Route::Status::found) return route_error(route);
    if (auto refused = refuse_stranger(request)) return *std::move(refused);
    if (auto refused = refuse_invalid(request, route.match)) return *std::move(refused);
    return carry_out(*by_index_[route.match.operation->index()], route.match, request);
  } catch (const Refusal& refusal) {
    return error_response(refusal.status(), refusal.what());
  } catch (const InvalidBody& invalid) {
    return invalid_response(invalid.violations());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "projects-sandbox: %s\n", error.what());
    return error_response(500, "Internal Server Error");
  }
}

std::optional<HttpResponse> Api::refuse_stranger(const http::Request& request) const {
  const auto key = presented_key(request);
  if (!key || key->empty()) return error_response(401, "Missing API key.");
  if (!api_key_.empty() && *key != api_key_) return error_response(401, "Invalid API key.");
  return std::nullopt;
}

std::optional<HttpResponse> Api::refuse_invalid(const http::Request& request, const contract::Match& match) const {
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  for (const auto& [name, value] : request.fields) headers.emplace_back(name, value);
  const std::string* const type = request.fields.find("Content-Type");
  const auto content_type = type == nullptr ? std::nullopt : std::optional<std::string_view>(*type);
  const auto refusal = match.operation->refusal_of({.has_body = !request.body.empty(), .content_type = content_type});
  if (refusal) return error_response(refusal->status, refusal->detail);
  const auto violations = contract_->validate_request({match, request.query, headers, content_type, request.body});
  if (!violations.empty()) return invalid_response(violations);
  return std::nullopt;
}

HttpResponse Api::carry_out(const Operation& operation, const contract::Match& match,
                            const http::Request& request) const {
  const Json body = operation.takes_body ? parse_body(request.body) : Json(nullptr);
  const Call call{match.path_values, request.query, body};
  const Json result = store_.run([&](Session& session) { return operation.run(session, call); });
  if (!operation.has_content) return {operation.status, {}, ""};
  return json_response(operation.status, dump(result));
}

}  // namespace pgw::sandbox
