// Phase `validate`: the body against the wall, whatever the mode; then the request against the contract, every error at
// once.
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/verdict.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {

Progress validate(RequestContext& context) {
  auto& metrics = context.worker.process().metrics;
  const auto body = context.is_upload ? BodyIs::passing : BodyIs::collected;
  if (const auto refusal = refuse_body(context.operation(), context.exchange->mutable_request(), body)) {
    if (refusal->of_body) report_refusal(metrics, context.operation(), *refusal->of_body);
    respond_locally(context, refusal->reason, refusal->response);
    return Progress::answered;
  }
  const auto mode = context.runtime->settings.validation.requests;
  if (mode == config::Check::off) return Progress::next;
  if (has_unchecked_body(context.operation(), context.request(), body)) {
    report_unchecked_body(metrics, context.operation());
  }
  const auto violations = violations_of(*context.runtime->contract, context.route, context.request(), body);
  if (violations.empty()) return Progress::next;

  report_request(metrics, context.operation(), violations);
  if (mode == config::Check::report) {
    context.outcome.would_be_rejected = true;
    return Progress::next;
  }
  respond_locally(context, Rejection::invalid,
                  invalid_request(violations, context.runtime->settings.validation.errors));
  return Progress::answered;
}

}  // namespace pgw::pipeline
