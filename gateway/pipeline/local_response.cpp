#include "gateway/pipeline/local_response.h"

#include "gateway/http/message.h"
#include "gateway/log/json_text.h"

namespace pgw::pipeline {
namespace {

constexpr std::string_view json_type = "Content-Type: application/json\r\n";
constexpr std::string_view problem_type = "Content-Type: application/problem+json\r\n";

}  // namespace

LocalResponse error_response(int status, std::string_view text) {
  LocalResponse response{status, std::string(json_type), R"({"detail":)"};
  log::append_json_string(response.body, text);
  response.body += '}';
  response.detail = text;
  return response;
}

LocalResponse in_shape(LocalResponse response, config::ErrorShape shape) {
  if (shape == config::ErrorShape::fastapi || response.detail.empty()) return response;
  response.fields.replace(0, json_type.size(), problem_type);
  response.body = R"({"type":"about:blank","title":)";
  log::append_json_string(response.body, http::reason_phrase(response.status));
  response.body += R"(,"status":)" + std::to_string(response.status) + R"(,"detail":)";
  log::append_json_string(response.body, response.detail);
  response.body += '}';
  return response;
}

LocalResponse unauthorized(std::string_view text) {
  LocalResponse response = error_response(401, text);
  response.fields += "WWW-Authenticate: Bearer realm=\"projects-gateway\"\r\n";
  return response;
}

LocalResponse method_not_allowed(std::string_view allow) {
  LocalResponse response = error_response(405, "Method Not Allowed");
  response.fields += "Allow: ";
  response.fields += allow;
  response.fields += "\r\n";
  return response;
}

LocalResponse elsewhere(std::string_view location) {
  LocalResponse response = error_response(307, "Temporary Redirect");
  response.fields.append("Location: ").append(location).append("\r\n");
  return response;
}

LocalResponse refused_body(const contract::BodyRefusal& refusal) {
  LocalResponse response = error_response(refusal.status, refusal.detail);
  if (!refusal.accepted_media_types.empty()) {
    response.fields.append("Accept: ").append(refusal.accepted_media_types).append("\r\n");
  }
  if (refusal.wants_identity) response.fields += "Accept-Encoding: identity\r\n";
  return response;
}

LocalResponse override_in_body(std::string_view member) {
  return error_response(400, "Bad Request: frameworks take the body's member '" + std::string(member) +
                                 "' for the request's method, and the operation doesn't declare it");
}

LocalResponse invalid_request(std::span<const contract::Violation> violations, config::ErrorShape shape) {
  if (shape == config::ErrorShape::fastapi) {
    return {422, std::string(json_type), contract::validation_error_body(violations)};
  }
  return {422, std::string(problem_type), contract::validation_problem_body(violations)};
}

LocalResponse upstream_failure(upstream::Failure failure) {
  std::string text(upstream::status_of(failure) == 504   ? "Gateway Timeout: "
                   : upstream::status_of(failure) == 503 ? "Service Unavailable: "
                                                         : "Bad Gateway: ");
  text += upstream::describe(failure);
  LocalResponse response = error_response(upstream::status_of(failure), text);
  if (response.status == 503) response.fields += "Retry-After: 1\r\n";
  return response;
}

}  // namespace pgw::pipeline
