// Phase `validate`: the request against the contract, every error at once.
#include <utility>
#include <vector>

#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

contract::Verdict verdict_on(RequestContext& context) {
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
       .body = request.body});
}

}  // namespace

Progress validate(RequestContext& context) {
  const auto mode = context.runtime->settings.validation.requests;
  if (mode == config::Check::off) return Progress::next;
  const contract::Verdict verdict = verdict_on(context);
  if (verdict.ok()) return Progress::next;

  report_request(context.worker.process().metrics, context.operation(), verdict);
  if (mode == config::Check::report) {
    context.outcome.would_be_rejected = true;
    return Progress::next;
  }
  if (verdict.unsupported_media_type) {
    respond_locally(context, Rejection::unsupported_media_type, unsupported_media_type(verdict.accepted_media_types));
  } else {
    respond_locally(context, Rejection::invalid, invalid_request(contract::validation_error_body(verdict.violations)));
  }
  return Progress::answered;
}

}  // namespace pgw::pipeline
