#include "gateway/cli/request_verdict.h"

#include <algorithm>
#include <array>
#include <variant>

#include "base/text.h"
#include "gateway/http/request_parser.h"
#include "gateway/pipeline/connection_limits.h"
#include "gateway/pipeline/verdict.h"

namespace pgw::cli {
namespace {

/// Fields that speak of the connection on which a request was recorded.
bool is_of_connection(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"connection", "content-length", "expect", "keep-alive",
                                                  "transfer-encoding"};
  return std::ranges::any_of(names, [name](std::string_view known) { return base::iequals(known, name); });
}

/// The request as it comes over a connection.
std::string message_of(const RecordedRequest& request) {
  std::string message = request.method + " " + request.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : request.fields) {
    if (is_of_connection(name)) continue;
    has_host = has_host || base::iequals(name, "host");
    message.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_host) message += "Host: gateway.example\r\n";
  if (!request.body.empty()) message += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return message.append("\r\n").append(request.body);
}

std::string place_of(const contract::Violation& violation) {
  std::string place;
  for (const auto& part : violation.loc) {
    if (!place.empty()) place += '.';
    const auto* const name = std::get_if<std::string>(&part);
    place += name != nullptr ? *name : std::to_string(std::get<std::int64_t>(part));
  }
  return place;
}

/// What the gateway answers, in the shape that the settings want; `mistakes`: for a person.
RequestVerdict refused(pipeline::LocalResponse response, const config::Settings& settings, std::string operation = {},
                       std::vector<std::string> mistakes = {}) {
  if (mistakes.empty()) mistakes.push_back(response.detail);
  response = in_shape(std::move(response), settings.validation.errors);
  return {response.status, std::move(operation), std::move(mistakes), std::move(response.body)};
}

RequestVerdict malformed(const http::Malformation& malformation, const config::Settings& settings) {
  return refused(pipeline::error_response(malformation.status, malformation.message), settings);
}

}  // namespace

RequestVerdict judge(const contract::Contract& contract, const config::Settings& settings,
                     const RecordedRequest& recorded) {
  const std::string message = message_of(recorded);
  const http::Limits limits = pipeline::connection_limits(settings, contract);
  http::Request request;
  http::RequestParser parser;
  parser.begin(request, limits);
  std::size_t consumed = 0;
  auto event = parser.feed(message, consumed);
  if (event != http::RequestParser::Event::head) return malformed(parser.malformation(), settings);

  contract::Match match;
  if (auto refusal = pipeline::route_request(contract, request, match)) {
    return refused(std::move(refusal->response), settings);
  }
  const auto& operation = *match.operation;
  const bool is_small = parser.limit_body(pipeline::max_body(settings, operation.id()));
  if (is_small && parser.has_body()) event = parser.feed(std::string_view(message).substr(consumed), consumed);
  if (!is_small || event == http::RequestParser::Event::rejected) return malformed(parser.malformation(), settings);

  if (auto refusal = pipeline::refuse_body(operation, request, pipeline::BodyIs::collected)) {
    return refused(std::move(refusal->response), settings, operation.id());
  }
  const auto violations = pipeline::violations_of(contract, match, request, pipeline::BodyIs::collected);
  if (violations.empty()) return {0, operation.id(), {}, {}};
  std::vector<std::string> mistakes;
  for (const auto& violation : violations) mistakes.push_back(place_of(violation) + ": " + violation.msg);
  auto response = pipeline::invalid_request(violations, settings.validation.errors);
  return refused(std::move(response), settings, operation.id(), std::move(mistakes));
}

}  // namespace pgw::cli
