// Phase `route`: method and path to an operation of the contract.
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/verdict.h"

namespace pgw::pipeline {

Progress route(RequestContext& context) {
  const auto refusal = route_request(*context.runtime->contract, context.exchange->mutable_request(), context.route);
  if (!refusal) return Progress::next;
  respond_locally(context, refusal->reason, refusal->response);
  return Progress::answered;
}

}  // namespace pgw::pipeline
