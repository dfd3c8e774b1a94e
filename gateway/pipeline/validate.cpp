// Phase `validate`: the body against the wall, whatever the mode; then the request against the contract, every error at
// once.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/pipeline/method_override.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// The lines of a field as one list (RFC 9110 section 5.3); nullopt without one. `room` keeps what has to be joined.
std::optional<std::string_view> list_of(const http::Fields& fields, std::string_view name, std::string& room) {
  const std::string* const first = fields.find(name);
  if (first == nullptr) return std::nullopt;
  if (fields.count(name) == 1) return *first;
  for (const auto line : fields.all(name)) room.append(room.empty() ? "" : ", ").append(line);
  return room;
}

std::optional<contract::BodyRefusal> refusal_of_body(const RequestContext& context) {
  const http::Request& request = context.request();
  if (!context.has_body()) return std::nullopt;
  std::string types;
  std::string codings;
  return context.operation().refusal_of(
      {.has_body = true,
       .content_type = list_of(request.fields, "content-type", types),
       .content_encoding = list_of(request.fields, "content-encoding", codings).value_or("")});
}

std::vector<contract::Violation> violations_of(RequestContext& context) {
  const http::Request& request = context.request();
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  if (context.operation().declares_headers()) {
    headers.reserve(request.fields.size());
    for (const auto& field : request.fields) headers.emplace_back(field.name, field.value);
  }
  const std::string* type = request.fields.find("content-type");
  return context.runtime->contract->validate_request(
      {.match = context.route,
       .query = request.query,
       .headers = headers,
       .content_type = type == nullptr ? std::nullopt : std::optional<std::string_view>(*type),
       .body = request.body,
       .is_body_unseen = context.is_upload});
}

/// What is read as JSON here must not be read as a form there: Rack takes a POST without Content-Type for one.
void tell_assumed_type(RequestContext& context) {
  http::Request& request = context.exchange->mutable_request();
  const std::string* const type = request.fields.find("content-type");
  if (request.body.empty() || (type != nullptr && !type->empty())) return;
  const auto assumed = context.operation().assumed_media_type();
  if (!assumed.empty()) request.fields.set("Content-Type", assumed);
}

/// False: the request was refused.
bool drop_override_of_body(RequestContext& context) {
  http::Request& request = context.exchange->mutable_request();
  const std::string* const type = request.fields.find("content-type");
  if (type == nullptr) return true;
  auto body = without_method_override(*type, request.body, context.operation());
  if (body.refused) {
    respond_locally(context, Rejection::invalid, override_in_body(*body.refused));
    return false;
  }
  if (body.form) request.body = std::move(*body.form);
  return true;
}

}  // namespace

Progress validate(RequestContext& context) {
  if (const auto refusal = refusal_of_body(context)) {
    report_refusal(context.worker.process().metrics, context.operation(), *refusal);
    const auto rejection = refusal->status == 415 ? Rejection::unsupported_media_type : Rejection::body_not_taken;
    respond_locally(context, rejection, refused_body(*refusal));
    return Progress::answered;
  }
  tell_assumed_type(context);
  if (!drop_override_of_body(context)) return Progress::answered;
  const auto mode = context.runtime->settings.validation.requests;
  if (mode == config::Check::off) return Progress::next;
  const auto violations = violations_of(context);
  if (violations.empty()) return Progress::next;

  report_request(context.worker.process().metrics, context.operation(), violations);
  if (mode == config::Check::report) {
    context.outcome.would_be_rejected = true;
    return Progress::next;
  }
  respond_locally(context, Rejection::invalid,
                  invalid_request(violations, context.runtime->settings.validation.errors));
  return Progress::answered;
}

}  // namespace pgw::pipeline
