// What remains of a request when it is over: its access log line and its counts, both from its Outcome.
#include "gateway/log/log.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/report.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

bool is_from_memory(CacheOutcome cache) {
  return cache == CacheOutcome::hit || cache == CacheOutcome::stale || cache == CacheOutcome::collapsed;
}

/// Why no upstream was needed, in the metrics' words; empty if one was.
std::string_view avoided_reason(const Outcome& outcome) {
  if (outcome.rejection != Rejection::none) return outcome.upstream_status ? "" : "rejected";
  if (outcome.forwarded != ForwardReason::none && outcome.cache != CacheOutcome::collapsed) return "";
  return is_from_memory(outcome.cache) ? to_string(outcome.cache) : std::string_view{};
}

std::string_view team_outcome(const Outcome& outcome) {
  if (outcome.rejection != Rejection::none) return "rejected";
  if (is_from_memory(outcome.cache) && outcome.status < 500) return "cached";
  return outcome.failure ? "failed" : "forwarded";
}

void count(RequestContext& context, std::chrono::steady_clock::duration took) {
  auto& metrics = context.worker.process().metrics;
  const Outcome& outcome = context.outcome;
  const bool is_known = context.route.operation != nullptr;
  auto& operation = metrics.operation(is_known ? context.operation().index() : metrics::Metrics::unknown_operation);
  const std::string_view cache = to_string(outcome.cache);
  operation.requests(context.request().method, outcome.status, cache).Increment();
  operation.request_duration(cache).Observe(std::chrono::duration<double>(took).count());
  if (outcome.would_be_rejected) {
    report_agreement(metrics, context.operation(), outcome.upstream_status.value_or(0));
  }

  auto& team =
      metrics.team(context.principal == nullptr ? metrics::Metrics::other_team : context.principal->team_number);
  team.requests(team_outcome(outcome)).Increment();
  if (const auto reason = avoided_reason(outcome); !reason.empty()) {
    team.upstream_requests_avoided(reason).Increment();
  }
}

}  // namespace

void record(RequestContext& context) {
  const auto now = std::chrono::steady_clock::now();
  const auto took = now - context.exchange->read_at();
  count(context, took);
  if (!log::options().access) return;

  const http::Request& request = context.request();
  const loop::EventLoop& loop = context.worker.loop();
  context.worker.access_log().write(
      {.time = std::chrono::floor<std::chrono::milliseconds>(loop.turn_began_at() + (now - loop.turn_began())),
       .request_id = context.request_id,
       .trace_id = context.trace_id,
       .peer = context.client.empty() ? std::string_view(request.peer) : context.client,
       .team = context.principal == nullptr ? std::string_view{} : context.principal->team,
       .key_id = context.principal == nullptr ? std::string_view{} : context.principal->key_id,
       .method = request.method,
       .path = request.path,
       .operation = context.route.operation == nullptr ? std::string_view{} : context.operation().id(),
       .bytes_sent = context.exchange->bytes_sent(),
       .duration = std::chrono::duration_cast<std::chrono::microseconds>(took),
       .client_gone = context.exchange->client_gone() && !context.outcome.broke_off,
       .outcome = &context.outcome});
}

}  // namespace pgw::pipeline
