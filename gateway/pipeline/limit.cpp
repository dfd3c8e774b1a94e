// Phase `limit`: the rate of the caller's key.
#include <algorithm>
#include <string>

#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

void append_field(std::string& fields, std::string_view name, std::uint64_t value) {
  fields += name;
  fields += ": ";
  fields += std::to_string(value);
  fields += "\r\n";
}

LocalResponse too_many_requests(const access::RateDecision& decision) {
  auto response = error_response(429, "Too Many Requests: this key's rate is used up, try again in " +
                                          std::to_string(decision.retry_after_seconds) + " s");
  append_field(response.fields, "Retry-After", decision.retry_after_seconds);
  append_field(response.fields, "RateLimit-Limit", decision.limit);
  append_field(response.fields, "RateLimit-Remaining", decision.remaining);
  append_field(response.fields, "RateLimit-Reset", decision.reset_seconds);
  return response;
}

Progress charge(RequestContext& context) {
  const auto& bucket = context.principal->bucket;
  if (bucket == nullptr) return Progress::next;
  const auto decision = bucket->take(std::chrono::steady_clock::now());
  if (decision.allowed) return Progress::next;
  context.fetch = {};  // followers must not wait for a fetch that will not be
  context.outcome.forwarded = ForwardReason::none;
  context.outcome.cache = CacheOutcome::none;
  context.worker.process().metrics.team(context.principal->team_number).rate_limited().Increment();
  respond_locally(context, Rejection::rate_limited, too_many_requests(decision));
  return Progress::answered;
}

bool charges_all(const RequestContext& context) {
  return context.runtime->settings.access.rate_charge == config::RateCharge::all;
}

}  // namespace

Progress limit_all(RequestContext& context) {
  return charges_all(context) ? charge(context) : Progress::next;
}

Progress limit_upstream(RequestContext& context) {
  return charges_all(context) ? Progress::next : charge(context);
}

}  // namespace pgw::pipeline
