// Phases `limit-all`, `admit` and `limit-upstream`: the rate of the caller's key, and how much it may have under way.
#include "gateway/pipeline/limit.h"

#include <string>

#include "base/text.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

void append_field(std::string& fields, std::string_view name, std::uint64_t value) {
  fields.append(name).append(": ");
  base::append_number(fields, value);
  fields += "\r\n";
}

/// The fields of draft-ietf-httpapi-ratelimit-headers-10, and the three that went before them.
void append_rate(std::string& fields, const access::RateDecision& decision) {
  fields += "RateLimit-Policy: \"key\";q=";
  base::append_number(fields, decision.limit);
  fields += ";w=";
  base::append_number(fields, decision.window_seconds);
  fields += "\r\nRateLimit: \"key\";r=";
  base::append_number(fields, decision.remaining);
  fields += ";t=";
  base::append_number(fields, decision.reset_seconds);
  fields += "\r\n";
  append_field(fields, "RateLimit-Limit", decision.limit);
  append_field(fields, "RateLimit-Remaining", decision.remaining);
  append_field(fields, "RateLimit-Reset", decision.reset_seconds);
}

LocalResponse too_many_requests(const access::RateDecision& decision) {
  auto response = error_response(429, "Too Many Requests: this key's rate is used up, try again in " +
                                          std::to_string(decision.retry_after_seconds) + " s");
  append_field(response.fields, "Retry-After", decision.retry_after_seconds);
  return response;
}

LocalResponse too_many_at_once(std::string_view whose, std::uint32_t limit) {
  auto response = error_response(429, "Too Many Requests: " + std::string(whose) + " has " + std::to_string(limit) +
                                          " requests under way, as many as it may have");
  append_field(response.fields, "Retry-After", 1);
  return response;
}

void refuse(RequestContext& context, Rejection rejection, LocalResponse response) {
  context.fetch = {};  // followers must not wait for a fetch that will not be
  context.outcome.forwarded = ForwardReason::none;
  context.outcome.cache = CacheOutcome::none;
  context.worker.process().metrics.team(context.principal->team_number).rate_limited().Increment();
  respond_locally(context, rejection, std::move(response));
}

Progress charge(RequestContext& context) {
  const auto& bucket = context.principal->bucket;
  if (bucket == nullptr) return Progress::next;
  const auto decision = bucket->take(std::chrono::steady_clock::now());
  append_rate(context.fields_for_this_caller, decision);
  if (decision.allowed) return Progress::next;
  refuse(context, Rejection::rate_limited, too_many_requests(decision));
  return Progress::answered;
}

bool charges_all(const RequestContext& context) {
  return context.runtime->settings.access.rate_charge == config::RateCharge::all;
}

/// False: every place is taken.
bool take_place(const std::shared_ptr<access::Concurrency>& places, access::Place& place) {
  if (places == nullptr) return true;
  if (!places->enter()) return false;
  place = access::Place(*places);
  return true;
}

}  // namespace

Progress limit_all(RequestContext& context) {
  return charges_all(context) ? charge(context) : Progress::next;
}

Progress admit(RequestContext& context) {
  const access::Principal& principal = *context.principal;
  if (!take_place(principal.of_key, context.key_place)) {
    refuse(context, Rejection::too_many_at_once, too_many_at_once("this key", principal.of_key->limit()));
    return Progress::answered;
  }
  if (!take_place(principal.of_team, context.team_place)) {
    refuse(context, Rejection::too_many_at_once, too_many_at_once("this team", principal.of_team->limit()));
    return Progress::answered;
  }
  return Progress::next;
}

Progress limit_upstream(RequestContext& context) {
  return charges_all(context) ? Progress::next : charge(context);
}

bool charge_refresh(const RequestContext& context) {
  const auto& bucket = context.principal->bucket;
  return bucket == nullptr || bucket->take(std::chrono::steady_clock::now()).allowed;
}

}  // namespace pgw::pipeline
