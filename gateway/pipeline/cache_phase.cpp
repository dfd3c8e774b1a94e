// Phase `cache`: what memory can answer, it answers; identical fetches become one.
#include <span>

#include "base/text.h"
#include "cache/cache.h"
#include "gateway/pipeline/cache_clock.h"
#include "gateway/pipeline/cache_key.h"
#include "gateway/pipeline/limit.h"
#include "gateway/pipeline/outgoing.h"
#include "gateway/pipeline/phases.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/references.h"
#include "gateway/pipeline/respond.h"
#include "gateway/pipeline/upstream_job.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

/// How often a request waits for others' fetches before it asks by itself, whatever they do.
constexpr unsigned waits_at_most = 2;

ForwardReason forward_reason(cache::MissReason reason) {
  switch (reason) {
    case cache::MissReason::none:
      return ForwardReason::none;
    case cache::MissReason::uri_miss:
      return ForwardReason::uri_miss;
    case cache::MissReason::vary_miss:
      return ForwardReason::vary_miss;
    case cache::MissReason::stale:
      return ForwardReason::stale;
    case cache::MissReason::request:
      return ForwardReason::request;
    case cache::MissReason::bypass:
      return ForwardReason::bypass;
  }
  return ForwardReason::none;
}

/// In the worker's storage, until the next one is made.
std::string_view cache_key(RequestContext& context) {
  std::string& key = context.worker.spare_key();
  key.clear();
  append_cache_key(key, *context.runtime, context.route, context.request().query, context.request_fields());
  return key;
}

cache::TimePoint time_of_turn(const RequestContext& context) {
  return cache_time(context.worker.loop().turn_began());
}

/// A fetch that ran out of its time says little to a request that joined it late and has most of its own time left.
bool deserves_another_try(const RequestContext& context, upstream::Failure failure) {
  const auto waited = context.worker.loop().turn_began() - context.waiting_since;
  return failure == upstream::Failure::response_timeout && context.times_waited < waits_at_most &&
         waited < upstream_timeout(*context.runtime, context.operation()) / 2;
}

void resume_after_wait(RequestContext& context, const cache::Shared& shared) {
  context.worker.loop().cancel(context.wait_timer);
  context.wait = {};
  switch (shared.outcome) {
    case cache::SharedOutcome::response:
      context.outcome.cache = CacheOutcome::collapsed;
      respond_from_entry(context, shared.entry, cache_now());
      return;
    case cache::SharedOutcome::stale_on_error:
      context.outcome.cache = CacheOutcome::stale;
      context.outcome.stale_on_error = true;
      respond_from_entry(context, shared.entry, cache_now());
      return;
    case cache::SharedOutcome::failed:
      if (deserves_another_try(context, static_cast<upstream::Failure>(shared.error))) {
        run_phases_from(&consult_cache, context);
        return;
      }
      context.outcome.cache = CacheOutcome::collapsed;
      respond_with_failure(context, static_cast<upstream::Failure>(shared.error));
      return;
    case cache::SharedOutcome::retry:
      run_phases_from(&consult_cache, context);
      return;
  }
}

/// Called by the leader's thread, perhaps another worker's: the context is only touched back in its own.
cache::Waiter waiter_for(RequestContext& context) {
  return [&loop = context.worker.loop(), weak = context.weak_from_this()](const cache::Shared& shared) {
    loop.post([weak, shared] {
      if (const auto waiting = weak.lock()) resume_after_wait(*waiting, shared);
    });
  };
}

/// What may stand in for an error needs no fetch to wait for that is slower than `cache.stale_after`; else the request
/// asks by itself when the time of one that it could have sent would be up.
void bound_the_wait(RequestContext& context, bool has_stand_in) {
  const auto& settings = context.runtime->settings;
  const auto at_most = upstream_timeout(*context.runtime, context.operation());
  const bool hurries = has_stand_in && settings.cache.stale_after < at_most;
  context.wait_timer = context.worker.loop().call_after(hurries ? settings.cache.stale_after : at_most,
                                                        [weak = context.weak_from_this(), hurries] {
                                                          const auto waiting = weak.lock();
                                                          if (waiting == nullptr || !waiting->wait.cancel()) return;
                                                          waiting->is_hurried = hurries;
                                                          if (!hurries) waiting->times_waited = waits_at_most;
                                                          run_phases_from(&consult_cache, *waiting);
                                                        });
}

void refresh_in_background(RequestContext& context, cache::Fetch fetch, cache::EntryPtr stale) {
  if (!charge_refresh(context)) return;
  auto outgoing = outgoing_request(context, true, fetch.validators());
  // The client has its answer: how old a response it would take (only-if-cached, max-stale) is not what this one asks.
  std::erase_if(outgoing.fields, [](const http::Field& field) {
    return base::iequals(field.name, "cache-control") || base::iequals(field.name, "pragma");
  });
  Errand errand{.runtime = context.runtime,
                .operation = &context.operation(),
                .outgoing = std::move(outgoing),
                .has_client_credential = context.is_authorized(),
                .context = nullptr};
  std::make_shared<ReadJob>(context.worker, std::move(errand), std::move(fetch), std::move(stale))->start();
}

void serve_hit(RequestContext& context, cache::EntryPtr entry, cache::TimePoint now) {
  context.outcome.cache = CacheOutcome::hit;
  context.outcome.forwarded = ForwardReason::none;
  respond_from_entry(context, std::move(entry), now);
}

void serve_on_error(RequestContext& context, cache::EntryPtr entry) {
  context.outcome.cache = CacheOutcome::stale;
  context.outcome.forwarded = ForwardReason::none;
  context.outcome.stale_on_error = true;
  respond_from_entry(context, std::move(entry), cache_now());
}

/// In the place of an upstream that sheds load, with what it has answered last, until the time is over that it asked
/// for.
void respond_shed(RequestContext& context, const cache::Shed& shed) {
  const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(shed.wait).count());
  const std::string reason = shed.status == 429 ? "Too Many Requests" : "Service Unavailable";
  auto response =
      error_response(shed.status, reason + ": the upstream has asked for " + seconds + " s without a request");
  cache::append_line(response.fields, "Retry-After", seconds);
  context.outcome.cache = CacheOutcome::none;
  context.outcome.forwarded = ForwardReason::none;
  respond_locally(context, Rejection::upstream_sheds, std::move(response));
}

Progress act_on(RequestContext& context, cache::Decision decision) {
  auto& outcome = context.outcome;
  outcome.forwarded = forward_reason(decision.reason);
  outcome.why_stale = cache::to_string(decision.stale);
  context.older_by = decision.older_by;
  switch (decision.action) {
    case cache::ReadAction::serve:
      serve_hit(context, std::move(decision.entry), cache_now());
      return Progress::answered;
    case cache::ReadAction::serve_stale_and_refresh:
      outcome.cache = CacheOutcome::stale;
      outcome.forwarded = ForwardReason::none;
      outcome.was_purged = decision.stale == cache::StaleReason::purged;
      respond_from_entry(context, decision.entry, cache_now());
      refresh_in_background(context, std::move(decision.fetch), std::move(decision.entry));
      return Progress::answered;
    case cache::ReadAction::serve_stale_on_error:
      serve_on_error(context, std::move(decision.entry));
      return Progress::answered;
    case cache::ReadAction::shed:
      respond_shed(context, decision.shed);
      return Progress::answered;
    case cache::ReadAction::wait:
      ++context.times_waited;
      context.waiting_since = context.worker.loop().turn_began();
      context.wait = std::move(decision.wait);
      bound_the_wait(context, decision.has_stand_in);
      return Progress::waiting;
    case cache::ReadAction::fetch:
    case cache::ReadAction::revalidate:
      outcome.cache = CacheOutcome::miss;
      context.fetch = std::move(decision.fetch);
      context.revalidated = std::move(decision.entry);
      context.has_stand_in = decision.has_stand_in;
      return Progress::next;
    case cache::ReadAction::pass:
      outcome.cache = CacheOutcome::pass;
      if (decision.reason == cache::MissReason::bypass) outcome.why_not_stored = "write-under-way";
      return Progress::next;
    case cache::ReadAction::only_if_cached_miss:
      outcome.forwarded = ForwardReason::none;
      respond_locally(context, Rejection::not_in_cache,
                      error_response(504, "Gateway Timeout: only-if-cached, and nothing stored can be used"));
      return Progress::answered;
  }
  return Progress::next;
}

}  // namespace

Progress consult_cache(RequestContext& context) {
  if (!context.policy().is_read) {
    context.outcome.cache = CacheOutcome::pass;
    context.outcome.forwarded = ForwardReason::method;
    return Progress::next;
  }
  if (!context.policy().is_cached) {
    context.outcome.cache = CacheOutcome::pass;
    context.outcome.why_not_stored = "off";
    context.outcome.forwarded = ForwardReason::bypass;
    return Progress::next;
  }
  if (context.has_body()) {  // a GET with content: RFC 9110 section 9.3.1 gives it no meaning to cache by
    context.outcome.cache = CacheOutcome::pass;
    context.outcome.why_not_stored = "content";
    context.outcome.forwarded = ForwardReason::bypass;
    return Progress::next;
  }

  cache::Read read{.key = cache_key(context),
                   .request_headers = context.request_fields(),
                   .tags = {},
                   .rule = context.policy().rule,
                   .authorized = context.is_authorized(),
                   .is_head = false,  // a HEAD that must be fetched is fetched, and stored, as a GET
                   .may_wait = context.times_waited < waits_at_most,
                   .is_hurried = context.is_hurried};
  const auto now = time_of_turn(context);
  if (auto entry = context.worker.process().cache.find_fresh(read, now)) {
    serve_hit(context, std::move(entry), now);
    return Progress::answered;
  }
  const auto segments = segments_of(context.route);
  auto tags = cache::read_tags(segments, context.runtime->base_segments);
  const auto whatever_comes = tags.size();
  cache::add_refusal_tags(tags, segments, context.runtime->base_segments);
  read.tags = std::span(tags).first(whatever_comes);
  read.tags_if_refused = tags;
  return act_on(context, context.worker.process().cache.read(read, now, waiter_for(context)));
}

}  // namespace pgw::pipeline
