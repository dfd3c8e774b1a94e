#include "gateway/pipeline/verdict.h"

#include <string>
#include <string_view>
#include <utility>

#include "gateway/pipeline/method_override.h"

namespace pgw::pipeline {
namespace {

std::string location_of(const contract::Contract& contract, const contract::Match& match,
                        const http::Request& request) {
  std::string location = contract.base_path() + contract.canonical_path(match);
  if (!request.query.empty()) location.append("?").append(request.query);
  return location;
}

/// The lines of a field as one list (RFC 9110 section 5.3); nullopt without one. `room` keeps what has to be joined.
std::optional<std::string_view> list_of(const http::Fields& fields, std::string_view name, std::string& room) {
  const std::string* const first = fields.find(name);
  if (first == nullptr) return std::nullopt;
  if (fields.count(name) == 1) return *first;
  for (const auto line : fields.all(name)) room.append(room.empty() ? "" : ", ").append(line);
  return room;
}

std::optional<contract::BodyRefusal> contract_refusal_of(const contract::Operation& operation,
                                                         const http::Request& request, bool has_body) {
  if (!has_body) return std::nullopt;
  std::string types;
  std::string codings;
  return operation.refusal_of({.has_body = true,
                               .content_type = list_of(request.fields, "content-type", types),
                               .content_encoding = list_of(request.fields, "content-encoding", codings).value_or("")});
}

std::optional<std::string_view> declared_type_of(const http::Request& request) {
  const std::string* const type = request.fields.find("content-type");
  return type == nullptr ? std::nullopt : std::optional<std::string_view>(*type);
}

/// What is read as JSON here must not be read as a form there: Rack takes a POST without Content-Type for one.
void tell_assumed_type(const contract::Operation& operation, http::Request& request) {
  if (request.body.empty() || !declared_type_of(request).value_or("").empty()) return;
  const auto assumed = operation.assumed_media_type();
  if (!assumed.empty()) request.fields.set("Content-Type", assumed);
}

bool is_there(const http::Request& request, BodyIs body) {
  return body == BodyIs::passing || !request.body.empty();
}

}  // namespace

std::optional<Refusal> route_request(const contract::Contract& contract, http::Request& request,
                                     contract::Match& match) {
  auto found = contract.match(request.method, request.path);
  switch (found.status) {
    case contract::Route::Status::found: {
      match = std::move(found.match);
      // Before anything reads the query: validation, the cache's key and the upstream see the same one.
      auto query = without_method_override(request.query, *match.operation);
      if (query) request.query = *std::move(query);
      return std::nullopt;
    }
    case contract::Route::Status::elsewhere:
      return Refusal{Rejection::other_ending, elsewhere(location_of(contract, found.match, request))};
    case contract::Route::Status::method_not_allowed:
      return Refusal{Rejection::method_not_allowed, method_not_allowed(found.allow)};
    case contract::Route::Status::not_found:
      break;
  }
  return Refusal{Rejection::unknown_route, error_response(404, "Not Found")};
}

std::optional<Refusal> refuse_body(const contract::Operation& operation, http::Request& request, BodyIs body) {
  if (auto refusal = contract_refusal_of(operation, request, is_there(request, body))) {
    const auto reason = refusal->status == 415 ? Rejection::unsupported_media_type : Rejection::body_not_taken;
    return Refusal{reason, refused_body(*refusal), std::move(refusal)};
  }
  tell_assumed_type(operation, request);
  const auto type = declared_type_of(request);
  if (!type) return std::nullopt;
  auto without = without_method_override(*type, request.body, operation);
  if (without.refused) return Refusal{Rejection::invalid, override_in_body(*without.refused)};
  if (without.form) request.body = *std::move(without.form);
  return std::nullopt;
}

std::vector<contract::Violation> violations_of(const contract::Contract& contract, const contract::Match& match,
                                               const http::Request& request, BodyIs body) {
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  if (match.operation->declares_headers()) {
    headers.reserve(request.fields.size());
    for (const auto& field : request.fields) headers.emplace_back(field.name, field.value);
  }
  return contract.validate_request({.match = match,
                                    .query = request.query,
                                    .headers = headers,
                                    .content_type = declared_type_of(request),
                                    .body = request.body,
                                    .is_body_unseen = body == BodyIs::passing});
}

bool has_unchecked_body(const contract::Operation& operation, const http::Request& request, BodyIs body) {
  return is_there(request, body) && !operation.checks_body(declared_type_of(request));
}

}  // namespace pgw::pipeline
